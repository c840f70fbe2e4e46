"""Who informs against somebody is hidden from the units from the moment it is known (Jinan 2018 §32, H5)."""

from __future__ import annotations

from gongbi.cases.models import Case, Report
from gongbi.duties import queries as duties
from gongbi.duties.rules import reporter_hidden


def informs(kind: str) -> bool:
    """Whether reports of this kind are told by an informer."""
    return bool(kind) and reporter_hidden(duties.kind(kind))


def hide_reporters(case: Case) -> bool:
    """Make every report of a case confidential if its kind asks for it; says whether it does. Never the other way: what was once
    confidential stays so, whatever the kind becomes. Part of the caller's transaction.
    """
    if not informs(case.kind):
        return False
    Report.objects.filter(case=case, confidential=False).update(confidential=True)
    return True
