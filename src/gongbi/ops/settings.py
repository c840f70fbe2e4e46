"""Settings, all chosen from the environment; with an empty environment the product runs from one folder.

Environment: ``DATABASE_URL`` (default: SQLite in ``GONGBI_VAR``), ``PORT``, ``HOST``, ``GONGBI_VAR`` (data folder),
``GONGBI_SECRET_KEY``, ``GONGBI_HOSTS``, ``GONGBI_DEBUG``, ``GONGBI_DISTRICT`` (6-digit code), ``GONGBI_DISTRICT_NAME`` (``中文|English``),
``GONGBI_TEST_DATABASE`` (name of the test database), ``GONGBI_BROKER`` (Celery broker, default in memory),
``GONGBI_STATIC`` (collected static files), ``GONGBI_HTTPS`` (1 behind a TLS proxy), ``GONGBI_ORIGINS`` (trusted origins of
forms), ``GONGBI_LIVE_URL`` and ``GONGBI_LIVE_PORT`` (live updates), ``GONGBI_LOG`` (``json`` or ``console``),
``GONGBI_CLOCK`` (simulated time, set by ``gongbi simulate`` alone), ``GONGBI_MQTT`` and ``GONGBI_MQTT_CA`` (the broker of the
devices and its authority), ``GONGBI_METRICS_TOKEN``,
``GONGBI_LIMITS`` and ``GONGBI_LIMITS_FREE`` (how often visitors without an account may do what).
``GONGBI_POP_KEY`` (signs callers' numbers), ``GONGBI_URL`` (public address, for links in notices), ``EMAIL_HOST``, ``EMAIL_PORT``,
``EMAIL_HOST_USER``, ``EMAIL_HOST_PASSWORD``, ``EMAIL_USE_TLS``, ``EMAIL_USE_SSL``, ``EMAIL_FROM`` (mail server of notices).
``docs/operations.md`` explains each.
"""

import os
import secrets
import sys
from pathlib import Path
from typing import Any

import dj_database_url
from django.utils.translation import gettext_lazy as _

from gongbi.ops.simulate import settings as _simulated
from gongbi.parties import signin as _signin_module

_signin: Any = _signin_module

ROOT = Path(__file__).resolve().parents[3]
VAR = Path(os.environ.get("GONGBI_VAR", ROOT / "var")).resolve()
VAR.mkdir(parents=True, exist_ok=True)


def _kept_secret(name: str) -> str:
    """A random secret made on first start and kept in the data folder with mode 600."""
    path = VAR / name
    if not path.exists():
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(48))
        except FileExistsError:
            pass
    return path.read_text().strip()


DEBUG = os.environ.get("GONGBI_DEBUG") == "1"
SECRET_KEY = os.environ.get("GONGBI_SECRET_KEY") or _kept_secret("secret_key")
ALLOWED_HOSTS = os.environ.get("GONGBI_HOSTS", "*").split(",")
PORT = int(os.environ.get("PORT") or "8000")
# Live updates come from a process of their own: behind a proxy at GONGBI_LIVE_URL, else on the next port of the same host.
LIVE_PORT = int(os.environ.get("GONGBI_LIVE_PORT") or PORT + 1)
LIVE_URL = os.environ.get("GONGBI_LIVE_URL", "")
HTTPS = os.environ.get("GONGBI_HTTPS") == "1"
MQTT = os.environ.get("GONGBI_MQTT", "")  # mqtts://user:password@host:8883: where devices send
MQTT_CA = os.environ.get("GONGBI_MQTT_CA", "")
LIMITS = os.environ.get("GONGBI_LIMITS", "")  # kernel.turnstile reads them
LIMITS_FREE = os.environ.get("GONGBI_LIMITS_FREE", "")
# The address under which people reach this installation: it stands in the links of notices.
SITE_URL = os.environ.get("GONGBI_URL") or f"http://127.0.0.1:{PORT}"
# The telephone system signs the caller's number with it when it opens the clerk's page.
POP_KEY = os.environ.get("GONGBI_POP_KEY", "")
# The mail server of notices whose gateway names none.
EMAIL_HOST = os.environ.get("EMAIL_HOST", "localhost")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT") or 25)
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("EMAIL_USE_TLS") == "1"
EMAIL_USE_SSL = os.environ.get("EMAIL_USE_SSL") == "1"
DEFAULT_FROM_EMAIL = os.environ.get("EMAIL_FROM", "gongbi@localhost")
METRICS_TOKEN = os.environ.get("GONGBI_METRICS_TOKEN", "")
DISTRICT_CODE = os.environ.get("GONGBI_DISTRICT", "610104")
DISTRICT_NAME = tuple(
    os.environ.get("GONGBI_DISTRICT_NAME", "莲湖区|Lianhu District").split("|", 1)
)  # (zh, en)

