"""Devices as the pages' components take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from gongbi.channels.devices import rules, words
from gongbi.channels.devices.kinds import KINDS
from gongbi.channels.devices.models import Alarm, Device, DeviceEvent, DeviceState
from gongbi.channels.devices.reading import FAULTS
from gongbi.look.furniture import Cell, Column, Fact, Table
from gongbi.look.templatetags.look import chip
from gongbi.look.templatetags.look import state as stand

T = words.TEXTS


def _when(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at is not None else "—"


def state_of(device: Device) -> DeviceState | None:
    """What is known of it now, None when it was never heard."""
    return getattr(device, "now", None)


def standing(device: Device) -> SafeString:
    """In one word, with its shape and colour."""
    state = state_of(device)
    if device.retired_at is not None:
        return chip(T["out_of_use"], "quiet")
    if state is None:
        return chip(words.STANDINGS["never"], "quiet")
    if state.alarm:
        return chip(words.STANDINGS["alarm"], "late")
    return chip(words.STANDINGS["silent"], "soon") if state.silent else chip(T["fine"], "ok")


def value(kind_code: str, number: float | None) -> Any:
    """A reading for people."""
    if number is None:
        return "—"
    kind = KINDS[kind_code]
    if kind.flag:
        return T["yes"] if number else T["no"]
    return f"{number:.{kind.digits}f} {_unit(kind.unit)}"


def _unit(unit: str) -> str:
    return {"Cel": "°C", "deg": "°"}.get(unit, unit)


def register(devices: Sequence[Device]) -> Table:
    columns = (
        Column(T["number"], tight=True), Column(T["kind"], tight=True), Column(T["place"]), Column(T["standing"], tight=True),
        Column(T["now"], number=True), Column(T["heard"], tight=True),
    )  # fmt: skip
    lines = []
    for device in devices:
        state = state_of(device)
        lines.append(
            (
                Cell(device.number, reverse("devices:device", args=[device.number])),
                Cell(KINDS[device.kind].words),
                Cell(device.place),
                Cell(standing(device)),
                Cell(value(device.kind, state.value if state else None)),
                Cell(_when(state.heard_at if state else None)),
            )
        )
    return Table(T["devices"], columns, lines)


def facts(device: Device) -> list[Fact]:
    kind = KINDS[device.kind]
    limits = rules.limits_of(kind, limit=device.limit, clear=device.clear, period=device.period)
    unit = _unit(kind.unit)
    lasting = (f"，持续 {limits.seconds:g} 秒", f", for {limits.seconds:g} s") if limits.seconds else ("", "")
    judged = (
        f"最近 {limits.m} 次中 {limits.n} 次{lasting[0]}；每 {limits.period:g} 秒一次",
        f"{limits.n} of the last {limits.m}{lasting[1]}; one every {limits.period:g} s",
    )
    found = [
        Fact(T["kind"], kind.words),
        Fact(T["place"], device.place, (device.division, device.division)),
        Fact(T["purpose"], device.purpose),
        Fact(T["owner"], device.owner),
        Fact(T["sign"], f"{device.sign_number}：{device.sign_text}"),
        Fact(T["keep"], (f"{device.keep_days} 天", f"{device.keep_days} days")),
        Fact(T["rule"], judged),
    ]
    if not kind.flag:
        found.insert(6, Fact(T["limits"], f"{limits.limit:g} / {limits.clear:g} {unit}"))
    state = state_of(device)
    if state is not None:
        found.append(Fact(T["heard"], _when(state.heard_at)))
        if state.skewed:
            found.append(Fact(T["clocks"], f"{state.skewed} × ({state.skew:+.0f} s)"))
    return found


def readings(device: Device, pairs: Sequence[tuple[int, float]]) -> Table:
    """The newest last, as a curve needs them."""
    kind = KINDS[device.kind]
    columns = (Column(T["time"], tight=True), Column(kind.quantity, number=True))
    lines = []
    exact = "%m-%d %H:%M:%S" if (device.period or kind.period) < 60 else "%m-%d %H:%M"
    for ms, number in pairs:
        local = timezone.localtime(datetime.fromtimestamp(ms / 1000, UTC))
        lines.append((Cell(f"{local:{exact}}"), Cell(value(device.kind, number), raw=f"{number:g}")))
    return Table(kind.quantity, columns, lines, stack=False)


def alarms(found: Sequence[Alarm]) -> Table:
    columns = (
        Column(T["begun"], tight=True), Column(T["ended"], tight=True), Column(T["kind"], tight=True), Column(T["value"], number=True),
        Column(T["flaps"], number=True),
    )  # fmt: skip
    lines = [
        (
            Cell(_when(one.begun_at)),
            Cell(_when(one.ended_at) if one.ended_at else T["goes_on"]),
            Cell(words.KINDS[one.kind]),
            Cell(value(one.kind, one.value) if one.kind in KINDS else "—"),
            Cell(one.flaps),
        )
        for one in found
    ]
    return Table(T["newest_first"], columns, lines)


def events(found: Sequence[DeviceEvent], cases: Mapping[int, Any]) -> Table:
    """``cases``: by event, the case that it became."""
    columns = (
        Column(T["begun"], tight=True), Column(T["kind"], tight=True), Column(T["place"]), Column(T["count"], number=True),
        Column(T["ended"], tight=True), Column(T["case"], tight=True), Column(T["stands"], tight=True),
    )  # fmt: skip
    lines = [
        (
            Cell(_when(one.first_at)),
            Cell(words.KINDS[one.kind]),
            Cell(one.place),
            Cell(one.devices),
            Cell(_when(one.ended_at) if one.ended_at else T["goes_on"]),
            _case(one, cases[one.pk].number if one.pk in cases else ""),
            Cell(stand(cases[one.pk]) if one.pk in cases else "—"),
        )
        for one in found
    ]
    return Table(T["events"], columns, lines)


def _case(event: DeviceEvent, number: str) -> Cell:
    if number:
        try:
            return Cell(number, reverse("desk:case", args=[number]))
        except NoReverseMatch:
            return Cell(number)
    held = words.WAS_HELD if event.ended_at else words.HELD
    return Cell(held.get(event.held, T["waits"]))


def tallies(found: Sequence[tuple[str, int, datetime]]) -> Table:
    columns = (Column(T["fate"]), Column(T["how_many"], number=True), Column(T["last"], tight=True))
    lines = [
        (
            Cell(words.FATES.get(reason) or FAULTS.get(reason, (reason, reason))),
            Cell(f"{count:,}"),
            Cell(_when(last)),
        )
        for reason, count, last in found
    ]
    return Table(T["intake"], columns, lines)


def clocks(found: Sequence[DeviceState]) -> Table:
    columns = (
        Column(T["number"], tight=True),
        Column(T["skewed"], number=True),
        Column(T["skew"], number=True),
    )
    lines = [
        (
            Cell(state.device.number, reverse("devices:device", args=[state.device.number])),
            Cell(state.skewed),
            Cell(f"{state.skew or 0:+.0f}"),
        )
        for state in found
    ]
    return Table(T["clocks"], columns, lines)
