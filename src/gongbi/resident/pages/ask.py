"""说一件事: one screen with words, place and photos; what is known nearby; the receipt at once."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from gongbi.cases import actions
from gongbi.cases.actions.receive import Emergency
from gongbi.cases.actions.statement import Statement
from gongbi.cases.rules import MAX_TEXT
from gongbi.cases.triage import PLACE_SURE, Said
from gongbi.cases.wording import clean_text
from gongbi.channels.notices import actions as notices
from gongbi.channels.notices.rules import EMAIL, SMS
from gongbi.duties import queries as duties
from gongbi.duties.rules import reporter_hidden
from gongbi.kernel import scope, turnstile
from gongbi.kernel.errors import Refused, TooMany
from gongbi.resident import queries
from gongbi.resident.forms import ANONYMOUS, CONFIDENTIAL, NO_PLACE, AskForm, asked_answers
from gongbi.resident.pages.common import (
    KeptPhoto,
    district_name,
    places,
    private,
    take_photos,
    told,
    viewer_of,
)
from gongbi.territory import queries as territory
from gongbi.territory.words import refused as territory_refused

GUESSES = 3
EMERGENCY_NUMBERS = ("110", "119", "120", "122")
_GIVEN = (
    "text",
    "place_words",
    "lon",
    "lat",
    "community",
    "join",
    "who",
    "phone",
)  # a change of these is no repetition
SHORTEST = 4  # characters from which a look is worth its while


@dataclass(frozen=True, slots=True)
class Look:
    """What is known while somebody types: an emergency, matters alike, the kinds it may be, and that kind's questions."""

    alarm: Any = None
    found: Any = ()
    kinds: Any = ()
    chosen: str = ""
    questions: Any = ()
    here: bool = False

    @property
    def codes(self) -> str:
        return ",".join(kind.code for kind in self.kinds)

    @property
    def asked_for(self) -> str:
        """The kind whose questions are shown."""
        if self.chosen:
            return self.chosen
        return self.kinds[0].code if self.kinds and not self.kinds[0].abstained else ""


@dataclass(frozen=True, slots=True)
class Question:
    """One question as the form shows it, with what was answered."""

    name: str
    words: tuple[str, str]
    type: str
    choices: Any
    value: str


def _questions(look: Look, data: QueryDict) -> list[Question]:
    return [
        Question(f"q_{q.name}", q.words, q.type, q.choices, data.get(f"q_{q.name}", "")[:500])
        for q in look.questions
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("resident.ask", roles=scope.ANYONE)
def ask(request: HttpRequest) -> HttpResponse:
    """The form, and what becomes of it: a receipt, a refusal beside its field, or the emergency screen."""
    now = timezone.now()
    listed = places(now)
    if request.method != "POST":
        first = {
            "key": uuid.uuid4().hex,
            "join": request.GET.get("join", "")[:200],
            "community": request.GET.get("community", "")[:15],
        }
        return _page(
            request, AskForm(initial=first, streets=listed.streets), [], Look(), now, listed.synthetic
        )
    form = AskForm(request.POST, streets=listed.streets)
    valid = form.is_valid()
    photos = take_photos(request, form, at=now)
    step = request.POST.get("step", "send")
    look = _look(request.POST, now)
    if step == "edit":
        return _page(request, _untouched(request, listed.streets), photos, look, now, listed.synthetic)
    if step == "look":
        try:
            turnstile.enter(request, "look", at=now)
        except TooMany as often:
            form.refuse(often)
        shown = form if form.errors else _untouched(request, listed.streets)
        page = _page(request, shown, photos, look, now, listed.synthetic, looked=True)
        return told(page, form.often)
    if valid and not form.errors:
        _check_place(form, now)
    if not form.errors:
        try:
            if look.alarm is None:  # nobody in danger is told to come back later
                turnstile.enter(request, "report", at=now)
            got = actions.receive(
                _statement(request, form, photos, look, now), viewer=viewer_of(request), at=now
            )
        except Emergency as danger:
            return _emergency(request, danger, photos)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            _choose_way(form.cleaned_data, got, now)
            return HttpResponseRedirect(reverse("resident:receipt", args=[got.token]))
    elif (alarm := look.alarm) is not None:
        return _emergency(request, Emergency(alarm), photos)
    return told(_page(request, form, photos, look, now, listed.synthetic, status=422), form.often)


def _untouched(request: HttpRequest, streets: Any) -> AskForm:
    """What was typed, without finding fault."""
    return AskForm(initial=request.POST.dict(), streets=streets)


def _check_place(form: AskForm, now: datetime) -> None:
    """A mark outside the district is refused; without any place we ask once, with a way out."""
    data = form.cleaned_data
    lon, lat = data["point"]
    if lon is not None and lat is not None:
        try:
            if territory.locate(lon, lat, on=now) is None:
                form.refuse(territory_refused("outside_district", field="lon", lon=lon, lat=lat))
        except Refused as refusal:
            form.refuse(refusal)
        return
    if data["community"] or data["place_words"] or data["join"]:
        return
    named = territory.find_places(data["text"], limit=1, on=now)
    if not (named and named[0].sure >= PLACE_SURE):
        form.add_error(
            "place_words",
            _(
                "Say where it is: in words, on the map, or by choosing the community. If it has no place, choose that in the list."
            ),
        )


def _statement(
    request: HttpRequest, form: AskForm, photos: list[KeptPhoto], look: Look, now: datetime
) -> Statement:
    data = form.cleaned_data
    lon, lat = data["point"]
    unnamed = data["who"] == ANONYMOUS
    answers = asked_answers(request.POST, [question.name for question in look.questions])
    said = Said(
        text=data["text"],
        said_at=now,
        channel="web",
        place_words=data["place_words"],
        lon=lon,
        lat=lat,
        division="" if data["community"] == NO_PLACE else data["community"],
        kind=data["kind"],
    )
    return Statement(
        said=said,
        name="" if unnamed else data["name"],
        phone="" if unnamed else data["phone"],
        anonymous=unnamed,
        # Who informs against somebody is hidden from the unit without having to ask for it.
        confidential=not unnamed
        and (data["who"] == CONFIDENTIAL or reporter_hidden(duties.kind(look.asked_for, on=now))),
        answers=answers,
        photos=[photo.id for photo in photos],
        language=get_language() or "zh-hans",
        idempotency=_key(data, answers),
        join=queries.join_key(data["join"]) if data["join"] else None,
    )


def _choose_way(data: dict[str, Any], got: actions.Receipt, now: datetime) -> None:
    """The way to be told that was chosen with the report. A repetition keeps it and confirms nothing again."""
    way = data["way"]
    if way in (SMS, EMAIL):
        address = data["phone"] if way == SMS else data["email"]
        notices.choose(report=got.report, way=way, address=address, at=now, confirm=not got.again)


def _key(data: dict[str, Any], answers: Mapping[str, str]) -> str:
    """The form's key with a digest of what was given: the same twice is one report; changed words or another number a new one."""
    if not data["key"]:
        return ""
    said = "\x1f".join(
        [*(str(data[name]) for name in _GIVEN), *(f"{key}={answers[key]}" for key in sorted(answers))]
    )
    return f"{data['key']}:{hashlib.sha256(said.encode()).hexdigest()[:32]}"


def _emergency(request: HttpRequest, danger: Emergency, photos: list[KeptPhoto]) -> HttpResponse:
    """The whole screen says which number to call. Nothing is filed; what was typed waits behind "back"."""
    kept = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in ("csrfmiddlewaretoken", "step", "kept")
    ]
    others = [number for number in EMERGENCY_NUMBERS if number != danger.number]
    context = {"danger": danger, "kept": kept, "photos": photos, "others": others}
    return private(render(request, "resident/emergency.html", context, status=422))


