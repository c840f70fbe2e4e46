"""The invariants, looked at every day without being asked."""

from __future__ import annotations

import logging
from datetime import datetime

from gongbi.kernel.flow.invariants import run_all
from gongbi.kernel.outbox.periodic import periodic

log = logging.getLogger("gongbi.invariants")
_MOST = 100


class Broken(Exception):
    """Something that must always hold does not; the first breach in words."""


@periodic("flow.invariants", every_seconds=86_400)
def look(at: datetime) -> None:
    """Log every breach (the first hundred); ``gongbi check`` prints them all.

    Errors: Broken when there is any, so that the job's own line says it to the auditor too.
    """
    first = ""
    for count, breach in enumerate(run_all()):
        told = f"{breach.invariant} {breach.where}: {breach.what}"
        first = first or told
        if count == _MOST:
            log.error("more breaches; run gongbi check")
            break
        log.error("%s", told)
    if first:
        raise Broken(first)
