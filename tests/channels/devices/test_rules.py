"""When readings are an alarm, which time they have, what may be sent at all: rules and their boundaries, and what always holds."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongbi.channels.devices import packing, reading, rules
from gongbi.channels.devices.kinds import KINDS
from gongbi.channels.devices.reading import Raw
from gongbi.channels.devices.rules import State


@pytest.fixture(scope="module", autouse=True)
def district() -> None:
    """None is needed."""


GAS = rules.limits_of(KINDS["gas"])  # 20 % begins, 10 % ends, 2 of 3
LANE = rules.limits_of(KINDS["fire_lane"])  # 3 of 3, for 300 s
readings_of_gas = st.lists(st.floats(0, 100), max_size=80)


def walk(limits: rules.Limits, values: list[float], every: float = 60.0) -> list[str]:
    """The moves of readings that come ``every`` seconds."""
    state, moves = State(), []
    for number, value in enumerate(values):
        state, move = rules.step(limits, state, number * every, value)
        moves.append(move)
    return moves


@pytest.mark.parametrize(
    ("values", "moves"),
    [
        ([19.99, 19.99, 19.99], ["", "", ""]),
        ([20, 5, 5, 20], ["", "", "", ""]),  # two of four
        ([20, 5, 20], ["", "", "begin"]),  # two of three
        ([20, 20, 15, 15, 15], ["", "begin", "", "", ""]),  # between the values nothing ends
        ([20, 20, 10.01, 10.01], ["", "begin", "", ""]),
        ([20, 20, 10, 10], ["", "begin", "", "end"]),
        ([20, 20, 10, 11, 10, 10], ["", "begin", "", "", "", "end"]),  # not in a row
    ],
)
def test_an_alarm_needs_several_readings_and_ends_lower_than_it_begins(
    values: list[float], moves: list[str]
) -> None:
    assert walk(GAS, values) == moves


def test_a_car_that_stops_for_a_moment_blocks_no_fire_lane() -> None:
    assert walk(LANE, [1, 1, 1], every=149) == ["", "", ""]  # 298 s
    assert walk(LANE, [1, 1, 1], every=150) == ["", "", "begin"]
    assert (
        walk(LANE, [1, 1, 0, 1, 1, 1], every=120)[-1] == "begin"
    )  # the first was 600 s ago, three in a row now


def test_an_alarm_ends_after_its_calm_and_not_a_second_before() -> None:
    assert walk(GAS, [20, 20, 10, 10], every=59)[-1] == ""  # calm for 59 s
    assert walk(GAS, [20, 20, 10, 10], every=60)[-1] == "end"
    assert walk(GAS, [20, 20, 10, 10, 10], every=59)[-1] == "end"


@pytest.mark.parametrize(
    ("apart", "open_still", "again", "same"),
    [
        (600, False, 0, True), (601, False, 0, False), (-600, False, 0, True), (-601, False, 0, False),
        (1800, True, 1800, True), (1801, True, 1800, False), (1800, False, 1800, False), (600, True, 60, True),
    ],
)  # fmt: skip
def test_alarms_are_one_event_up_to_ten_minutes_apart_and_longer_while_it_goes_on(
    apart: float, open_still: bool, again: float, same: bool
) -> None:
    assert rules.same_event(last=10_000, at=10_000 + apart, open_still=open_still, again=again) is same


@given(readings_of_gas)
def test_beginnings_and_ends_take_turns(values: list[float]) -> None:
    moves = [move for move in walk(GAS, values) if move]
    assert moves == ["begin", "end"] * (len(moves) // 2) + ["begin"] * (len(moves) % 2)


@given(readings_of_gas)
def test_between_the_two_values_nothing_begins_or_ends(values: list[float]) -> None:
    for value, move in zip(values, walk(GAS, values), strict=True):
        assert move != "begin" or value >= GAS.limit
        assert move != "end" or value <= GAS.clear


@given(st.lists(st.tuples(st.integers(0, 50), st.floats(0, 100)), max_size=60))
def test_what_is_no_newer_changes_nothing(pairs: list[tuple[int, float]]) -> None:
    """Readings out of order and repeated end as their newest-first-seen ones alone."""
    state, newest = State(), -1
    kept: list[tuple[int, float]] = []
    for at, value in pairs:
        after, move = rules.step(GAS, state, float(at), value)
        if at <= newest:
            assert (after, move) == (state, "late")
        else:
            newest = at
            kept.append((at, value))
        state = after
    alone = State()
    for at, value in kept:
        alone, _move = rules.step(GAS, alone, float(at), value)
    assert alone == state


@given(st.sampled_from(sorted(KINDS)), st.integers(0, 23))
def test_danger_knows_no_quiet_hours(code: str, hour: int) -> None:
    held = rules.held_back(code, hour=hour, silenced=False)
    assert held == "" or not KINDS[code].danger
    assert rules.held_back(code, hour=hour, silenced=True) == "silence"


def test_smoke_gas_and_lifts_are_danger_and_silenced_for_a_shift_at_most() -> None:
    for code in ("smoke", "gas", "lift_trapped"):
        assert KINDS[code].danger
        assert rules.longest_silence(["water_level", code]) == 8 * 3600
    held = {hour: rules.held_back("fire_lane", hour=hour, silenced=False) for hour in (21, 22, 23, 0, 5, 6)}
    assert held == {21: "", 22: "quiet", 23: "quiet", 0: "quiet", 5: "quiet", 6: ""}
    assert rules.longest_silence(["water_level"]) == 30 * 86_400


# --- Time -------------------------------------------------------------------------------------------------------------

NOON = 1_795_406_400.0


@pytest.mark.parametrize(
    ("given_at", "sent", "at", "skew"),
    [
        (None, None, NOON, None),
        (NOON - 5, None, NOON - 5, None),
        (NOON + 120, None, NOON + 120, None),
        (NOON + 121, None, NOON, 121),
        (NOON - 86_400, None, NOON - 86_400, None),  # a line that was cut
        (NOON - 86_401, None, NOON, -86_401),
        (0.0, None, NOON, -NOON),  # a clock that has never been set
        (NOON - 3605, NOON - 3600, NOON - 5, -3600),  # slow by an hour: the distance holds
        (NOON + 3595, NOON + 3600, NOON - 5, 3600),
        (NOON - 3600, NOON, NOON - 3600, None),  # old, and its clock is right
        (NOON + 4000, NOON + 3600, NOON, 3600),  # later than it was sent
        (None, NOON + 3600, NOON, 3600),
    ],
)
def test_with_a_wrong_clock_the_time_of_receipt_holds(
    given_at: float | None, sent: float | None, at: float, skew: float | None
) -> None:
    assert rules.timed(given_at, received=NOON, sent=sent) == rules.Timed(at, skew)


@given(
    st.none() | st.floats(0, 4e9, allow_nan=False),
    st.floats(1e9, 4e9, allow_nan=False),
    st.none() | st.floats(0, 4e9, allow_nan=False),
)
def test_no_reading_lies_in_the_future_or_long_ago(
    given_at: float | None, received: float, sent: float | None
) -> None:
    at = rules.timed(given_at, received=received, sent=sent).at
    assert received - rules.BEHIND - 1e-3 <= at <= received + rules.AHEAD + 1e-3


def test_a_device_is_silent_after_four_periods_but_not_within_ten_minutes() -> None:
    assert not rules.is_silent(heard=0, period=1, now=600)
    assert rules.is_silent(heard=0, period=1, now=601)
    assert not rules.is_silent(heard=0, period=900, now=3600)
    assert rules.is_silent(heard=0, period=900, now=3601)
    assert rules.line_is_cut(21, 40)
    assert not rules.line_is_cut(20, 20)
    assert not rules.line_is_cut(21, 42)


def test_limits_that_make_no_sense_are_refused_by_name() -> None:
    for given_limits, name in (
        ({"limit": 101.0}, "limit"), ({"clear": 20.0}, "clear"), ({"period": 0}, "period"), ({"limit": 5.0}, "limit")
    ):  # fmt: skip
        with pytest.raises(ValueError, match=name):
            rules.limits_of(KINDS["gas"], **given_limits)  # type: ignore[arg-type]
    assert rules.limits_of(KINDS["gas"], limit=30.0).clear == 20.0


# --- What may be sent -------------------------------------------------------------------------------------------------


def faults(value: Any) -> list[tuple[int, str, str]]:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return [(fault.index, fault.reason, fault.field) for fault in reading.read(body).faults]


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        (b"\xff\xfe", [(-1, "encoding", "")]),
        (b'{"device": "A", "value": NaN}', [(-1, "malformed", "")]),
        (b"[" * 100_000, [(-1, "malformed", "")]),
        (b" " * (256 * 1024 + 1), [(-1, "oversized", "")]),
        ([{"device": "A", "value": 1}] * 1001, [(-1, "oversized", "")]),
        ([], [(-1, "shape", "")]),
        ("hello", [(-1, "shape", "")]),
        ([1], [(0, "shape", "")]),
        ({"readings": [], "photo": "…"}, [(-1, "field", "photo")]),
        ({"readings": [{"device": "A", "value": 1}], "sent": "noon"}, [(-1, "time", "sent")]),
        ({"value": 1}, [(0, "device", "device")]),
        ({"device": "A"}, [(0, "value", "value")]),
        ({"device": "A", "value": "1"}, [(0, "value", "value")]),
        ({"device": "A", "value": True}, [(0, "value", "value")]),
        ({"device": "A", "flag": 1}, [(0, "value", "flag")]),
        ({"device": "A", "flag": True, "value": 1}, [(0, "value", "value")]),
        ({"device": "A", "value": 1, "at": "2026-11-23T08:00:00"}, [(0, "time", "at")]),  # no zone
        ({"device": "A", "value": 1, "seq": -1}, [(0, "value", "seq")]),
    ],
)
def test_what_is_wrong_is_told_precisely(sent: Any, found: list[tuple[int, str, str]]) -> None:
    assert faults(sent) == found


@pytest.mark.parametrize("field", ["image", "audio", "plate", "车牌", "face", "text", "note", "person"])
def test_no_picture_sound_plate_or_text_travels_along(field: str) -> None:
    assert faults([{"device": "A", "value": 1, field: "x"}, {"device": "A", "value": 2}]) == [
        (0, "field", field)
    ]


def test_the_list_of_kinds_is_closed_and_holds_nothing_that_watches_people() -> None:
    assert sorted(KINDS) == [
        "ebike_charging", "fire_lane", "gas", "lift_trapped", "manhole_tilt", "smoke", "water_level"
    ]  # fmt: skip
    for kind in KINDS.values():
        assert kind.flag == (kind.unit == "")
        assert kind.low <= kind.clear < kind.limit <= kind.high


def test_the_rest_of_a_batch_goes_through() -> None:
    message = reading.read(
        json.dumps([{"device": "A", "value": 1}, 7, {"device": "B", "flag": True}]).encode()
    )
    assert message.readings == ((0, Raw("A", 1.0)), (2, Raw("B", True)))
    assert [fault.index for fault in message.faults] == [1]


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    message = reading.read(body)
    assert message.readings or message.faults


def test_a_number_outside_the_range_or_of_the_other_form_is_none() -> None:
    assert reading.number_of(Raw("A", 100.0), KINDS["gas"]) == 100.0
    assert reading.number_of(Raw("A", 100.01), KINDS["gas"]) is None
    assert reading.number_of(Raw("A", True), KINDS["gas"]) is None
    assert reading.number_of(Raw("A", 1.0), KINDS["smoke"]) is None
    assert reading.number_of(Raw("A", True), KINDS["smoke"]) == 1.0


@pytest.mark.parametrize(
    "topic",
    ["gongbi/+/readings", "gongbi/#", "gongbi/gw/#", "$SYS/broker", "gongbi/gw", "gongbi/gw/a/b", "other/gw/readings",
     "gongbi//readings", "gongbi/gw/" + "x" * 41, "gongbi/gw/a\x00b"],
)  # fmt: skip
def test_topics_with_wildcards_or_of_another_form_are_none(topic: str) -> None:
    assert reading.topic(topic) is None


def test_a_topic_names_a_gateway_and_perhaps_a_device() -> None:
    assert reading.topic("gongbi/gw-1/readings") == ("gw-1", "")
    assert reading.topic("gongbi/gw-1/SM-1") == ("gw-1", "SM-1")
    body = b'[{"value": 1}, {"device": "B", "value": 1}]'
    message = reading.read(body, device="A")
    assert [raw.device for _index, raw in message.readings] == ["A"]
    assert [fault.reason for fault in message.faults] == ["device"]


# --- Bytes ------------------------------------------------------------------------------------------------------------

lines_of = st.lists(
    st.builds(
        packing.Line, st.integers(1, 2**40), st.floats(-1e6, 1e6), st.floats(0, 4e9), st.just(math.inf), st.integers(0, 2**62)
    ),
    max_size=50,
)  # fmt: skip


@given(lines_of)
def test_the_journal_gives_back_what_was_written(lines: list[packing.Line]) -> None:
    assert list(packing.lines(packing.pack_lines(lines))) == lines


@given(st.lists(st.tuples(st.integers(0, 100), st.floats(0, 1)), max_size=60))
def test_a_block_is_in_order_and_holds_each_time_once(pairs: list[tuple[int, float]]) -> None:
    data = packing.in_order(b"".join(packing.pack_reading(ms, value) for ms, value in pairs))
    assert packing.readings(data) == sorted(dict(pairs).items())
    assert packing.in_order(data + data) == data


def test_a_reading_is_known_again_by_its_number_and_time() -> None:
    assert packing.identity(None, None) == 0
    different = {
        packing.identity(*pair) for pair in ((0, None), (1, None), (None, 0.0), (0, 0.0), (0, 1.0), (1, 1.0))
    }
    assert len(different) == 6
