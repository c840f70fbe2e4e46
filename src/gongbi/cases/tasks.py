"""What cases do on a schedule: each job is one call into an action and may run twice."""

from __future__ import annotations

from datetime import datetime

from gongbi.cases import actions
from gongbi.kernel.outbox.periodic import periodic


@periodic("cases.resume_due", every_seconds=60)
def resume_due(at: datetime) -> None:
    """Suspensions whose end has come go on."""
    actions.resume_due(at=at)


@periodic("cases.lapse_questions", every_seconds=300)
def lapse_questions(at: datetime) -> None:
    """Questions nobody answered within the term no longer hold the matter up."""
    actions.lapse_question(at=at)
