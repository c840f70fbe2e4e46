"""What is set otherwise in a house whose time is simulated; ``ops.settings`` asks for it last. Nothing of it touches a real house."""

from __future__ import annotations

import os
from typing import Any

from gongbi.ops.simulate.clock import VARIABLE, from_environment, install

LONG = (
    60 * 24 * 366 * 10
)  # minutes: a sign-in ends by the simulated clock, which may run a day in two minutes


def changed(databases: dict[str, Any]) -> dict[str, Any]:
    """Settings to merge; nothing where GONGBI_CLOCK is not set. Also sets the clock of this process (ImproperlyConfigured for one that is none).

    A simulated house forgives a power cut (no waiting for the disk), counts no visitors (all come from this machine) and hashes the
    printed passwords of its invented people quickly.
    """
    if not os.environ.get(VARIABLE):
        return {}
    running = from_environment()
    if running is not None:
        install(running.now)
    options = databases["default"].setdefault("OPTIONS", {})
    if "init_command" in options:
        options["init_command"] += "PRAGMA synchronous=OFF;"
    else:
        options["options"] = "-c synchronous_commit=off"
    return {
        "SIMULATED": True,
        "SIMULATED_CLOCK": running.as_numbers() if running is not None else "",
        "LIMITS": "off",
        "SESSION_COOKIE_AGE": LONG * 60,
        "GONGBI_IDLE_MINUTES": LONG,
        "GONGBI_IDLE_MINUTES_OUTSIDE": LONG,
        "PASSWORD_HASHERS": [
            "gongbi.ops.simulate.hashing.Invented",
            "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        ],
        "ACCOUNT_RATE_LIMITS": {},
    }
