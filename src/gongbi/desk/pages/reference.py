"""What administrators keep: lists with templates, the working calendar, settings with their source, undelivered events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gongbi.cases import queries as cases
from gongbi.cases.settings import DEFAULTS
from gongbi.desk.forms.reference import FileForm
from gongbi.desk.frame import KEEPERS, viewer_of
from gongbi.desk.pages.common import show
from gongbi.kernel import keeping, scope
from gongbi.kernel.clock.calendar import DEFAULT_SLOTS
from gongbi.kernel.clock.limits import parse, write
from gongbi.kernel.clock.queries import current_calendar, stored_days, stored_seasons
from gongbi.kernel.errors import NotThere, Refused
from gongbi.kernel.outbox import actions as outbox
from gongbi.kernel.outbox import queries as outbox_queries
from gongbi.kernel.scope.viewer import ADMIN
from gongbi.look.furniture import Cell, Column, Table
from gongbi.look.templatetags.look import chip

FAULTS_SHOWN = 200
LETTERS_SHOWN = 200
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SETTINGS: dict[str, tuple[str, str]] = {
    "accept_limit": ("受理时限", "Limit to accept"),
    "dispatch_limit": ("派遣时限", "Limit to dispatch"),
    "check_limit": ("核查时限", "Limit to check"),
    "sign_limit": ("签收时限", "Limit to sign"),
    "callback_limit": ("回访时限", "Limit to call back"),
    "handle_limit": ("处置时限（标准未定时）", "Limit to handle, where no standard says"),
    "response_limit": ("首次响应时限", "Limit of the first response"),
    "judging_days": ("评价期（天）", "Days for judging"),
    "reopening_days": ("重开期（天）", "Days for reopening"),
    "question_limit": ("反映人补充时限", "Limit of the reporter's answer"),
    "twin_radius": ("重复诉求半径（米）", "Radius of twins (m)"),
    "machines_join": (
        "设备和系统的上报自动并入（概率）",
        "Machines' reports join by themselves (probability)",
    ),
    "weight_response": ("响应率权重", "Weight of the response rate"),
    "weight_solved": ("解决率权重", "Weight of the solution rate"),
    "weight_satisfied": ("满意率权重", "Weight of the satisfaction rate"),
    "fairly_counts": ("“基本满意”计为满意", "“Fairly satisfied” counts as satisfied"),
}


@require_safe
@scope.endpoint("desk.reference", roles=KEEPERS)
def lists(request: HttpRequest) -> HttpResponse:
    """Every list: its template to download, its file to upload."""
    rows = [{"name": name, "kept": kept} for name, kept in keeping.lists(desk=True).items()]
    return show(
        request,
        "desk/reference.html",
        {"rows": rows, "keeps": viewer_of(request).role == ADMIN},
        here="desk:reference",
    )


def _known(name: str) -> keeping.Kept:
    kept = keeping.lists(desk=True).get(name)
    if kept is None:
        raise NotThere("desk.list", gettext_lazy("There is no such list. Choose one from the page of lists."))
    return kept


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("desk.list", roles={ADMIN})
def upload(request: HttpRequest, name: str) -> HttpResponse:
    """Take a file in, answered row by row: good rows are kept whatever their neighbours are."""
    viewer, now = viewer_of(request), timezone.now()
    kept = _known(name)
    if kept.tried:
        return HttpResponseRedirect(reverse("desk:rules"))
    result: keeping.Result | None = None
    status = 200
    if request.method == "POST":
        form = FileForm(request.POST, request.FILES, dated=kept.dated)
        status = 422
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                day = form.cleaned_data["valid_from"] or timezone.localdate(now)
                result = keeping.read(name, file, file.name, valid_from=day, viewer=viewer, at=now)
                status = 422 if result.faults else 200
            except Refused as refusal:
                form.refuse(refusal)
    else:
        form = FileForm(initial={"valid_from": timezone.localdate(now)}, dated=kept.dated)
    context = {
        "form": form,
        "name": name,
        "kept": kept,
        "result": result,
        "faults": result.faults[:FAULTS_SHOWN] if result else [],
        "left_out": max(0, len(result.faults) - FAULTS_SHOWN) if result else 0,
    }
    return show(request, "desk/list.html", context, here="desk:reference", status=status)


@require_safe
@scope.endpoint("desk.template", roles=KEEPERS)
def template(request: HttpRequest, name: str) -> HttpResponse:
    """The empty Excel form of a list, with a sheet that says what each column means."""
    kept = _known(name)
    if not kept.columns:
        raise NotThere("desk.template", gettext_lazy("This list is no spreadsheet, so it has no template."))
    language = "en" if (get_language() or "").startswith("en") else "zh"
    answer = HttpResponse(keeping.template(name, lang=language), content_type=SHEET)
    answer["Content-Disposition"] = f'attachment; filename="gongbi-{name}.xlsx"'
    return answer


# What comes round by itself, as its keeper knows it; a job without words here is called by its name.
JOBS: dict[str, tuple[str, str]] = {
    "bulletin.nightly": (
        "起草昨天、上周、上月的简报",
        "bulletins of yesterday, last week and last month are drafted",
    ),
    "cases.lapse_questions": ("逾期未答的补充问题到期", "questions that nobody answered lapse"),
    "cases.resume_due": ("挂账到期恢复处置", "suspensions that have ended resume"),
    "channels.work": ("渠道收发", "channels take in and send"),
    "command.climb": ("逾期事项按阶梯逐级上报", "what is overdue climbs the ladder"),
    "evaluation.nightly": ("计算上一周期的综合评价", "results of the period before are worked out"),
    "evaluation.pending": (
        "裁定后重算评价，试算规则变更",
        "results after a decision, and changes of rule on trial",
    ),
    "hotline.nonces": ("热线签名随机串过期", "nonces of the hotline are forgotten"),
    "clock.recompute": ("按现行日历核对期限", "deadlines are checked against the calendar"),
    "devices.purge": ("删除到期的设备读数", "readings past their days are removed"),
    "files.sweep": ("清理没有用上的文件", "files that nobody used are removed"),
    "flow.invariants": ("每日核对", "the nightly check"),
    "incidents.destroy_due": (
        "销毁处置结束后的应急个人信息",
        "personal data of incidents that are over is destroyed",
    ),
    "insight.hot": ("热点问题的归并与排序", "hot issues are grouped and ranked"),
    "ledger.seal": ("封存前一天的流水", "the ledger of the day before is sealed"),
    "notices.assign": ("为通知寻找可用的网关", "notices without a gateway look for one"),
    "ops.grid_cards": ("更新网格公示卡", "the public cards of the grids are made"),
    "roster.lapse": ("班次已开始的换班请求过期", "swaps whose turn has begun lapse"),
    "outbox.prune": ("清理已送达的事件", "delivered events are removed"),
    "parties.sign_ins": ("清理旧的登录记录", "old sign-ins are removed"),
    "rounds.offer": ("向当班网格员派发待办任务", "waiting tasks are offered to whoever is on duty"),
    "rounds.upkeep": (
        "结束忘记交班的班次，清理未完成的上传",
        "forgotten shifts end, unfinished uploads are removed",
    ),
    "duties.train": ("每夜从人的判定学习类别", "kinds are learned from what people decided"),
    "wall.days": ("折叠前一天供大屏回放", "the day before is folded for the walls to play"),
    "warning.nightly": ("每夜检查预警", "the nightly look for warnings"),
    "vault.purge": ("删除到期的个人信息", "personal data past its time is erased"),
}


@require_safe
@scope.endpoint("desk.calendar", roles=KEEPERS)
def calendar(request: HttpRequest) -> HttpResponse:
    """The working calendar year by year: fixed by a notice or provisional, and every day that differs from the week."""
    now = timezone.now()
    years: dict[int, Counter[str]] = {}
    exceptions: dict[int, list[dict[str, Any]]] = {}
    for day, fact in sorted(stored_days().items()):
        count = years.setdefault(day.year, Counter())
        count["official" if fact.official else "provisional"] += 1
        count["working" if fact.working else "free"] += 1
        if fact.working == (day.weekday() >= 5):
            exceptions.setdefault(day.year, []).append({"day": day, "fact": fact})
    this_year = timezone.localdate(now).year
    shown = int(request.GET["year"]) if request.GET.get("year", "").isdigit() else this_year
    table = Table(
        gettext_lazy("Years"),
        (
            Column(gettext_lazy("Year"), tight=True), Column(gettext_lazy("State"), tight=True),
            Column(gettext_lazy("Working days"), number=True), Column(gettext_lazy("Days off"), number=True),
        ),
        [
            (
                Cell(year, f"?year={year}"),
                Cell(_standing(count)),
                Cell(count["working"]), Cell(count["free"]),
            )
            for year, count in sorted(years.items(), reverse=True)
            if abs(year - this_year) <= 3
        ],
    )  # fmt: skip
    context = {
        "table": table,
        "year": shown,
        "exceptions": exceptions.get(shown, []),
        "seasons": [(season.since, _hours(season.slots)) for season in stored_seasons()],
        "always": _hours(DEFAULT_SLOTS),
        "digest": current_calendar().digest[:12],
        "keeps": viewer_of(request).role == ADMIN,
    }
    return show(request, "desk/calendar.html", context, here="desk:calendar")


def _hours(slots: Iterable[tuple[int, int]]) -> str:
    """Office hours as people write them: ``08:00–12:00, 14:00–18:00``."""
    return ", ".join("–".join(f"{minute // 60:02}:{minute % 60:02}" for minute in slot) for slot in slots)


def _standing(count: Counter[str]) -> Any:
    if not count["provisional"]:
        return chip(_("fixed by notice"), "ok")
    if count["official"]:
        return chip(_("fixed but for the last days: the next notice may move them"), "info")
    return chip(_("provisional: the notice is not out"), "soon")


@require_safe
@scope.endpoint("desk.settings", roles=KEEPERS)
def settings(request: HttpRequest) -> HttpResponse:
    """What this city sets for itself: the value in force, the shipped one, its source, and whether that was seen."""
    table = Table(
        gettext_lazy("Settings"),
        (
            Column(gettext_lazy("Setting")), Column(gettext_lazy("In force"), tight=True), Column(gettext_lazy("As shipped"), tight=True),
            Column(gettext_lazy("Source")), Column(gettext_lazy("Source checked"), tight=True),
        ),
        [
            (
                Cell(SETTINGS.get(key, key)), Cell(_worth(key, cases.setting(key))), Cell(_worth(key, default.value)), Cell(default.source),
                Cell(chip(_("checked against the source"), "ok") if default.verified else chip(_("not checked yet"), "quiet")),
            )
            for key, default in DEFAULTS.items()
        ],
        note=gettext_lazy("“Not checked yet” means that nobody has seen the source itself: check it before real use."),
    )  # fmt: skip
    return show(request, "desk/settings.html", {"table": table}, here="desk:settings")


def _worth(key: str, text: str) -> Any:
    """A setting's value as people read it: a limit in words, yes or no; numbers as they are."""
    if key.endswith("_limit"):
        return write(parse(text))
    return {"yes": ("是", "yes"), "no": ("否", "no")}.get(text, text)


