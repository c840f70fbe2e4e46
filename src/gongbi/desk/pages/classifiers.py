"""The registry of classifiers: each with its version, the window it learned from, and its scores; back in one click."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from gongbi.desk.frame import KEEPERS, viewer_of
from gongbi.desk.pages.common import show
from gongbi.duties import actions, queries
from gongbi.kernel import scope
from gongbi.kernel.errors import Forbidden, in_language
from gongbi.kernel.scope.viewer import ADMIN
from gongbi.look.furniture import Cell, Column, Table
from gongbi.look.templatetags.look import chip

SHOWN = 100
T: dict[str, tuple[str, str]] = {
    "title": ("分类模型", "Classifiers"),
    "about": (
        "每夜从人的判定中学习；在留出的案件上不如现在的，不会启用。目录自带的词始终参与判断。",
        "Every night they learn from what people decided. One that does worse on the held-out matters is never used. The catalogue's own "
        "words always have a say.",
    ),
    "version": ("版本", "Version"),
    "trained": ("训练时间", "Trained"),
    "window": ("数据时段", "Data"),
    "file": ("文件", "A file"),
    "texts": ("案件", "Matters"),
    "kinds": ("类别", "Kinds"),
    "held": ("留出", "Held out"),
    "new": ("本模型 F1", "F1"),
    "catalogue": ("仅用目录 F1", "Catalogue alone"),
    "before": ("之前模型 F1", "The one before"),
    "share": ("参与比重", "Share"),
    "state": ("状态", "State"),
    "active": ("启用中", "In use"),
    "refused": ("较差，未启用", "Worse, not used"),
    "aside": ("备用", "Aside"),
    "back": ("退回上一个模型", "Roll back to the one before"),
    "rolled": ("已退回：现在启用版本 %(version)s。", "Rolled back: version %(version)s is in use."),
    "cold": ("已退回：现在只用目录自带的词。", "Rolled back: the catalogue's own words alone decide now."),
    "none": ("还没有训练过的模型，目录自带的词在用", "None is trained yet; the catalogue's own words decide"),
    "none_hint": ("判定满 60 件后，每夜自动训练。", "Training begins by itself after 60 decisions."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("desk.classifiers", roles=KEEPERS)
def classifiers(request: HttpRequest) -> HttpResponse:
    """Every classifier, newest first; an administrator goes back to the one before."""
    viewer = viewer_of(request)
    if request.method == "POST":
        if viewer.role != ADMIN:
            words = ("只有系统管理员可以更换分类模型。", "Only an administrator changes the classifier.")
            raise Forbidden("desk.classifier", words)
        row = actions.roll_back(viewer=viewer, at=timezone.now())
        told = in_language(T["rolled"]) % {"version": row.pk} if row else in_language(T["cold"])
        messages.success(request, told)
        return HttpResponseRedirect(reverse("desk:classifiers"))
    found = queries.classifiers(viewer)[:SHOWN]
    context = {
        "t": T,
        "table": _table(found),
        "empty": not found,
        "keeps": viewer.role == ADMIN and any(row.active for row in found),
    }
    return show(request, "desk/classifiers.html", context, here="desk:classifiers")


def _table(found: list[Any]) -> Table:
    columns = (
        Column(T["version"], tight=True), Column(T["state"], tight=True), Column(T["trained"], tight=True), Column(T["window"], tight=True),
        Column(T["texts"], number=True), Column(T["kinds"], number=True), Column(T["held"], number=True), Column(T["new"], number=True),
        Column(T["before"], number=True), Column(T["catalogue"], number=True), Column(T["share"], number=True),
    )  # fmt: skip
    rows = [
        (
            Cell(row.pk), Cell(_state(row)), Cell(_day(row.trained_at, "%Y-%m-%d %H:%M")),
            Cell(_window(row)), Cell(row.texts), Cell(row.labels),
            Cell(row.scores.get("held_out", 0)), Cell(_score(row, "new")), Cell(_score(row, "before")), Cell(_score(row, "catalogue")),
            Cell(f"{row.mixing:.2f}"),
        )
        for row in found
    ]  # fmt: skip
    return Table(T["title"], columns, rows)


def _state(row: Any) -> Any:
    if row.active:
        return chip(T["active"], "ok")
    return chip(T["refused"], "soon") if row.refused else chip(T["aside"], "quiet")


def _window(row: Any) -> Any:
    """The days that it learned from; labelled texts of a file have none."""
    if row.window_from is None and row.window_to is None:
        return T["file"]
    return f"{_day(row.window_from)} – {_day(row.window_to)}"


def _day(moment: Any, form: str = "%Y-%m-%d") -> str:
    return "…" if moment is None else f"{timezone.localtime(moment):{form}}"


def _score(row: Any, name: str) -> str:
    found = row.scores.get(name) or {}
    return f"{found['macro_f1']:.3f}" if "macro_f1" in found else "—"
