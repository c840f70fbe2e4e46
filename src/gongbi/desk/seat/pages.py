"""The pages of the operator's seat. Thin: read the question, ask the room, show."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongbi.desk.forms.caller import CallerForm
from gongbi.desk.frame import viewer_of
from gongbi.desk.names import Names
from gongbi.desk.pages.common import piece, show
from gongbi.desk.seat.forms import ArticleForm, LimitsForm
from gongbi.kernel import scope
from gongbi.kernel.errors import Refused, in_language
from gongbi.kernel.scope.viewer import ADMIN, AUDITOR, CLERK, DISPATCHER, MANAGER, Viewer
from gongbi.look.furniture import Cell, Column, Table
from gongbi.look.templatetags.look import chip, said
from gongbi.seat import actions, queries, rules, words

T = words.TEXTS
READERS = frozenset({CLERK, DISPATCHER, ADMIN, AUDITOR, MANAGER})
WRITERS = frozenset({CLERK, DISPATCHER, ADMIN})
HERE, CALLS = "seat:knowledge", "seat:calls"
_TONES = {rules.DRAFT: "soon", rules.EXPIRED: "late", rules.EXPIRING: "soon", rules.IN_FORCE: "ok"}


def _standing(name: str) -> Any:
    return chip(said(rules.STANDINGS[name]), _TONES.get(name, "quiet"))


@require_safe
@scope.endpoint("seat.knowledge", roles=READERS)
def knowledge(request: HttpRequest) -> HttpResponse:
    """Every article, what waits for review first; ``q`` looks them up."""
    viewer, today = viewer_of(request), timezone.localdate()
    asked = request.GET.get("q", "")[:200]
    found = queries.articles(viewer, on=today, words=asked)
    rows = [
        [
            Cell(one.version.title, reverse("seat:article", args=[one.version.article.pk])),
            Cell(_standing(one.standing)),
            _until(one.version),
            Cell(f"v{one.version.number}"),
            Cell(one.uses),
        ]
        for one in found
    ]
    heads = [
        Column(T["title"]),
        Column(T["standing"], tight=True),
        Column(T["until"], tight=True),
        Column(T["version"], tight=True),
        Column(T["uses"], number=True),
    ]
    context = {
        "t": T,
        "table": Table(T["knowledge"], heads, rows) if rows else None,
        "asked": asked,
        "writes": viewer.role in WRITERS,
        "due": _due(viewer, today) if viewer.role in WRITERS and not asked else "",
    }
    return show(request, "desk/seat/knowledge.html", context, here=HERE)


def _until(version: Any) -> Cell:
    return Cell(f"{version.valid_until:%Y-%m-%d}" if version.valid_until else "—")


def _due(viewer: Viewer, today: date) -> str:
    """What those who write and review have to do; "" for nothing."""
    count = queries.to_be_done(viewer, on=today)
    return in_language(T["due"]) % {"count": count, "days": rules.WARNED_DAYS} if count else ""


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("seat.new", roles=WRITERS)
def new(request: HttpRequest) -> HttpResponse:
    """A new article."""
    form = ArticleForm(request.POST) if request.method == "POST" else ArticleForm()
    kept = _write(request, form) if request.method == "POST" else None
    if kept is not None:
        return HttpResponseRedirect(reverse("seat:article", args=[kept]))
    status = 422 if request.method == "POST" else 200
    return show(
        request,
        "desk/seat/article.html",
        {"t": T, "form": form, "title": said(T["new"])},
        here=HERE,
        status=status,
    )


def _write(request: HttpRequest, form: ArticleForm, key: int | None = None) -> int | None:
    """The article's key once the form was kept; None when something in it is wrong."""
    if not form.is_valid():
        return None
    try:
        data = dict(form.cleaned_data)
        row = actions.write(
            viewer=viewer_of(request), at=timezone.now(), today=timezone.localdate(), article_id=key, **data
        )
    except Refused as refusal:
        form.refuse(refusal)
        return None
    messages.success(request, in_language(T["saved"]))
    return row.article.pk


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("seat.article", roles=READERS)
def article(request: HttpRequest, key: int) -> HttpResponse:
    """One article with its versions; writers make another, somebody else reviews it."""
    viewer, now, today = viewer_of(request), timezone.now(), timezone.localdate()
    shown = queries.article(viewer, key, on=today)
    newest = shown[0].version
    draft = newest if newest.reviewed_at is None else None
    given = {
        name: getattr(newest, name)
        for name in ("title", "answer", "body", "words", "kind", "basis", "valid_until")
    }
    form, status = ArticleForm(initial=given | {"expected": newest.number}), 200
    if request.method == "POST":
        do, status = request.POST.get("do", ""), 422
        try:
            if do == "review":
                actions.review(version_id=int(request.POST.get("version", "0") or 0), viewer=viewer, at=now)
                messages.success(request, in_language(T["reviewed"]))
                return HttpResponseRedirect(request.path)
            if do == "withdraw":
                actions.withdraw(article_id=key, viewer=viewer, at=now)
                messages.success(request, in_language(T["withdrawn"]))
                return HttpResponseRedirect(reverse(HERE))
            form = ArticleForm(request.POST)
            if _write(request, form, key) is not None:
                return HttpResponseRedirect(request.path)
        except Refused as refusal:
            if refusal.status == 403:
                raise
            messages.error(request, refusal.message)
            return HttpResponseRedirect(request.path)
    names = Names(viewer, now)
    rows = [
        [
            Cell(f"v{one.version.number}"), Cell(_standing(one.standing)), _until(one.version), Cell(one.version.answer), Cell(names.actor(one.version.author)),
            Cell(names.actor(one.version.reviewer) if one.version.reviewer else "—"), Cell(one.uses),
        ]
        for one in shown
    ]  # fmt: skip
    heads = [
        Column(T["version"], tight=True), Column(T["standing"], tight=True), Column(T["until"], tight=True), Column(T["answer"]),
        Column(T["author"]), Column(T["reviewer"]), Column(T["uses"], number=True),
    ]  # fmt: skip
    open_ = newest.article.withdrawn_at is None
    context = {
        "t": T, "title": newest.title, "newest": newest, "form": form if viewer.role in WRITERS and open_ else None,
        "table": Table(T["versions"], heads, rows), "draft": draft if open_ else None,
        "reviews": viewer.role in actions.REVIEWERS and draft is not None and draft.author != viewer.actor and open_,
        "withdraws": viewer.role in actions.REVIEWERS and open_,
    }  # fmt: skip
    return show(request, "desk/seat/article.html", context, here=HERE, status=status)


