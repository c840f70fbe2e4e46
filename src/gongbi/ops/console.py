"""What commands share: Django set up, the reader's language, words on stdout and stderr."""

from __future__ import annotations

import argparse
import csv
import os
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gongbi.kernel.tables import Fault

FAULTS_SHOWN = 50  # on the console; all of them go to the file that is asked for


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


def write_faults(path: Path, faults: list[Fault]) -> None:
    """All faults as a CSV that Excel opens right."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "column", "message"])
        writer.writerows((fault.row or "", fault.heading, fault.message) for fault in faults)


def tell_faults(faults: list[Fault], errors: Path | None) -> None:
    """Name the wrong rows on stderr, the first of them; all go to ``errors`` when it is given."""
    from django.utils.translation import gettext as _

    for fault in faults[:FAULTS_SHOWN]:
        where = _("row %(row)s") % {"row": fault.row} if fault.row else _("file")
        sys.stderr.write(f"{' · '.join(filter(None, (where, fault.heading)))}: {fault.message}\n")
    if len(faults) > FAULTS_SHOWN:
        more = _("… and %(count)s more; --errors FILE.csv writes all of them.")
        sys.stderr.write(more % {"count": len(faults) - FAULTS_SHOWN} + "\n")
    if errors is not None:
        write_faults(errors, faults)
