"""Who sees which cases and reports, and who may read a reporter's name and number."""

from __future__ import annotations

from django.db.models import Q

from gongbi.cases.models import Case, Part, Report
from gongbi.kernel.files import queries as files
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.flow.who import relation
from gongbi.kernel.rows import among, ask
from gongbi.kernel.scope import NOTHING, also, condition, rows
from gongbi.kernel.scope.viewer import CHECKER, CLERK, DISPATCHER, GRID_WORKER, HANDLER, RESIDENT, Viewer
from gongbi.kernel.vault import policy

_REPORTS = Report._meta.db_table


@relation("reporter")
def _reported(matter: Matter, viewer: Viewer) -> bool:
    """Holds the private link of a report that is now part of this case."""
    held = sorted(viewer.reports)
    if not held:
        return False
    where, values = among("id", held)
    return bool(ask(f"SELECT 1 FROM {_REPORTS} WHERE case_id = %s AND {where} LIMIT 1", [matter.pk, *values]))  # noqa: S608 – our own names


@relation("co_unit")
def _co_handles(matter: Matter, viewer: Viewer) -> bool:
    return Part.objects.filter(case_id=matter.pk, unit_id__in=viewer.units).exists()


@files.helpers
def _co_handlers(matter_id: int) -> list[int]:
    return list(Part.objects.filter(case_id=matter_id).values_list("unit_id", flat=True))


@also(Case)
def _own_or_co_handled(viewer: Viewer, purpose: str) -> Q:
    if viewer.role == RESIDENT:
        return Q(pk__in=Report.objects.filter(pk__in=viewer.reports).values("case_id"))
    if viewer.role == HANDLER and viewer.units:
        return Q(pk__in=Part.objects.filter(unit_id__in=viewer.units).values("case_id"))
    return NOTHING


@rows(Report)
def _reports(viewer: Viewer, purpose: str) -> Q:
    """A report is seen with its case; a resident sees only the own one."""
    if viewer.role == RESIDENT:
        return Q(pk__in=viewer.reports)
    cases = condition(Case, viewer, purpose)
    if cases == Q():
        return cases
    return NOTHING if cases == NOTHING else Q(case_id__in=Case.objects.filter(cases).values("pk"))


def _may_open(viewer: Viewer, report: Report) -> bool:
    """Name and number: the desk for the caller's sake; the handling unit too, unless the reporter is an informer (H5)."""
    case = report.case
    if viewer.role in (CLERK, DISPATCHER):
        return viewer.covers(case.territory) or not case.territory
    if report.confidential:
        return False
    if viewer.role in (HANDLER, GRID_WORKER):
        return case.unit_id in viewer.units
    return viewer.role == CHECKER and viewer.covers(case.territory)


for _field in ("name", "phone"):
    policy.allow(Report, _field, _may_open)
policy.subject(Report, lambda viewer, report: report.pk in viewer.reports)
