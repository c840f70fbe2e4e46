"""Routing rules: a draft is tried on past matters before it takes effect."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from gongbi.cases import queries as cases
from gongbi.desk.forms.reference import ActivateForm, DraftForm
from gongbi.desk.frame import KEEPERS, viewer_of
from gongbi.desk.names import Names
from gongbi.desk.pages.common import show
from gongbi.duties import actions as duties
from gongbi.duties import queries as duty_queries
from gongbi.duties.exchange import LISTS
from gongbi.kernel import scope
from gongbi.kernel.errors import NotThere, Refused
from gongbi.kernel.scope.viewer import ADMIN, system
from gongbi.kernel.tables import read_table

CHANGES_SHOWN = 100


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("desk.rules", roles=KEEPERS)
def rules(request: HttpRequest) -> HttpResponse:
    """The rules in force, in order, the rulings that bind, and the drafts; a draft is made from a file."""
    viewer, now = viewer_of(request), timezone.now()
    form, status = DraftForm(), 200
    if request.method == "POST":
        form = DraftForm(request.POST, request.FILES)
        status = 422
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                rows = [row.values for row in read_table(file, file.name, LISTS["routes"])]
                made = duties.draft_rules(title=form.cleaned_data["title"], rows=rows, viewer=viewer, at=now)
            except Refused as refusal:
                form.refuse(refusal)
            else:
                return HttpResponseRedirect(reverse("desk:draft", args=[made.pk]))
    names = Names(viewer, now)
    context = {
        "form": form,
        "rules": [
            (rule, names.selector(rule.lead), [names.selector(co) for co in rule.co])
            for rule in duty_queries.routing_rules(on=now)
        ],
        "precedents": [
            (one, names.kind(one.kind), names.selector(one.unit)) for one in duty_queries.precedents()
        ],
        "drafts": duty_queries.rule_drafts(viewer),
        "keeps": viewer.role == ADMIN,
    }
    return show(request, "desk/rules.html", context, here="desk:rules", status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("desk.draft", roles={ADMIN})
def draft(request: HttpRequest, draft: int) -> HttpResponse:
    """One draft: try it on the past (``do=try``), see what would change, put it in force (``do=activate``)."""
    viewer, now = viewer_of(request), timezone.now()
    found = next((one for one in duty_queries.rule_drafts(viewer) if one.pk == draft), None)
    if found is None:
        raise NotThere("desk.draft", gettext_lazy("There is no such draft."))
    form, run, status = ActivateForm(initial={"valid_from": timezone.localdate(now)}), None, 200
    if request.method == "POST" and request.POST.get("do") == "try":
        run = duties.dry_run_draft(
            draft_id=draft, past=cases.past_matters(system("dry-run"), now=now), viewer=viewer, at=now
        )
        found = next(one for one in duty_queries.rule_drafts(viewer) if one.pk == draft)
    elif request.method == "POST":
        form = ActivateForm(request.POST)
        status = 422
        if form.is_valid():
            try:
                duties.activate_rules(
                    draft_id=draft, valid_from=form.cleaned_data["valid_from"], viewer=viewer, at=now
                )
            except Refused as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, _("The draft “%(title)s” is in force.") % {"title": found.title})
                return HttpResponseRedirect(reverse("desk:rules"))
    context = {
        "draft": found,
        "form": form,
        "run": run,
        "changes": run.changes[:CHANGES_SHOWN] if run else [],
    }
    return show(request, "desk/draft.html", context, here="desk:rules", status=status)
