"""The clerk's page: a caller on the line, the earlier matters at once, one form, a receipt to read out."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongbi.cases import actions, links, queries
from gongbi.cases.actions import Emergency
from gongbi.cases.actions.statement import Statement
from gongbi.cases.rules import MAX_TEXT
from gongbi.cases.triage import Said, triage
from gongbi.cases.wording import clean_text
from gongbi.desk.forms.caller import CallerForm
from gongbi.desk.frame import viewer_of, where
from gongbi.desk.names import Names
from gongbi.desk.pages.common import piece, show
from gongbi.desk.pages.matter import code_of
from gongbi.duties import queries as duties
from gongbi.duties.rules import SPECIAL_ROUTES
from gongbi.kernel import scope
from gongbi.kernel.errors import NotThere, Refused, in_language
from gongbi.kernel.scope.viewer import CLERK, Viewer
from gongbi.kernel.vault import actions as vault
from gongbi.kernel.vault.queries import subject_of
from gongbi.look.deadlines import limit_words
from gongbi.parties import directory
from gongbi.seat import rules as seat_rules
from gongbi.seat.words import TEXTS as SEAT_TEXTS

UNLIKELY = 0.01  # a second guess below it is not worth reading
TRANSFERRED = 1 + list(SPECIAL_ROUTES).index("emergency")
LOOKED_FOR = "来电受理：查看此号码以前反映的事项"
SHORTEST = 4  # signs from which on something is read out of the words
RECEIPT_SHOWN = timedelta(hours=24)  # how long the clerk who took it sees the private link again


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("desk.intake", roles={CLERK})
@sensitive_post_parameters("phone", "name", "text")
def intake(request: HttpRequest) -> HttpResponse:
    """The form; sent, it becomes a report (or an answered record) and leads to its receipt. Danger stops everything (422)."""
    viewer, now = viewer_of(request), timezone.now()
    if request.method != "POST":
        return _page(request, _fresh(viewer, now, _called(request, now)))
    data = request.POST.copy()
    if data.get("transferred"):
        data["route"] = str(TRANSFERRED)  # the caller is with 110, 119, 120 or 122 now
    form = CallerForm(data, viewer=viewer, now=now)
    danger: Emergency | None = None
    if form.is_valid():
        try:
            got = actions.receive(_statement(form, viewer, now), viewer=viewer, at=now)
        except Emergency as alarm:
            danger = alarm
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return HttpResponseRedirect(reverse("desk:intake_receipt", args=[got.report.number]))
    return _page(request, form, danger=danger, status=422)


def _called(request: HttpRequest, now: datetime) -> str:
    """The number that the telephone system opened the page with, signed; "" for none, and said so for one that is not genuine."""
    given = request.GET
    phone = given.get("phone", "")[:40]
    if not phone:
        return ""
    if seat_rules.pop_is_genuine(
        settings.POP_KEY, phone, given.get("at", ""), given.get("sign", "")[:64], now
    ):
        return phone
    messages.error(request, in_language(SEAT_TEXTS["pop_wrong"]))
    return ""


def _fresh(viewer: Viewer, now: datetime, phone: str = "") -> CallerForm:
    unit = directory.current().by_id.get(viewer.unit_id) if viewer.unit_id is not None else None
    channel = "hall" if unit is not None and unit.kind == "hall" else "hotline"
    initial = {
        "channel": channel,
        "key": secrets.token_urlsafe(18),
        "language": get_language() or "zh-hans",
        "phone": phone,
    }
    form = CallerForm(initial=initial, viewer=viewer, now=now)
    # The caller is on the line, and the number comes first; with the number known, the words do.
    form.fields["text" if phone else "phone"].widget.attrs["autofocus"] = True
    return form


def _statement(form: CallerForm, viewer: Viewer, now: datetime) -> Statement:
    good = form.cleaned_data
    joined = queries.case_for(good["join"], viewer).pk if good["join"] and not good["route"] else None
    said = Said(
        text=good["text"], said_at=now, channel=good["channel"], place_words=good["place_words"],
        division=good["division"], kind=good["kind"],
    )  # fmt: skip
    return Statement(
        said=said,
        name=good["name"],
        phone=good["phone"],
        anonymous=good["anonymous"],
        confidential=good["confidential"],
        language=good["language"] or "zh-hans",
        idempotency=f"{viewer.actor}|{good['key']}" if good["key"] else "",
        join=joined,
        route=good["route"] or 0,
    )


def _page(
    request: HttpRequest, form: CallerForm, *, danger: Emergency | None = None, status: int = 200
) -> HttpResponse:
    viewer, now = viewer_of(request), timezone.now()
    language = get_language() or settings.LANGUAGE_CODE
    replies = [
        (number, words, duties.special_reply(number, language))
        for number, words in enumerate(SPECIAL_ROUTES.values(), start=1)
    ]
    context: dict[str, Any] = {"form": form, "danger": danger, "replies": replies, "seat": SEAT_TEXTS}
    if not form.is_bound and form.initial.get("phone"):
        context |= {"reports": _earlier(form.initial["phone"], viewer), "asked": True, "now": now}
    if form.is_bound:
        context |= _looked(request.POST, viewer, now) | {
            "reports": _earlier(request.POST.get("phone", ""), viewer)
        }
    return show(request, "desk/intake.html", context, here="desk:intake", status=status)


@require_POST
@scope.endpoint("desk.intake_look", roles={CLERK})
@sensitive_post_parameters("phone", "name", "text")
def look(request: HttpRequest) -> HttpResponse:
    """What the words say so far: danger, special routes, kind, place, twins. In the body, so that nothing ends in an address."""
    return piece(
        request, "desk/parts/intake_look.html", _looked(request.POST, viewer_of(request), timezone.now())
    )


@require_POST
@scope.endpoint("desk.intake_earlier", roles={CLERK})
@sensitive_post_parameters("phone", "name", "text")
def earlier(request: HttpRequest) -> HttpResponse:
    """What this number has reported before, newest first."""
    phone, viewer = request.POST.get("phone", ""), viewer_of(request)
    reports, opened = _earlier(phone, viewer), "reveal" in request.GET
    if opened and reports:
        vault.note_look(
            [subject_of(report) for report in reports],
            "earlier",
            LOOKED_FOR,
            viewer=viewer,
            at=timezone.now(),
        )
    context = {
        "reports": reports,
        "opened": opened,
        "seat": SEAT_TEXTS,
        "asked": bool(phone.strip()),
        "now": timezone.now(),
    }
    return piece(request, "desk/parts/intake_earlier.html", context)


def _earlier(phone: str, viewer: Viewer) -> list[Any]:
    digits = [sign for sign in phone if sign.isdigit()]
    return queries.earlier_of(phone, viewer) if len(digits) >= 7 else []


def _looked(data: Any, viewer: Viewer, now: datetime) -> dict[str, Any]:
    text = clean_text(data.get("text", ""))[:MAX_TEXT]
    if len(text) < SHORTEST:
        return {"look": None}
    names = Names(viewer, now)
    before = _earlier(data.get("phone", ""), viewer)
    said = Said(
        text=text, said_at=now, channel="hotline", place_words=data.get("place_words", "")[:200],
        division=data.get("division", "")[:15], kind=data.get("kind", "")[:8],
    )  # fmt: skip
    try:
        found = triage(said, queries.look_ups(at=now))
    except Refused:
        return {"look": None}
    cases = {one.pk: one for one in queries.case_list(viewer, [twin.case_id for twin in found.twins])}
    same = any(report.case_id in cases for report in before)
    places = names.places(place.code for place in found.places)
    return {
        "look": found,
        "limit": limit_words(found.limit) if found.limit else "",
        "alarm": duties.emergency(text, on=now),
        "special": duties.special_routes(text, same_open_matter=same, on=now),
        "numbers": {key: number for number, key in enumerate(SPECIAL_ROUTES, start=1)},
        "guesses": [
            {"guess": kind, "name": names.kind(kind.code), "percent": round(100 * kind.probability)}
            for kind in found.kinds
            if kind is found.kinds[0] or kind.probability >= UNLIKELY
        ],
        "places": [
            {"words": place.words, "name": places.get(place.code, ""), "percent": round(100 * place.sure)}
            for place in found.places
        ],
        "unit": _unit(found.route, names),
        "twins": [(cases[twin.case_id], twin) for twin in found.twins if twin.case_id in cases],
        "joined": data.get("join", ""),
        "now": now,
    }  # fmt: skip


def _unit(route: Any, names: Names) -> str:
    if route is None:
        return ""
    code = route.unit_code or route.lead.partition(":")[2]
    unit = names.unit_of_code(code) if code else None
    return unit.label if unit else ""


@require_safe
@scope.endpoint("desk.intake_receipt", roles={CLERK})
def receipt(request: HttpRequest, number: str) -> HttpResponse:
    """The number large, what to read out, and the private link with its code: for the clerk who took it, for a day."""
    return show(request, "desk/receipt.html", _receipt(request, number), here="desk:intake")


@require_safe
@scope.endpoint("desk.intake_print", roles={CLERK})
def receipt_print(request: HttpRequest, number: str) -> HttpResponse:
    """The receipt on paper, for somebody who came in person."""
    context = _receipt(request, number)
    return show(
        request,
        "desk/receipt_print.html",
        context | {"back_href": reverse("desk:intake_receipt", args=[number])},
    )


def _receipt(request: HttpRequest, number: str) -> dict[str, Any]:
    viewer, now = viewer_of(request), timezone.now()
    report = queries.report_by_number(number, viewer)
    if report.by != viewer.actor or now - report.received_at > RECEIPT_SHOWN:
        # The link would let its reader answer and judge for the caller.
        raise NotThere(
            "desk.receipt",
            _("A receipt is shown for a day to the clerk who made it. Look the matter up by its number."),
        )
    case = queries.case_for(report.case_id, viewer)
    address = where(f"resident:follow/{links.token(report)}")
    link = request.build_absolute_uri(address) if address else ""
    return {
        "report": report,
        "case": case,
        "number": report.number,
        "joined": report.first_case_id == case.pk and case.report_count > 1,
        "link": link,
        "qr": code_of(link) if link else "",
        "qr_words": _("Scan to follow and judge"),
        "printed_at": now,
        "now": now,
        "state": case.declared_state,
    }
