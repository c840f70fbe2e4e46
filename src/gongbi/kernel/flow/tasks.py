"""The invariants, looked at every day without being asked."""

from __future__ import annotations

import logging
from datetime import datetime

from gongbi.kernel.flow.invariants import run_all
from gongbi.kernel.outbox.periodic import periodic

log = logging.getLogger("gongbi.invariants")
_MOST = 100


@periodic("flow.invariants", every_seconds=86_400)
def look(at: datetime) -> None:
    """Log every breach (the first hundred); ``gongbi check`` prints them all."""
    for count, breach in enumerate(run_all()):
        if count == _MOST:
            log.error("more breaches; run gongbi check")
            return
        log.error("%s %s: %s", breach.invariant, breach.where, breach.what)