# Who sends CAP alerts: unique to this house, without spaces or commas.
CAP_SENDER = os.environ.get("GONGBI_CAP_SENDER", f"alerts@{DISTRICT_CODE}.gongbi.invalid")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    *_signin.APPS,
    "ninja",  # its API page's own files, instead of a content network's
    "gongbi.kernel.ledger",
    "gongbi.kernel.clock",
    "gongbi.kernel.scope",
    "gongbi.kernel.outbox",
    "gongbi.kernel.vault",
    "gongbi.kernel.search",
    "gongbi.kernel.files",
    "gongbi.kernel.flow",
    "gongbi.territory",
    "gongbi.parties",
    "gongbi.duties",
    "gongbi.cases",
    "gongbi.rounds",
    "gongbi.incidents",
    "gongbi.seat",
    "gongbi.command",
    "gongbi.roster",
    "gongbi.insight",
    "gongbi.warning",
    "gongbi.evaluation",
    "gongbi.bulletin",
    "gongbi.look",
    "gongbi.resident",
    "gongbi.desk",
    "gongbi.field",
    "gongbi.api",
    "gongbi.channels",
    "gongbi.channels.open311",
    "gongbi.channels.nets",
    "gongbi.channels.devices",
    "gongbi.channels.hotline",
    "gongbi.channels.notices",
    "gongbi.channels.mail",
    "gongbi.wall",
    "gongbi.ops",
    "gongbi.ops.simulate",
]

MIDDLEWARE = [
    "gongbi.ops.middleware.RequestRecord",
    "gongbi.ops.middleware.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "gongbi.look.middleware.RefusalPages",
    "gongbi.ops.middleware.PlainAddresses",
    *_signin.MIDDLEWARE,
]

ROOT_URLCONF = "gongbi.ops.urls"
WSGI_APPLICATION = "gongbi.ops.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "gongbi.ops.context.site",
                "gongbi.desk.context.around",
                *_signin.CONTEXT,
            ],
        },
    }
]

_database = dj_database_url.parse(
    os.environ.get("DATABASE_URL") or f"sqlite:///{VAR / 'gongbi.sqlite3'}", conn_max_age=None
)
_test_name = os.environ.get("GONGBI_TEST_DATABASE")
if "sqlite" in _database["ENGINE"]:
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # FULL: a receipt that was given survives a power cut, not only a crash of the process.
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
            "PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=268435456;"
        ),
    }
    # A file, not memory: the tests start threads and processes of their own.
    _database["TEST"] = {"NAME": str(VAR / f"{_test_name or 'test'}.sqlite3")}
else:
    _database["ENGINE"] = "gongbi.ops.postgresql"
    _database["CONN_HEALTH_CHECKS"] = True
    # A server set up without a locale would give its own encoding, which is not UTF-8.
    _database["TEST"] = {"CHARSET": "UTF8", "TEMPLATE": "template0"} | (
        {"NAME": _test_name} if _test_name else {}
    )
DATABASES = {"default": _database}

AUTH_USER_MODEL = "parties.Account"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
# Beside the build, not in GONGBI_VAR: another data folder is served by the same files.
STATIC_ROOT = Path(os.environ.get("GONGBI_STATIC", ROOT / "var" / "static"))
MEDIA_ROOT = VAR / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "gongbi.ops.static.HouseStaticFiles"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (
    "jpg",
    "jpeg",
    "png",
    "gif",
    "webp",
    "zip",
    "gz",
    "br",
    "woff",
    "woff2",
    "map",
)
# Names with a digest, Django's (name.0123456789ab.css) or the front end's (name-AbCd_123.js), never change their content.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^.+(\.[0-9a-f]{12}|-[A-Za-z0-9_-]{8})\.\w+$"

globals().update(_signin.SETTINGS)
SESSION_COOKIE_AGE = 60 * 60 * 10
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "gongbi.look.pages.csrf_failed"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "gongbi.kernel.files.uploads.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("GONGBI_ORIGINS", "").split(",") if o]

LOG_STYLE = os.environ.get("GONGBI_LOG") or ("console" if DEBUG or sys.stderr.isatty() else "json")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"structured": {"()": "gongbi.ops.logs.formatter", "style": LOG_STYLE}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "fontTools": {"level": "WARNING"},  # else every PDF lists its letters
        # On a person's console only what went wrong; in production one line for each request.
        "gongbi.http": {"level": "INFO" if LOG_STYLE == "json" else "WARNING"},
        # Django's own line would repeat ours, with the path: private links carry their secret there.
        "django.request": {"level": "CRITICAL"},
        "django.server": {"level": "CRITICAL"},
        # Scanners name any host; the request's own line says 400.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}

SIMULATED, SIMULATED_CLOCK = False, ""
globals().update(_simulated.changed(DATABASES))  # GONGBI_CLOCK: a house of its own whose time is simulated