@require_POST
@scope.endpoint("resident.look", roles=scope.ANYONE)
def look(request: HttpRequest) -> HttpResponse:
    """The pieces that change while somebody types. Sent in the body, so that no words end in an address."""
    now = timezone.now()
    try:
        turnstile.enter(request, "look", at=now)
    except TooMany:
        return HttpResponse(status=204)  # the page stays as it is; sending works all the same
    found = _look(request.POST, now)
    context = {
        "look": found,
        "kind": found.chosen,
        "questions": _questions(found, request.POST),
        "fresh_kinds": request.POST.get("guessed", "") != found.codes,
        "fresh_questions": request.POST.get("asked_for", "") != found.asked_for,
    }
    return private(render(request, "resident/look.html", context))


def _look(data: QueryDict, now: datetime) -> Look:
    text = clean_text(data.get("text", ""))[:MAX_TEXT]
    if len(text) < SHORTEST:
        return Look()
    chosen = data.get("kind", "")
    if chosen and duties.kind(chosen, on=now) is None:
        chosen = ""
    kinds = duties.classify(text, top=GUESSES, on=now)
    if kinds and kinds[0].abstained and not kinds[0].words:
        kinds = []
    if chosen and chosen not in [kind.code for kind in kinds]:
        named = duties.named_guess(chosen, on=now)
        kinds = [*kinds[: GUESSES - 1], *([named] if named else [])]
    whose = Look(kinds=kinds, chosen=chosen).asked_for
    found = () if data.get("join") else _similar(data, text, chosen, now)
    return Look(
        alarm=duties.emergency(text, on=now),
        found=found,
        kinds=kinds,
        chosen=chosen,
        questions=duties.questions(whose, on=now) if whose else (),
        here=True,
    )


def _similar(data: QueryDict, text: str, kind: str, now: datetime) -> Any:
    community = data.get("community", "")
    lon, lat = _number(data.get("lon", "")), _number(data.get("lat", ""))
    said = Said(
        text=text,
        said_at=now,
        channel="web",
        place_words=clean_text(data.get("place_words", ""))[:200],
        lon=lon if lat is not None else None,
        lat=lat if lon is not None else None,
        division="" if community == NO_PLACE else community,
        kind=kind,
    )
    try:
        return queries.similar(actions.check_said(Statement(said=said), at=now), at=now)
    except Refused:
        return ()  # what is wrong is said when it is sent


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _page(
    request: HttpRequest,
    form: AskForm,
    photos: list[KeptPhoto],
    look: Look,
    now: datetime,
    synthetic: bool,
    *,
    looked: bool = False,
    status: int = 200,
) -> HttpResponse:
    ticket = str(form["join"].value() or "")
    joining = queries.to_join(ticket, at=now) if ticket else None
    if joining is not None:
        form.fields["text"].label = _("What have you seen?")
    context = {
        "form": form,
        "photos": photos,
        "look": look,
        "looked": looked,
        "kind": look.chosen,
        "questions": _questions(look, request.POST),
        "joining": joining,
        "district": district_name(),
        "synthetic_data": synthetic,
        "now": now,
    }
    return private(render(request, "resident/ask.html", context, status=status))
