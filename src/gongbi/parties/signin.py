"""Signing in, as settings: ``ops.settings`` merges ``APPS``, ``MIDDLEWARE``, ``CONTEXT`` and ``SETTINGS``.

``MIDDLEWARE`` goes last, after the session, authentication and message middleware and after ``look``'s refusal pages:
what the viewer's middleware answers (go and sign in) must come before the page that says no.

Environment: ``GONGBI_IDLE_MINUTES`` (30), ``GONGBI_IDLE_MINUTES_OUTSIDE`` (600: a shift), ``GONGBI_PROXIES`` (trusted proxies before us, 0), ``GONGBI_OIDC_SERVER``,
``GONGBI_OIDC_CLIENT``, ``GONGBI_OIDC_SECRET``, ``GONGBI_OIDC_NAME``, ``GONGBI_OIDC_CLAIM`` (which claim is the login name).
"""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings as django_settings

APPS = [
    "gongbi.parties.skin",  # before the library: its templates are drawn over
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
]

MIDDLEWARE = [
    "allauth.account.middleware.AccountMiddleware",
    "gongbi.parties.middleware.ViewerMiddleware",
]

CONTEXT = ["gongbi.parties.context.who"]  # context processors of the templates


def _openid(environment: Any) -> dict[str, Any]:
    """The one OpenID Connect server of the environment, or none."""
    server = environment.get("GONGBI_OIDC_SERVER", "")
    if not server:
        return {}
    app = {
        "provider_id": "house",
        "name": environment.get("GONGBI_OIDC_NAME", "OpenID"),
        "client_id": environment.get("GONGBI_OIDC_CLIENT", ""),
        "secret": environment.get("GONGBI_OIDC_SECRET", ""),
        "settings": {"server_url": server, "oauth_pkce_enabled": True},
    }
    return {"openid_connect": {"APPS": [app]}}


SETTINGS: dict[str, Any] = {
    "AUTHENTICATION_BACKENDS": ["allauth.account.auth_backends.AuthenticationBackend"],
    "AUTH_PASSWORD_VALIDATORS": [
        {"NAME": "gongbi.parties.passwords.HouseRules"},
        {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    ],
    "LOGIN_URL": "/login",
    "LOGIN_REDIRECT_URL": "/",
    # Where a role lands after signing in; every other one lands on the desk.
    "GONGBI_LANDING": {"grid_worker": "/field/", "": "/account/posts", None: "/desk/"},
    "GONGBI_IDLE_MINUTES": int(os.environ.get("GONGBI_IDLE_MINUTES") or 30),
    "GONGBI_IDLE_MINUTES_OUTSIDE": int(os.environ.get("GONGBI_IDLE_MINUTES_OUTSIDE") or 600),
    "SESSION_ENGINE": "gongbi.parties.sessions",
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
    "ALLAUTH_TRUSTED_PROXY_COUNT": int(os.environ.get("GONGBI_PROXIES") or 0),
    "ACCOUNT_ADAPTER": "gongbi.parties.adapters.AccountAdapter",
    "ACCOUNT_LOGIN_METHODS": {"username"},
    "ACCOUNT_SIGNUP_FIELDS": ["username*", "password1*"],
    "ACCOUNT_USER_MODEL_EMAIL_FIELD": None,
    "ACCOUNT_EMAIL_VERIFICATION": "none",
    "ACCOUNT_EMAIL_NOTIFICATIONS": False,
    "ACCOUNT_SESSION_REMEMBER": False,
    "ACCOUNT_LOGOUT_REDIRECT_URL": "/",
    "ACCOUNT_REAUTHENTICATION_TIMEOUT": 300,
    # Failed passwords are counted in the database, where all workers see them; these limit second factors and floods.
    "ACCOUNT_RATE_LIMITS": {"login": "300/m/ip", "login_failed": "10/m/ip,5/5m/key", "signup": "1/d/ip"},
    "MFA_ADAPTER": "gongbi.parties.adapters.SecondFactorAdapter",
    "MFA_SUPPORTED_TYPES": ["totp", "webauthn", "recovery_codes"],
    "MFA_PASSKEY_LOGIN_ENABLED": True,
    "MFA_PASSKEY_SIGNUP_ENABLED": False,
    "MFA_TOTP_ISSUER": "Gongbi",
    # Browsers give passkeys to https and to localhost only; the library would refuse the latter.
    "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": os.environ.get("GONGBI_HTTPS") != "1",
    "SOCIALACCOUNT_ADAPTER": "gongbi.parties.adapters.OpenIdAdapter",
    "SOCIALACCOUNT_PROVIDERS": _openid(os.environ),
    "SOCIALACCOUNT_EMAIL_VERIFICATION": "none",
    "SOCIALACCOUNT_STORE_TOKENS": False,
    "GONGBI_OIDC_CLAIM": os.environ.get("GONGBI_OIDC_CLAIM", "preferred_username"),
}


def setting(name: str) -> Any:
    """A setting of this room: the project's, else ours."""
    return getattr(django_settings, name, SETTINGS[name])
