"""What is computed in the background: results of the period before, every night; soon after a decision, what it changes.

Jobs rather than handlers of events: a handler runs inside the transaction of its delivery, and a computation over a whole district must
not hold one. What is to be done is read off the tables, so that nothing is lost and nothing is done twice.
"""

from __future__ import annotations

from datetime import datetime

from gongbi.evaluation import actions
from gongbi.evaluation.queries import COUNTER
from gongbi.kernel.outbox.periodic import periodic


@periodic("evaluation.pending", every_seconds=20)
def pending(at: datetime) -> None:
    """Appeals that were upheld enter the results of their period; changes of rule are tried out on the year before."""
    actions.catch_up(viewer=COUNTER, at=at)


@periodic("evaluation.nightly", every_seconds=3600)
def nightly(at: datetime) -> None:
    """Evaluate the period before, once it is over."""
    actions.nightly(viewer=COUNTER, at=at)
