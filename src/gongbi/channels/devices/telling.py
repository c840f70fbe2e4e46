"""The part of a bulletin that devices fill. Bulletins stand a floor below, so the part is registered there, not asked for."""

from __future__ import annotations

from gongbi.bulletin import shape
from gongbi.bulletin.sections import Asked, section
from gongbi.bulletin.shape import Plain, Words
from gongbi.channels.devices import queries_period
from gongbi.channels.devices.words import KINDS

HEADING: Words = ("物联设备", "Devices")


@section("devices", 100)
def devices(asked: Asked) -> Plain | None:
    """Events by kind and how many of them became a candidate case; nothing where no device has ever spoken."""
    found = [
        None if one is None else queries_period.told(asked.viewer, one.start, one.end)
        for one in asked.periods
    ]
    now = found[0]
    if now is None or not (now.events or now.alarms):
        return None

    def figure(code: str, words: Words, values: list[int | None], told: Words) -> Plain:
        first, before, year = (shape.count_of(value) for value in values)
        return shape.figure(code, words, first, before=before, year=year, definition=told)

    figures = [
        figure(
            "events", ("设备事件", "Events"), [None if one is None else sum(n for n, _told in one.events.values()) for one in found],
            ("同一处、同一类、十分钟内的报警算一件，按第一次报警的时间计", "alarms of one kind at one place within ten minutes are one, by the time of the first"),
        ),
        figure(
            "told", ("其中已上报", "Told as a case"), [None if one is None else sum(told for _n, told in one.events.values()) for one in found],
            ("期末前已作为候选案件上报的（安静时段和检修静默内的可能不上报）", "told as a candidate case by the end (quiet hours and silences may hold one back)"),
        ),
        figure("alarms", ("设备报警", "Alarms"), [None if one is None else one.alarms for one in found], ("单台设备的报警次数", "alarms of single devices")),
    ]  # fmt: skip
    rows = [
        [KINDS.get(kind, (kind, kind)), n, told]
        for kind, (n, told) in sorted(now.events.items(), key=lambda one: (-one[1][0], one[0]))
    ]
    columns = [("类型", "Kind"), ("事件", "Events"), ("已上报", "Told")]
    return shape.part(
        "devices",
        HEADING,
        figures=figures,
        tables=[shape.table("devices", ("按类型", "By kind"), columns, rows)],
    )