@require_http_methods(["GET", "HEAD", "POST"])
@scope.endpoint("desk.letters", roles=KEEPERS)
def letters(request: HttpRequest) -> HttpResponse:
    """Events that nobody would take after many attempts, with the last error; an administrator sends them again."""
    viewer, now = viewer_of(request), timezone.now()
    if request.method == "POST":
        chosen = [int(key) for key in request.POST.getlist("row") if key.isascii() and key.isdigit()]
        if not chosen:
            messages.error(request, _("Choose at least one event."))
        else:
            count = outbox.resend(chosen, viewer=viewer, at=now)
            messages.success(
                request,
                ngettext("%(n)s event is sent again.", "%(n)s events are sent again.", count) % {"n": count},
            )
        return HttpResponseRedirect(reverse("desk:letters"))
    backlog = outbox_queries.backlog(viewer, at=now)
    context = {
        "rows": outbox_queries.dead_letters(viewer)[:LETTERS_SHOWN],
        "backlog": backlog,
        "oldest": round(backlog.oldest.total_seconds()),
        "jobs": [(job, JOBS.get(job.name, job.name)) for job in outbox_queries.jobs(viewer)],
        "keeps": viewer.role == ADMIN,
    }
    return show(request, "desk/letters.html", context, here="desk:letters")
