"""What must always hold for cases; run by ``gongbi check`` and every night."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef

from gongbi.cases.flow import OPEN_STATES
from gongbi.cases.models import Case, Report
from gongbi.kernel.clock.models import Clock
from gongbi.kernel.flow.invariants import Breach, register

UNIT_STATES = ("dispatched", "disputed", "handling", "asking", "suspended", "handled", "checked")
CLOCKED = (
    "received",
    "accepted",
    "dispatched",
    "handling",
    "handled",
    "checked",
    "clarifying",
    "asking",
    "suspended",
)


@register("cases.one_unit")
def one_unit() -> Iterator[Breach]:
    """Every dispatched case has exactly one responsible unit."""
    for case in Case.objects.filter(state__in=UNIT_STATES, unit_id__isnull=True).iterator():
        yield Breach("cases.one_unit", case.number, "open with nobody responsible")


@register("cases.one_clock")
def one_clock() -> Iterator[Breach]:
    """Every open case has a running or lawfully paused clock."""
    running = Clock.objects.filter(matter_id=OuterRef("pk"), stopped_at__isnull=True)
    for case in Case.objects.filter(state__in=CLOCKED).exclude(Exists(running)).iterator():
        yield Breach("cases.one_clock", case.number, f"in {case.state} without a clock")


@register("cases.open_flag")
def open_flag() -> Iterator[Breach]:
    """``is_open`` says what the state says."""
    for case in Case.objects.filter(is_open=True).exclude(state__in=OPEN_STATES).iterator():
        yield Breach("cases.open_flag", case.number, f"marked open in {case.state}")
    for case in Case.objects.filter(is_open=False, state__in=OPEN_STATES).iterator():
        yield Breach("cases.open_flag", case.number, f"marked ended in {case.state}")


@register("cases.every_report_answered")
def every_report() -> Iterator[Breach]:
    """A merged case keeps no report: each stands with the case that is worked on."""
    for report in (
        Report.objects.filter(case__merged_into__isnull=False).exclude(case=F("case__merged_into")).iterator()
    ):
        yield Breach("cases.every_report_answered", report.number, "belongs to a case that was merged away")
