"""What must always hold for warnings; run by ``gongbi check`` and every night."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F, Q

from gongbi.kernel.flow.invariants import Breach, register
from gongbi.warning.models import Warning
from gongbi.warning.rules import RIGHT, SORTS, WRONG


@register("warning.levels")
def levels() -> Iterator[Breach]:
    """Every warning has one of the four levels, a known sort, and days in order."""
    wrong = ~Q(level__in=(1, 2, 3, 4)) | ~Q(sort__in=SORTS) | Q(first_day__gt=F("last_day"))
    for warning in Warning.objects.filter(wrong).iterator():
        yield Breach(
            "warning.levels", warning.number, f"level {warning.level}, {warning.sort}, {warning.first_day}"
        )


@register("warning.verdicts")
def verdicts() -> Iterator[Breach]:
    """A reviewed warning says whether it was right, no other does."""
    for warning in Warning.objects.filter(state="reviewed").exclude(verdict__in=(RIGHT, WRONG)).iterator():
        yield Breach("warning.verdicts", warning.number, "reviewed without a verdict")
    for warning in Warning.objects.exclude(state="reviewed").exclude(verdict="").iterator():
        yield Breach("warning.verdicts", warning.number, f"judged in {warning.state}")
