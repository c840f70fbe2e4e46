"""The private link: where it stands, the promise and why, a question answered, the verdict, "still there"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from gongbi.cases import actions, queries
from gongbi.duties import queries as duties
from gongbi.kernel import scope, turnstile
from gongbi.kernel.clock.queries import explain_clock
from gongbi.kernel.errors import NotThere, Refused, TooMany
from gongbi.kernel.files import pages as file_pages
from gongbi.kernel.files import queries as files
from gongbi.kernel.flow.queries import allowed
from gongbi.kernel.outbox import audience
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.vault import queries as vault
from gongbi.look.furniture import Cell, Column, Fact, Happened, Picture, Table
from gongbi.parties import queries as parties
from gongbi.resident import sentences
from gongbi.resident.forms import GRADE_WORDS, AnswerForm, JudgeForm, Refusable, ReopenForm, WayForm
from gongbi.resident.pages import ways
from gongbi.resident.pages.common import KeptPhoto, invented, private, take_photos, told
from gongbi.resident.rules import Words
from gongbi.territory import queries as territory

if TYPE_CHECKING:
    from gongbi.cases.models import Case, Report
    from gongbi.kernel.clock.models import Clock

_PURPOSE: dict[str, Words] = {
    "report": ("您的照片", "Your photo"),
    "before": ("处置前", "Before"),
    "after": ("处置后", "After"),
    "check": ("核查", "At the check"),
    "answer": ("补充", "Added"),
}


@dataclass(frozen=True, slots=True)
class Mine:
    """One report with the case it is part of, as its reporter reads it at ``now``."""

    link: str
    report: Report
    case: Case
    viewer: Viewer
    now: datetime
    clock: Clock | None
    unit: Words | None
    standing: sentences.Standing
    questions: Sequence[Any]
    may: frozenset[str]


def mine(link: str, now: datetime) -> Mine:
    """Everything behind a private link. Raises NotThere for one that is not ours."""
    report, viewer = queries.report_by_link(link)
    case = queries.case_for(report.case_id, viewer)
    clock = case.running_clock(sentences.PROMISED_BY.get(case.state, ""))
    unit = unit_words(case.unit_id)
    questions = queries.questions_open(report, viewer)
    due = clock.due_at if clock is not None and clock.paused_at is None else None
    standing = sentences.standing(
        case.state,
        unit,
        due,
        now,
        asked=bool(questions),
        judged=report.judged_at is not None,
        until=queries.suspended_until(case, viewer),
        provisional=clock is not None and clock.provisional,
    )
    may = frozenset(allowed(case, viewer, at=now))
    return Mine(link, report, case, viewer, now, clock, unit, standing, questions, may)


def unit_words(unit_id: int | None) -> Words | None:
    """A unit's name in both languages, or None."""
    unit = parties.unit_by_id(unit_id) if unit_id is not None else None
    return (unit.name, unit.name_en or unit.name) if unit else None


def _history(me: Mine, pictures: Sequence[Picture]) -> list[Happened]:
    """Newest first; a step that is no resident's affair is left out."""
    lines: list[Happened] = []
    done = [picture for picture in pictures if picture.label == _PURPOSE["after"]]
    events = queries.timeline(me.case, me.viewer)
    for event in events:
        to = event.facts.get("unit")
        told = sentences.happened(
            event.arrow.name, unit_words(event.unit_id), unit_words(to) if isinstance(to, int) else None
        )
        if told is None:
            continue
        words, tone = told
        said = str(event.facts.get("result") or event.facts.get("reason") or "")
        shown = done if event.arrow.name in ("finish", "solve_on_spot") else ()
        lines.append(
            Happened(
                words,
                event.at,
                said=said,
                tone=tone,
                shape="ring" if tone == "quiet" else tone,
                pictures=shown,
            )
        )
    return lines[::-1]


def synthetic(me: Mine) -> bool:
    """Whether the place it lies in was invented for a demonstration; without a place, whether any is."""
    place = territory.division(me.case.territory, on=me.now) if me.case.territory else None
    return place.synthetic if place is not None else invented(me.now)


def _pictures(me: Mine) -> list[Picture]:
    found = []
    for number, file in enumerate(files.of_matter(me.case.pk, viewer=me.viewer), start=1):
        if not file.is_picture:
            continue
        label = _PURPOSE.get(file.purpose, ("照片", "Photo"))
        href = reverse("resident:photo", args=[me.link, file.pk])
        alt = (f"{label[0]}，第 {number} 张", f"{label[1]}, picture {number}")
        found.append(Picture(href, f"{href}?small", alt, label, file.uploaded_at))
    return found