@require_POST
@scope.endpoint("seat.propose", roles={CLERK})
@sensitive_post_parameters("phone", "name", "text")
def propose(request: HttpRequest) -> HttpResponse:
    """What the knowledge base says to the words so far; in the body, so that nothing ends in an address."""
    viewer = viewer_of(request)
    found = queries.proposals(
        viewer, request.POST.get("text", ""), on=timezone.localdate(), kind=request.POST.get("kind", "")[:8]
    )
    return piece(request, "desk/seat/proposals.html", {"t": T, "found": found})


@require_POST
@scope.endpoint("seat.use", roles={CLERK})
@sensitive_post_parameters("phone", "name", "text")
def use(request: HttpRequest, version: int) -> HttpResponse:
    """A standard answer is taken over: counted, and written below what the caller said."""
    viewer, now = viewer_of(request), timezone.now()
    row = actions.use(version_id=version, viewer=viewer, at=now, today=timezone.localdate())
    data = request.POST.copy()
    before = data.get("text", "").rstrip()
    told = in_language(T["told"]) % {"article": row.article.pk, "version": row.number}
    data["text"] = f"{before}\n{told}{row.answer}".strip()
    box = CallerForm(data, viewer=viewer, now=now)["text"].as_widget(attrs={"hx-swap-oob": "true"})
    return piece(request, "desk/seat/taken.html", {"t": T, "row": row, "box": box})


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("seat.calls", roles=READERS)
def calls(request: HttpRequest) -> HttpResponse:
    """The calls of the last 30 days against their limits; an administrator sets the limits."""
    viewer, now, today = viewer_of(request), timezone.now(), timezone.localdate()
    limits = queries.thresholds(viewer)
    form = LimitsForm(initial={key: round(100 * value, 2) for key, value in limits.items()})
    status = 200
    if request.method == "POST":
        form, status = LimitsForm(request.POST), 422
        if form.is_valid():
            for key, value in form.cleaned_data.items():
                actions.set_threshold(key, value / 100, viewer=viewer, at=now)
            messages.success(request, in_language(T["limits_kept"]))
            return HttpResponseRedirect(reverse(CALLS))
    days = queries.last_days(viewer, on=today)
    rows = [_line(Cell(f"{one.day:%Y-%m-%d}"), one.calls, limits) for one in reversed(days)]
    total = sum((one.calls for one in days), rules.Calls())
    heads = [
        Column(T["day"], tight=True), Column(T["offered"], number=True), Column(T["connected"], number=True), Column(T["connect_rate"]),
        Column(T["answer_rate"]),
    ]  # fmt: skip
    table = Table(T["calls"], heads, rows, foot=_line(Cell(T["all_days"]), total, limits)) if rows else None
    context = {"t": T, "table": table, "form": form if viewer.role == ADMIN else None}
    return show(request, "desk/seat/calls.html", context, here=CALLS, status=status)


def _line(head: Cell, calls: rules.Calls, limits: dict[str, float]) -> list[Cell]:
    return [
        head,
        Cell(calls.offered),
        Cell(calls.connected),
        _rate(calls.connected, calls.offered, limits["connected"]),
        _rate(calls.answered_15, calls.connected, limits["answered_15"]),
    ]


def _rate(part: int, whole: int, least: float) -> Cell:
    if not whole:
        return Cell("—")
    thousandths = 1000 * part // whole  # cut, not rounded: 94.96 % is not 95 %
    told: Any = f"{thousandths // 10}.{thousandths % 10}%"
    if rules.below(part / whole, least):
        words = in_language(T["below"]) % {"least": f"{100 * least:g}%"}
        told = chip(f"{told} · {words}", "late")
    shown = format_html('{} <span class="small soft">{}\u00a0/\u00a0{}</span>', told, part, whole)
    return Cell(shown, raw=f"{part / whole:.4f}")
