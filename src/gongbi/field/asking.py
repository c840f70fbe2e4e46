"""The desk's side of a task in the field: who was asked to look at a matter, what came back, and asking."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gongbi.cases.queries import case_list
from gongbi.cases.queries.reading import case_by_number
from gongbi.field.doing import VERIFY, ask
from gongbi.field.frame import address, viewer_of
from gongbi.kernel import scope
from gongbi.kernel.errors import Refused
from gongbi.kernel.scope.viewer import CHECKER, DISPATCHER
from gongbi.rounds import actions, queries, rules

ASKERS = {DISPATCHER, CHECKER}
PURPOSES = {"verify": ("核实", "Verify"), "check": ("核查", "Check")}


@require_safe
@scope.endpoint("field.about", roles=ASKERS)
def about(request: HttpRequest, number: str) -> HttpResponse:
    """A piece of the matter's page: the tasks about it, and the way to ask while it helps."""
    viewer = viewer_of(request)
    case = case_by_number(number, viewer)
    found = queries.tasks_about(case.pk, viewer)
    tasks = [{"task": task, "verdict": rules.VERDICTS[task.purpose].get(task.verdict)} for task in found]
    waiting = any(task.closed_at is None for task in found)
    helps = not waiting and (case.state in VERIFY or case.state == "handled")
    context = {"case": case, "tasks": tasks, "helps": helps, "checks": case.state == "handled"}
    answer = render(request, "field/about.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


@require_safe
@scope.endpoint("field.tasks", roles=ASKERS)
def tasks(request: HttpRequest) -> HttpResponse:
    """Every task without an answer: what nobody took, with the reasons, stands first."""
    viewer, now = viewer_of(request), timezone.now()
    found = queries.pending_tasks(viewer, at=now)
    numbers = {one.pk: one.number for one in case_list(viewer, [one.task.about for one in found])}
    rows = [{"one": one, "about": numbers.get(one.task.about, "")} for one in found]
    answer = render(request, "field/tasks.html", {"rows": rows, "purposes": PURPOSES})
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@scope.endpoint("field.withdraw", roles=ASKERS)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """It need not be looked at any more; back to the list, with the refusal in words where there is one."""
    viewer = viewer_of(request)
    task = queries.task_by_id(pk, viewer)
    try:
        actions.withdraw(
            task_id=task.pk, reason=request.POST.get("reason", "")[:200], viewer=viewer, at=timezone.now()
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Withdrawn: %(number)s.") % {"number": task.number})
    return HttpResponseRedirect(address("field:tasks"))


@require_POST
@scope.endpoint("field.ask", roles=ASKERS)
def look(request: HttpRequest, number: str) -> HttpResponse:
    """Ask; back to the matter, with the refusal in words where there is one."""
    try:
        task = ask(number, request.POST.get("question", "")[:200], viewer_of(request), at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        told = (
            _("Sent to the nearest grid worker on duty: %(number)s.")
            if task.state == "offered"
            else _("Nobody near is on duty; %(number)s goes out as soon as somebody is.")
        )
        messages.success(request, told % {"number": task.number})
    return HttpResponseRedirect(address("desk:case", number) or address("field:about", number))
