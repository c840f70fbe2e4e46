"""What every action of this room does at its beginning and its end."""

from __future__ import annotations

from datetime import datetime

from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties import rules
from gongbi.parties.models import Change
from gongbi.parties.words import demand


def allow(what: str, viewer: Viewer) -> None:
    """Raise Forbidden unless the viewer keeps the ``lists`` or the ``access``."""
    demand(rules.may_change(what, viewer.role))


def note(viewer: Viewer, act: str, kind: str, key: object, at: datetime, /, **facts: object) -> None:
    """Leave a Change for the auditor. ``facts``: codes, roles and ISO times; never a name or a telephone."""
    Change.objects.create(at=at, actor=viewer.actor, act=act, kind=kind, key=str(key), facts=facts)


def iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
