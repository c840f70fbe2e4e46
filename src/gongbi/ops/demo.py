"""The demo district, made by the rooms in this order. A room adds itself with one line.

Each step is a callable ``(*, at: datetime) -> None`` that writes through its room's actions and may rely on the steps before
it. All of what it makes is marked as synthetic wherever it is shown.
"""

from __future__ import annotations

from datetime import datetime

from gongbi.ops.parts import load

STEPS: tuple[tuple[str, str], ...] = ()
LOGINS = ""  # "module:function" giving [(user name, password, words)]


def is_empty() -> bool:
    """Whether nobody has set this database up yet: no account in it."""
    from django.contrib.auth import get_user_model

    return not get_user_model()._default_manager.exists()


def make(*, at: datetime) -> list[str]:
    """Make the whole demo district on an empty database; returns what was made, in words."""
    done: list[str] = []
    for words, path in STEPS:
        load(path)(at=at)
        done.append(words)
    return done


def logins() -> list[tuple[str, str, str]]:
    """The demo accounts that still have their demo password: user name, password, who it is."""
    return list(load(LOGINS)()) if LOGINS else []
