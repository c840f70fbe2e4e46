"""What duties do on a schedule: every night the classifier learns from what people decided."""

from __future__ import annotations

from datetime import datetime

from gongbi.duties import actions
from gongbi.kernel.outbox.periodic import periodic
from gongbi.kernel.scope.viewer import system


@periodic("duties.train", every_seconds=86_400)
def train(at: datetime) -> None:
    """Train when enough new decisions have come; a model that is worse stays aside."""
    actions.train_nightly(viewer=system("train"), at=at)
