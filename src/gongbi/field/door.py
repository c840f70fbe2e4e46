"""The field app as a channel among the others: what came in today, and what its door refused, with code and sentence."""

from __future__ import annotations

from datetime import date, datetime

from django.http import HttpRequest
from django.utils import timezone

from gongbi.channels import actions as channels
from gongbi.channels.adapters import Adapter
from gongbi.channels.models import Source
from gongbi.kernel.errors import Refused
from gongbi.kernel.scope.viewer import GRID_WORKER, PUBLIC, system
from gongbi.rounds import queries

KIND = "field"
NAME = ("外勤应用", "Field app")


class FieldApp(Adapter):
    """Entries are kept by rounds; here they are counted."""

    kind = KIND

    def own_day(self, source: Source, *, day: date) -> tuple[int, int, datetime | None]:
        return queries.came_in(system(KIND), day=day)


def source(at: datetime) -> Source:
    """The app's line among the channels."""
    return channels.own_source(KIND, name=NAME[0], name_en=NAME[1], at=at)


def check_open(at: datetime) -> None:
    """Refused when an administrator has switched the app's channel off: what was typed stays on the phone."""
    channels.check_open(source(at))


def turned_away(request: HttpRequest, refusal: Refused) -> None:
    """Count what a worker's phone was refused. Who is not signed in, or is no worker, is not at this door."""
    viewer = getattr(request, "viewer", PUBLIC)
    if viewer.role == GRID_WORKER:
        now = timezone.now()
        channels.reject(refusal, kind=KIND, at=now, source=source(now))