def given_facts(me: Mine) -> list[Fact]:
    """What the reporter gave, names and numbers masked even here: the link may be read over a shoulder."""
    report = me.report
    facts = [Fact(_("When"), _when(report.received_at))]
    if report.place_words:
        facts.append(Fact(_("Where"), report.place_words))
    if community := territory.names([me.case.territory[:12]], on=me.now).get(me.case.territory[:12]):
        facts.append(Fact(_("Community"), community))
    facts += _answers(me)
    if report.anonymous:
        facts.append(Fact(_("Who you are"), _("Anonymous: nothing was kept")))
    else:
        if report.name:
            facts.append(Fact(_("Name given"), report.name.masked))
        if report.phone:
            facts.append(Fact(_("Telephone"), report.phone.masked))
        if report.confidential:
            facts.append(Fact(_("Who sees you"), _("Hidden from the unit that handles it")))
    return facts


def _answers(me: Mine) -> list[Fact]:
    """What was answered to the questions of the kind, in their words."""
    asked = (
        {q.name: q for q in duties.questions(me.case.kind, on=me.report.received_at)} if me.case.kind else {}
    )
    facts = []
    for name, answer in me.report.answers.items():
        question = asked.get(name)
        said = dict(question.choices).get(answer, answer) if question else answer
        facts.append(Fact(question.words if question else name, said))
    return facts


