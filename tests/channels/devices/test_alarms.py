"""Readings become alarms, alarms events, events candidate cases: once each, whatever is repeated, reordered or dies in between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from gongbi.cases.models import Case, Report
from gongbi.channels.devices import actions, invariants, packing, queries
from gongbi.channels.devices.actions import taking
from gongbi.channels.devices.actions.lane import Lane, LaneLost
from gongbi.channels.devices.models import Alarm, Block, Device, DeviceEvent, DeviceState, Journal, Tally
from gongbi.channels.models import Arrival, Change
from gongbi.kernel.scope.viewer import DISPATCHER, Viewer, system

from .conftest import Days

pytestmark = pytest.mark.django_db
Install = Callable[..., Device]
Drain = Callable[[datetime], None]


def test_an_alarm_is_one_candidate_case_and_its_end_stands_on_it(
    days: Days, install: Install, drained: Drain
) -> None:
    install("GA-1")
    days.gas(5, 25, 26, 30, 40, 35, 22, 25)
    drained(days.at)
    case = Case.objects.get()
    report = Report.objects.get()
    assert (report.channel, case.kind or case.proposal["kind"]["code"]) == ("device", "E0502")
    assert "GA-1" in report.text
    assert "26 %" in report.text
    days.gas(5, 5, 5)
    drained(days.at)
    assert not Change.objects.exists()  # it may come back at once
    days.gas(*[5] * 12)
    drained(days.at)
    assert Case.objects.count() == 1
    assert Change.objects.get().standing == "done"
    event = DeviceEvent.objects.get()
    assert event.ended_at is not None
    assert queries.cases_of([event], system("test")) == {event.pk: case}
    assert list(invariants.events()) == []
    DeviceEvent.objects.update(ended_at=None)
    assert [breach.what for breach in invariants.events()] == ["goes on without an alarm"]


def test_flapping_is_one_matter(days: Days, install: Install) -> None:
    install("GA-1")
    for _ in range(6):
        days.gas(25, 25, 5, 5, 5)
    assert Alarm.objects.get().flaps == 5
    days.gas(*[5] * 12)
    assert Arrival.objects.count() == Change.objects.count() == 1  # told once, and once that it is over
    days.pass_by(3 * 3600)
    days.gas(25, 25)
    assert Arrival.objects.count() == 2  # hours later it is another


def test_many_devices_at_one_place_within_minutes_are_one_event(days: Days, install: Install) -> None:
    for number in range(5):
        install(f"GA-{number}")
    install("GB-1", place="劳动路小区")
    for number in range(5):
        days.gas(30, 30, number=f"GA-{number}")
    days.gas(30, 30, number="GB-1")
    assert sorted(DeviceEvent.objects.values_list("place", "devices")) == [
        ("劳动路小区", 1),
        ("青年路小区3号楼", 5),
    ]
    assert Arrival.objects.count() == 2


def test_repeated_and_reordered_readings_change_nothing(days: Days, install: Install) -> None:
    device = install("GA-1")
    readings = [
        {"device": "GA-1", "value": value, "at": (days.at + timedelta(seconds=n)).isoformat(), "seq": n}
        for n, value in enumerate((1, 30, 30, 2, 3))
    ]
    days.pass_by(10)
    days.say(*readings)
    before = queries.readings(device.pk, system("test"))
    days.lane.save()
    before = queries.readings(device.pk, system("test"))
    days.say(*reversed(readings))
    days.say(*readings, *readings)
    days.lane.save()
    assert queries.readings(device.pk, system("test")) == before
    assert len(before) == 5
    state = DeviceState.objects.get()
    assert (state.repeated, state.value) == (15, 3)
    assert Alarm.objects.count() == 1


@pytest.mark.parametrize("saved", [False, True])
def test_a_process_that_dies_loses_and_doubles_nothing(days: Days, install: Install, saved: bool) -> None:
    device = install("GA-1")
    days.gas(1, 30, 30)
    if saved:
        days.lane.save()
    days.gas(35)
    days.again()
    days.gas(36, 5, 5, 5)
    days.lane.save()
    values = [value for _ms, value in queries.readings(device.pk, system("test"))]
    assert values == [1, 30, 30, 35, 36, 5, 5, 5]
    alarm = Alarm.objects.get()
    assert alarm.ended_at is not None
    assert alarm.flaps == 0
    assert Journal.objects.count() == 0
    assert Arrival.objects.count() == 1


def test_two_lanes_at_once_are_impossible(days: Days, install: Install) -> None:
    install("GA-1")
    days.gas(1)
    with pytest.raises(LaneLost):
        Lane("second", lambda: days.at).tick()
    first = days.lane
    days.again()
    days.lane.tick()
    with pytest.raises(LaneLost):
        first.save()


def test_a_silent_device_is_one_maintenance_matter_and_says_when_it_is_back(
    days: Days, install: Install, drained: Drain
) -> None:
    for number in range(3):
        install(f"GA-{number}")
        days.gas(1, number=f"GA-{number}")
    for _ in range(40):
        days.pass_by(60)
        days.lane.tick()
    assert Alarm.objects.filter(kind="silent").count() == 3
    assert DeviceEvent.objects.get().devices == 3
    assert "没有读数" in _words(drained, days)
    days.gas(1, number="GA-0")
    assert DeviceEvent.objects.get().ended_at is None
    days.gas(1, number="GA-1")
    days.gas(1, number="GA-2")
    assert DeviceEvent.objects.get().ended_at is not None
    assert Arrival.objects.count() == 1


def test_a_device_that_falls_silent_again_and_again_is_one_matter(days: Days, install: Install) -> None:
    install("GA-1")
    for _ in range(4):
        days.gas(1, 1)
        days.pass_by(1800)
        days.lane.tick()
    assert Alarm.objects.get(kind="silent").flaps == 3
    assert Arrival.objects.count() == 1


def _words(drained: Drain, days: Days) -> str:
    drained(days.at)
    return Report.objects.get().text


def test_a_device_that_never_spoke_and_a_line_that_is_cut_raise_nothing(days: Days, install: Install) -> None:
    install("GA-new")
    for number in range(25):
        install(f"GA-{number}")
        days.say({"device": f"GA-{number}", "value": 1})
    for _ in range(30):
        days.pass_by(60)
        days.lane.tick()
    assert not Alarm.objects.exists()


def test_a_wrong_clock_is_counted_and_the_time_of_receipt_holds(days: Days, install: Install) -> None:
    device = install("GA-1")
    days.say({"device": "GA-1", "value": 1, "at": "1999-12-31T16:00:00Z"})
    days.pass_by(60)
    days.say({"device": "GA-1", "value": 2, "at": (days.at + timedelta(hours=3)).isoformat()})
    days.lane.save()
    found = queries.readings(device.pk, system("test"))
    assert found[-1] == (round(days.at.timestamp() * 1000), 2)
    state = DeviceState.objects.get()
    assert state.skewed == 2
    assert state.skew == pytest.approx(3 * 3600)
    assert Tally.objects.get(reason="clock").count == 2


def test_quiet_hours_hold_a_blocked_lane_back_until_the_morning_but_never_smoke(
    days: Days, install: Install
) -> None:
    install("FL-1", kind="fire_lane")
    install("SM-1", kind="smoke")
    days.at = days.at.replace(hour=15)  # 23:00 in China
    for _ in range(4):
        days.pass_by(150)
        days.say({"device": "FL-1", "flag": True}, {"device": "SM-1", "flag": True})
    assert {one.kind: one.held for one in DeviceEvent.objects.all()} == {"fire_lane": "quiet", "smoke": ""}
    assert Arrival.objects.count() == 1
    while timezone.localtime(days.at).hour != 6:
        days.pass_by(600)
        days.say({"device": "FL-1", "flag": True}, {"device": "SM-1", "flag": True})
    assert Arrival.objects.count() == 2


def test_what_is_over_before_the_morning_is_told_to_nobody(days: Days, install: Install) -> None:
    install("FL-1", kind="fire_lane")
    days.at = days.at.replace(hour=15)
    for flag in (True, True, True, True, False, False, False, False):
        days.pass_by(150)
        days.say({"device": "FL-1", "flag": flag})
    assert DeviceEvent.objects.get().ended_at is not None
    days.pass_by(9 * 3600)
    days.lane.tick()
    assert not Arrival.objects.filter(theirs="fire_lane").exists()


def test_a_silence_holds_alarms_back_and_what_is_on_afterwards_is_told(days: Days, install: Install) -> None:
    install("GA-1")
    viewer = Viewer(actor="post:1", role=DISPATCHER, territories=("6101",))
    made = actions.silence(place="青年路小区3号楼", hours=2, reason="检修", viewer=viewer, at=days.at)
    days.gas(30, 30)
    assert DeviceEvent.objects.get().held == "silence"
    assert not Arrival.objects.exists()
    actions.end_silence(made.pk, viewer=viewer, at=days.at)
    days.pass_by(31)
    days.lane.tick()
    assert Arrival.objects.count() == 1


def test_a_channel_that_is_switched_off_stops_no_reading_and_hears_later(
    days: Days, install: Install
) -> None:
    from gongbi.channels.devices.actions import telling

    install("GA-1")
    source = telling.source(at=days.at)
    source.enabled = False
    source.save()
    days.gas(30, 30, 31)
    assert not Arrival.objects.exists()
    assert DeviceEvent.objects.get().held == "closed"
    source.enabled = True
    source.save()
    days.pass_by(31)
    days.lane.tick()
    assert Arrival.objects.count() == 1


def test_too_much_leaves_plain_readings_out_but_never_one_of_an_alarm(
    days: Days, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = install("GA-1")
    monkeypatch.setattr(taking, "MOST_WAITING", 1)
    days.say({"device": "GA-1", "value": 1, "seq": 1})
    taking.forget_waiting()
    taken = days.say(
        *({"device": "GA-1", "value": value, "seq": n + 2} for n, value in enumerate((2, 30, 3, 30)))
    )
    assert (taken.kept, taken.shed) == (2, 2)
    days.lane.save()
    assert Tally.objects.get(reason="shed").count == 2
    assert [value for _ms, value in queries.readings(device.pk, system("test"))][-1] == 30


def test_readings_leave_after_the_days_on_the_sign_and_beyond_the_ring(
    days: Days, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gongbi.channels.devices.actions import upkeep

    device = install("GA-1", keep_days=2)
    begun = round(days.at.timestamp() * 1000)
    for block in range(4):
        first = begun + block * 1000
        data = b"".join(packing.pack_reading(first + n, 1) for n in range(100))
        Block.objects.create(device=device, first_ms=first, last_ms=first + 99, count=100, data=data)
    assert upkeep.purge(at=days.at + timedelta(days=1)) == 0
    assert upkeep.purge(at=days.at + timedelta(days=2, milliseconds=40)) == 0
    assert Block.objects.order_by("first_ms")[0].count == 60  # no reading stays for its younger neighbours
    monkeypatch.setattr(upkeep, "RING", 300)
    assert upkeep.purge(at=days.at + timedelta(days=1)) == 1
    assert upkeep.purge(at=days.at + timedelta(days=2, seconds=10)) == 3
    assert queries.readings(device.pk, system("test")) == []


def test_a_full_tail_becomes_a_block_and_reads_the_same(days: Days, install: Install) -> None:
    device = install("GA-1")
    for part in range(3):
        days.say(
            *(
                {"device": "GA-1", "value": 1, "at": days.at.timestamp() - 900 + part * 100 + n}
                for n in range(100)
            )
        )
        days.lane.save()
    assert Block.objects.get().count == 300
    assert len(queries.readings(device.pk, system("test"))) == 300
    days.gas(2)
    days.lane.save()
    assert len(queries.readings(device.pk, system("test"), most=7)) == 7


def test_a_device_out_of_use_is_heard_no_more(days: Days, install: Install) -> None:
    install("GA-1")
    days.gas(30, 30)
    actions.retire("GA-1", viewer=system("test"), at=days.at)
    assert Alarm.objects.get().ended_at is not None
    assert [fault.reason for fault in days.say({"device": "GA-1", "value": 1}).faults] == ["device"]
    days.pass_by(2 * 3600)
    days.lane.tick()
    install("GA-1")  # back in use: it begins anew
    days.gas(30, 30)
    assert Alarm.objects.filter(ended_at__isnull=True).count() == 1
