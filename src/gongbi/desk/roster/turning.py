"""One turn with what may be done about it; swaps and their steps; handover."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from gongbi.desk.frame import viewer_of
from gongbi.desk.names import Names
from gongbi.desk.pages.common import show
from gongbi.desk.roster import shown
from gongbi.desk.roster.forms import (
    AnswerForm,
    CancelForm,
    DutyForm,
    NoteForm,
    PhoneForm,
    StandInForm,
    SwapForm,
    posts,
)
from gongbi.desk.roster.pages import ROLES
from gongbi.kernel import scope
from gongbi.kernel.errors import NotThere, Refused, Stale, in_language
from gongbi.kernel.flow import queries as flow
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.vault import actions as vault
from gongbi.look.furniture import Fact, Happened, Tab
from gongbi.roster import actions, queries, words
from gongbi.roster.flow import SWAP
from gongbi.roster.models import Swap, Turn
from gongbi.roster.scope import OPENERS

HERE, SWAPS = "duty:week", "duty:swaps"
STANDERS = frozenset(queries.STANDING_ROLES)
T = words.TEXTS
ASK, CANCEL, STAND_IN, NOTE = "swap", "cancel", "stand-in", "note"
HEADINGS = {ASK: "swap", CANCEL: "cancel", STAND_IN: "stand_in", NOTE: "note_write"}


def _steps(turn: Turn, viewer: Viewer, now: datetime) -> list[str]:
    """What this viewer may do about a turn now."""
    if turn.cancelled_at is not None:
        return []
    mine, leads = turn.post_id == viewer.post_id, queries.may_arrange(turn.rota, viewer)
    found = [NOTE] if (mine or leads) and turn.starts_at <= now < turn.ends_at + timedelta(hours=2) else []
    if mine and now < turn.starts_at:
        found.append(ASK)
    return [*found, STAND_IN, CANCEL] if leads and now < turn.ends_at else found


def _form(step: str, turn: Turn, viewer: Viewer, now: datetime, data: Any = None) -> DutyForm:
    if step == CANCEL:
        return CancelForm(data)
    if step == NOTE:
        return NoteForm(data)
    found = queries.eligible(turn.rota, viewer, at=now)
    if step == STAND_IN:
        form: DutyForm = StandInForm(data)
        form.offer("post", [("", "—"), *posts(found, without=turn.person_id)])
        return form
    asking = SwapForm(data)
    asking.offer("to_post", [("", "—"), *posts(found, without=turn.person_id)])
    near = queries.turns(viewer, first=now, last=now + timedelta(days=28), rota_id=turn.rota_id)
    asking.offer_turns([one for one in near if one.person_id != turn.person_id and one.starts_at > now])
    return asking


@require_safe
@scope.endpoint("duty.turn", roles=ROLES)
def turn(request: HttpRequest, turn: int) -> HttpResponse:
    """One turn; ``?step=`` opens a form."""
    viewer, now = viewer_of(request), timezone.now()
    found = queries.turn(turn, viewer)
    step = request.GET.get("step", "")
    form = _form(step, found, viewer, now) if step in _steps(found, viewer, now) else None
    return _turn_page(request, found, step, form)


def _turn_page(
    request: HttpRequest,
    found: Turn,
    step: str = "",
    form: DutyForm | None = None,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    viewer, now = viewer_of(request), timezone.now()
    names = Names(viewer, now)
    open_phone = (
        viewer.role in OPENERS and found.cancelled_at is None and found.starts_at <= now < found.ends_at
    )
    stood = queries.notes(viewer, rota_id=found.rota_id, most=8)
    context: dict[str, Any] = {
        "t": T,
        "turn": found,
        "who": shown.who(found),
        "rota": shown.name_of(found.rota),
        "when": shown.span(found.starts_at, found.ends_at, found.rota),
        "marks": shown.marks(found),
        "facts": shown.facts(found, names, now),
        "steps": [
            (one, T[HEADINGS[one]]) for one in _steps(found, viewer, now) if one != step or form is None
        ],
        "step": step,
        "heading": T[HEADINGS[step]] if step in HEADINGS else "",
        "form": form,
        "notes": shown.notes(stood, names, viewer.post_id is not None and viewer.role in STANDERS),
        "phone_form": PhoneForm() if open_phone else None,
        "plain": "",
    }
    return show(request, "desk/roster/turn.html", context | more, here=HERE, status=status)


@require_POST
@scope.endpoint("duty.phone", roles=OPENERS)
@sensitive_variables("plain")
def phone(request: HttpRequest, turn: int) -> HttpResponse:
    """Show the private number of somebody on duty now, for a reason that is kept and that the person can read."""
    viewer, now = viewer_of(request), timezone.now()
    found, person = queries.reach(turn, viewer, at=now)
    form = PhoneForm(request.POST)
    if form.is_valid():
        try:
            plain = vault.unseal(person, "phone", viewer=viewer, reason=form.cleaned_data["reason"], at=now)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return _turn_page(request, found, plain=plain or "—", phone_form=None)
    return _turn_page(request, found, phone_form=form, status=422)


@require_POST
@scope.endpoint("duty.turn_step", roles=STANDERS)
def take(request: HttpRequest, turn: int, step: str) -> HttpResponse:
    """Do one step about a turn. What is wrong stands beside its field (422)."""
    viewer, now = viewer_of(request), timezone.now()
    found = queries.turn(turn, viewer)
    if step not in HEADINGS:
        raise NotThere("roster.step", ("没有这个步骤。", "There is no such step."))
    form, status = _form(step, found, viewer, now, request.POST), 422
    if form.is_valid():
        try:
            where = _done(step, found, form.cleaned_data, viewer, now)
        except Refused as refusal:
            form.refuse(refusal)
            status = refusal.status
        else:
            messages.success(request, in_language(T["sent" if step == ASK else "saved"]))
            return HttpResponseRedirect(where)
    return _turn_page(request, found, step, form, status=status)


def _done(step: str, found: Turn, typed: dict[str, Any], viewer: Viewer, now: datetime) -> str:
    told: dict[str, Any] = {"turn_id": found.pk, "viewer": viewer, "at": now}
    if step == ASK:
        made = actions.ask(to_post=typed["to_post"], other_id=typed["other"], why=typed["why"], **told)
        return reverse("duty:swap", args=[made.number])
    if step == STAND_IN:
        new = actions.stand_in(
            post_id=typed["post"], reason=typed["reason"], despite=typed["despite"], **told
        )
        return reverse("duty:turn", args=[new.pk])
    if step == CANCEL:
        actions.cancel_turn(reason=typed["reason"], **told)
    else:
        actions.write_note(text=typed["text"], matters=typed["matters"].split(), **told)
    return reverse("duty:turn", args=[found.pk])


@require_POST
@scope.endpoint("duty.take_note", roles=STANDERS)
def take_note(request: HttpRequest, note: int) -> HttpResponse:
    """Read, taken over."""
    done = actions.take_note(note_id=note, viewer=viewer_of(request), at=timezone.now())
    messages.success(request, in_language(T["note_taken"]))
    return HttpResponseRedirect(reverse("duty:turn", args=[done.taken_turn_id or done.turn_id]))


# ---- swaps ---------------------------------------------------------------------------------------------------------


@require_safe
@scope.endpoint("duty.swaps", roles=STANDERS)
def swaps(request: HttpRequest) -> HttpResponse:
    """What waits for my answer, what I asked, what I approve."""
    viewer, now = viewer_of(request), timezone.now()
    counts = queries.swap_counts(viewer)
    tab = request.GET.get("tab", "")
    if tab not in queries.TABS:
        tab = next((one for one in queries.TABS[:3] if counts[one]), queries.ASKED_OF_ME)
    found = queries.swaps(viewer, tab)
    context = {
        "t": T,
        "tabs": [Tab(words.TABS[one], f"?tab={one}", one == tab, counts.get(one)) for one in queries.TABS],
        "table": shown.swap_table(found, Names(viewer, now), caption=words.TABS[tab]) if found else None,
    }
    return show(request, "desk/roster/swaps.html", context, here=SWAPS)


@require_safe
@scope.endpoint("duty.swap", roles=STANDERS)
def swap(request: HttpRequest, number: str) -> HttpResponse:
    """One swap; its steps as forms."""
    return _swap_page(request, queries.swap_by_number(number, viewer_of(request)))


def _swap_page(
    request: HttpRequest, found: Swap, tried: tuple[str, AnswerForm] | None = None, status: int = 200
) -> HttpResponse:
    viewer, now = viewer_of(request), timezone.now()
    names, turn = Names(viewer, now), queries.turn(found.turn_id, viewer)
    other = queries.turn(found.other_id, viewer) if found.other_id is not None else None
    entries = queries.history(found, viewer)
    names.remember([one.actor for one in entries] + [f"post:{found.asker_post}", f"post:{found.to_post}"])
    offered = []
    for one in flow.steps(found, viewer, at=now):
        if one.arrow.automatic:
            continue
        form = (
            tried[1]
            if tried is not None and tried[0] == one.arrow.name
            else AnswerForm(one.arrow.name, found.version)
        )
        offered.append({"arrow": one.arrow, "enabled": one.enabled, "reason": one.reason, "form": form})
    context = {
        "t": T,
        "swap": found,
        "now": now,
        "facts": [
            Fact(T["asker"], names.actor(f"post:{found.asker_post}")),
            Fact(T["turn"], shown.span(turn.starts_at, turn.ends_at, turn.rota), shown.name_of(turn.rota)),
            Fact(T["colleague"], names.actor(f"post:{found.to_post}")),
            Fact(T["exchange"], shown.span(other.starts_at, other.ends_at, other.rota) if other is not None else T["swap_other_none"]),
            Fact(T["reason"], found.why),
        ],
        "steps": offered,
        "events": [
            Happened(SWAP.by_name[one.transition].words, one.at, names.actor(one.actor, one.unit_id), one.facts.get("reason", ""))
            for one in entries
        ],
    }  # fmt: skip
    return show(request, "desk/roster/swap.html", context, here=SWAPS, status=status)


@require_POST
@scope.endpoint("duty.swap_step", roles=STANDERS)
def take_swap(request: HttpRequest, number: str, step: str) -> HttpResponse:
    """Do one step of a swap: 422 beside the field, 409 for an old version."""
    viewer, now = viewer_of(request), timezone.now()
    found = queries.swap_by_number(number, viewer)
    acts: dict[str, Any] = {
        "agree": actions.agree, "decline": actions.decline, "approve": actions.approve, "refuse": actions.refuse, "withdraw": actions.withdraw,
    }  # fmt: skip
    if step not in acts:
        raise NotThere("roster.step", ("没有这个步骤。", "There is no such step."))
    form, status = AnswerForm(step, found.version, request.POST), 422
    if form.is_valid():
        typed = dict(form.cleaned_data)
        version = typed.pop("version")
        try:
            acts[step](key=found.pk, viewer=viewer, at=now, expected_version=version, **typed)
        except Refused as refusal:
            form.refuse(refusal)
            status = 409 if isinstance(refusal, Stale) else refusal.status
        else:
            messages.success(request, in_language(T["saved"]))
            return HttpResponseRedirect(reverse("duty:swap", args=[number]))
    return _swap_page(request, queries.swap_by_number(number, viewer), (step, form), status)