def _when(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"


def _stretch(since: datetime, until: datetime) -> str:
    """A stretch of time, its day told once where it ends on the day it began: "11-23 16:56–18:00"."""
    first, last = timezone.localtime(since), timezone.localtime(until)
    if last == last.replace(hour=0, minute=0) and last.date() == first.date() + timedelta(days=1):
        return f"{first:%m-%d %H:%M}–24:00"
    return (
        f"{first:%m-%d %H:%M}–{last:%H:%M}"
        if first.date() == last.date()
        else f"{first:%m-%d %H:%M} – {last:%m-%d %H:%M}"
    )


def _looks(me: Mine) -> Table | None:
    """Who opened name or number, when and why; None when nothing was given that could be opened."""
    if me.report.anonymous or not (me.report.name or me.report.phone):
        return None
    rows = [
        [
            Cell(_when(entry.at)),
            Cell(sentences.LOOKED.get(entry.role, (entry.role, entry.role))),
            Cell(unit_words(entry.unit_id) or "—"),
            Cell(sentences.FIELDS.get(entry.field, (entry.field, entry.field))),
            Cell(entry.reason),
        ]
        for entry in vault.accesses(me.report, viewer=me.viewer)[:50]
    ]
    columns = [
        Column(_("When"), tight=True),
        Column(_("Who")),
        Column(_("Unit")),
        Column(_("What")),
        Column(_("Why")),
    ]
    return Table(_("Who looked at your name and number"), columns, rows)


def _now_part(request: HttpRequest, me: Mine) -> dict[str, Any]:
    pictures = _pictures(me)
    return {
        "me": me,
        "now": me.now,
        "pictures": [picture for picture in pictures if picture.label == _PURPOSE["report"]],
        "events": _history(me, pictures),
        "synthetic_data": synthetic(me),
        "together": sentences.together(me.case.report_count - 1),
        "version": me.case.version,
    }


def _page(
    request: HttpRequest,
    me: Mine,
    *,
    forms: dict[str, Refusable] | None = None,
    kept: Sequence[KeptPhoto] = (),
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    given = forms or {}
    question = me.questions[0] if me.questions else None
    context = _now_part(request, me) | {
        "question": question,
        "answer_form": given.get("answer")
        or (AnswerForm(initial={"question": question.pk}) if question else None),
        "judge_form": given.get("judge")
        or (JudgeForm() if "judge" in me.may and me.report.judged_at is None else None),
        "reopen_form": given.get("reopen") or (ReopenForm() if "reopen" in me.may else None),
        **ways.shown(me.report, me.viewer, given.get("tell")),
        "judge_until": _until(me, "judging_days"),
        "reopen_until": _until(me, "reopening_days"),
        "grade": GRADE_WORDS.get(me.report.grade or 0, ""),
        "given": given_facts(me),
        "looks": _looks(me),
        "kept": kept,
        "refused": refused,
        "tried": next(iter(given), ""),
        "topics": " ".join(f"cases.{arrow.name}" for arrow in me.case.declared.transitions),
        "live_token": audience.token(me.viewer, at=me.now, matters=[me.case.pk]),
    }
    return private(render(request, "resident/follow.html", context, status=status))


def _until(me: Mine, setting: str) -> datetime | None:
    return me.case.closed_at + timedelta(days=int(queries.number(setting))) if me.case.closed_at else None


@require_safe
@scope.endpoint("resident.follow", roles=scope.ANYONE)
@turnstile.guessing
def follow(request: HttpRequest, link: str) -> HttpResponse:
    """The whole page."""
    return _page(request, mine(link, timezone.now()))


@require_safe
@scope.endpoint("resident.now", roles=scope.ANYONE)
@turnstile.guessing
def now_part(request: HttpRequest, link: str) -> HttpResponse:
    """The part that changes while the page is open: where it stands and what has happened. ``v``: the version on the page."""
    me = mine(link, timezone.now())
    context = _now_part(request, me)
    try:
        context["version"] = int(request.GET.get("v", me.case.version))
    except ValueError:
        context["version"] = me.case.version
    return private(render(request, "resident/now.html", context))


@require_safe
@scope.endpoint("resident.why", roles=scope.ANYONE)
@turnstile.guessing
def why(request: HttpRequest, link: str) -> HttpResponse:
    """Why the deadline is what it is, stretch by stretch."""
    me = mine(link, timezone.now())
    if me.clock is None:
        return private(render(request, "resident/why.html", {"me": me, "now": me.now}))
    told = explain_clock(me.clock, me.now)
    days = told.remaining.measure in ("legal", "calendar")
    rows = [
        [Cell(_stretch(line.since, line.until)), Cell(sentences.counted(line.why, line.counted, days=days))]
        for line in told.lines
    ]
    table = Table(
        _("What counts, and what does not"), [Column(_("When")), Column(_("Why"))], rows, stack=False
    )
    context = {"me": me, "now": me.now, "told": told, "table": table}
    return private(render(request, "resident/why.html", context))


@require_safe
@scope.endpoint("resident.photo", roles=scope.ANYONE)
@turnstile.guessing
def photo(request: HttpRequest, link: str, file_id: int) -> FileResponse:
    """A picture of the matter that this link may see; ``?small`` its thumbnail."""
    _report, viewer = queries.report_by_link(link)
    return file_pages.respond(*files.open_for(viewer, file_id, "small" if "small" in request.GET else "full"))


@require_POST
@scope.endpoint("resident.answer", roles=scope.ANYONE)
@turnstile.guessing
def answer(request: HttpRequest, link: str) -> HttpResponse:
    """The answer to a question that was asked back."""
    return _take(request, link, "answer", AnswerForm(request.POST))


@require_POST
@scope.endpoint("resident.judge", roles=scope.ANYONE)
@turnstile.guessing
def judge(request: HttpRequest, link: str) -> HttpResponse:
    """The verdict."""
    return _take(request, link, "judge", JudgeForm(request.POST))


@require_POST
@scope.endpoint("resident.reopen", roles=scope.ANYONE)
@turnstile.guessing
def reopen(request: HttpRequest, link: str) -> HttpResponse:
    """Still there."""
    return _take(request, link, "reopen", ReopenForm(request.POST))


@require_POST
@scope.endpoint("resident.tell", roles=scope.ANYONE)
@turnstile.guessing
@sensitive_post_parameters("phone", "email")
def tell(request: HttpRequest, link: str) -> HttpResponse:
    """By which way and when to be told of changes."""
    return _take(request, link, "tell", WayForm(request.POST))


def _take(request: HttpRequest, link: str, what: str, form: Refusable) -> HttpResponse:
    """Do it and show the page anew, or show beside the field why not, with everything typed kept."""
    now = timezone.now()
    report, viewer = queries.report_by_link(link)
    valid = form.is_valid()
    kept = take_photos(request, form, at=now) if "photos" in form.fields else []
    if valid and not form.errors:
        data, photos = form.cleaned_data, [photo.id for photo in kept]
        try:
            turnstile.enter(request, "act", at=now, link=link)
            if what == "answer":
                actions.answer(
                    question_id=data["question"],
                    report_id=report.pk,
                    viewer=viewer,
                    at=now,
                    text=data["answer"],
                    photos=photos,
                )
            elif what == "tell":
                ways.choose(report, form, now)
            elif what == "judge":
                actions.judge(
                    report_id=report.pk,
                    viewer=viewer,
                    at=now,
                    solved=data["solved"] == "yes",
                    grade=data["grade"],
                    comment=data["comment"],
                )
            else:
                actions.reopen(
                    report_id=report.pk, viewer=viewer, at=now, reason=data["reason"], photos=photos
                )
        except NotThere:
            raise
        except Refused as refusal:
            if refusal.field in form.fields or refusal.field == "file" or isinstance(refusal, TooMany):
                form.refuse(refusal)
            else:  # the page has moved on: its form may not be there any more
                return _page(
                    request,
                    mine(link, now),
                    forms={what: form},
                    kept=kept,
                    refused=refusal.message,
                    status=422,
                )
        else:
            return HttpResponseRedirect(f"{reverse('resident:follow', args=[link])}?done={what}")
    return told(_page(request, mine(link, now), forms={what: form}, kept=kept, status=422), form.often)
