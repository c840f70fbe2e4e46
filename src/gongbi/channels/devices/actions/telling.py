"""An event of devices becomes a candidate case by the house's one door for other systems: an arrival of the source "devices"."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from gongbi.channels import actions as channels
from gongbi.channels.devices.kinds import KINDS, MATTERS, SILENT
from gongbi.channels.devices.memory import Entry
from gongbi.channels.devices.models import Alarm, DeviceEvent
from gongbi.channels.models import Source
from gongbi.channels.rules import Incoming
from gongbi.duties import queries as duties
from gongbi.kernel.errors import Refused
from gongbi.kernel.scope.viewer import system

SOURCE = "devices"


def source(*, at: datetime) -> Source:
    """The register of devices as a source of the channels, with its mapping; made when there is none. Keeps what was changed."""
    found = Source.objects.filter(code=SOURCE).first()
    if found is not None:
        return found
    viewer = system("devices")
    made = channels.save_source(
        code=SOURCE, name="物联设备", name_en="Devices", kind="device", viewer=viewer, at=at
    )
    for code, words in MATTERS.items():
        kind = KINDS.get(code)
        ours = kind.case_kind if kind is not None and duties.kind(kind.case_kind) is not None else ""
        channels.map_code(made.pk, code, kind=ours, name=words[0], viewer=viewer)
    return made


def candidate(event: DeviceEvent, entry: Entry, *, at: datetime) -> int | None:
    """Hand the event over; the key of its arrival, None when the channel is switched off. The same event again is the same arrival."""
    return _send(event, first_words(event, entry), (entry.lon, entry.lat), event.first_at, at)


def over(event: DeviceEvent, *, at: datetime) -> int | None:
    """Say on the case that it is over: a supplement to the same arrival. None when the channel is switched off."""
    return _send(event, last_words(event), (None, None), event.ended_at or at, at)


def _send(
    event: DeviceEvent, text: str, point: tuple[float | None, float | None], said_at: datetime, at: datetime
) -> int | None:
    incoming = Incoming(
        external=f"event-{event.pk}", text=text, said_at=min(said_at, at), code=event.kind, place_words=event.place,
        lon=point[0], lat=point[1], division=event.division, sent_at=at, version_at=at,
    )  # fmt: skip
    try:
        return channels.accept(source(at=at), incoming, viewer=system("devices"), at=at).arrival.pk
    except Refused:
        return None  # switched off: the event waits, as one that is held back


def first_words(event: DeviceEvent, entry: Entry) -> str:
    """What the candidate case says. No person is in it: a device, a place, a time, a number."""
    when = _clock(event.first_at)
    if event.kind == SILENT:
        return (
            f"设备失联：{event.place}的{entry.kind.words[0]}设备 {entry.number} 自{when}起没有读数，请检修。"
        )
    alarm = Alarm.objects.filter(event=event).order_by("begun_at").first()
    value = (
        ""
        if entry.kind.flag or alarm is None or alarm.value is None
        else f"（{alarm.value:g} {entry.kind.unit}）"
    )
    mark = "（合成演示数据）" if event.synthetic else ""
    return f"{mark}设备报警：{event.place}的{entry.kind.words[0]}设备 {entry.number} 于{when}报警{value}。"


def last_words(event: DeviceEvent) -> str:
    """What is added when all its alarms are over."""
    flaps = sum(event.alarms.values_list("flaps", flat=True))
    again = f"，其间反复{flaps}次" if flaps else ""
    word = "恢复读数" if event.kind == SILENT else "报警解除"
    return f"设备{word}：{event.place}，{_clock(event.ended_at or event.last_at)}，共{event.devices}台设备{again}。"


def _clock(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{local.month}月{local.day}日{local:%H:%M}"
