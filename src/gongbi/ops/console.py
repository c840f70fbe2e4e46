"""What commands share: Django set up, the reader's language, words on stdout."""

import argparse
import os
import sys
from datetime import UTC, date, datetime


def say(text: str) -> None:
    """One line for the person at the console."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def django_ready() -> None:
    """Set Django up and take the console's language (``LANG``): Chinese where it begins with ``zh``, else English."""
    import django
    from django.utils import translation

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongbi.ops.settings")
    django.setup()
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    translation.activate("zh-hans" if spoken.startswith("zh") else "en")


def now() -> datetime:
    """The time of a command: read once at the edge and passed down."""
    return datetime.now(UTC)


def day(text: str) -> date:
    """A date of the command line; what is none is refused with how to write it (status 2)."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no date: write it like 2026-03-01") from None
