"""The night drafts yesterday's bulletin, last week's and last month's. A job, since counting a district is no handler's work."""

from __future__ import annotations

from datetime import datetime

from gongbi.bulletin import actions
from gongbi.kernel.outbox.periodic import periodic
from gongbi.kernel.scope.viewer import system


@periodic("bulletin.nightly", every_seconds=3600)
def nightly(at: datetime) -> None:
    """Draft what is due; what is there already stays as it is."""
    actions.nightly(viewer=system("bulletin"), at=at)
