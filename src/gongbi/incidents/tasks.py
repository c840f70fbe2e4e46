"""What time does to incidents: personal data whose term has run out goes."""

from __future__ import annotations

from datetime import datetime

from gongbi.incidents import actions
from gongbi.kernel.outbox.periodic import periodic
from gongbi.kernel.scope.viewer import system


@periodic("incidents.destroy_due", every_seconds=3600)
def destroy_due(at: datetime) -> None:
    """Destroy what an assessment kept until yesterday."""
    actions.destroy_due(viewer=system("incidents"), at=at)
