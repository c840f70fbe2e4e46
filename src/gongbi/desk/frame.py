"""What stands around every page of the desk: where this role's work is, the search field, live updates."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gongbi.bulletin.scope import READERS as BULLETIN_READERS
from gongbi.bulletin.words import TEXTS as BULLETIN_TEXTS
from gongbi.cases.flow import CASE
from gongbi.cases.queries import lists
from gongbi.channels.notices.words import TEXTS as NOTICE_TEXTS
from gongbi.command.words import TEXTS as COMMAND_TEXTS
from gongbi.evaluation.words import TEXTS as EVALUATION_TEXTS
from gongbi.incidents.words import TEXTS as INCIDENT_TEXTS
from gongbi.kernel.outbox import audience
from gongbi.kernel.scope import STAFF
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.viewer import Viewer
from gongbi.look.furniture import NavItem
from gongbi.parties import directory
from gongbi.roster.words import TEXTS as DUTY_TEXTS
from gongbi.rounds.scope import kept_by
from gongbi.rounds.words import TEXTS as ROUNDS_TEXTS
from gongbi.seat.words import TEXTS as SEAT_TEXTS
from gongbi.warning.words import TEXTS

# Those who see matters at all; administrators of the machine do not.
READERS = STAFF - {roles.ADMIN, roles.SECURITY, roles.INTEGRATOR}
RANKERS = frozenset({roles.DISPATCHER, roles.MANAGER})  # who looks at what many people write about
KEEPERS = frozenset({roles.ADMIN, roles.AUDITOR})
WATCHERS = frozenset({roles.MANAGER, roles.DISPATCHER, roles.ADJUDICATOR, roles.AUDITOR})  # who has a wall
LANDING: dict[str, str] = {
    roles.DISPATCHER: "desk:queue/accept",
    roles.HANDLER: "desk:queue/sign",
    roles.CHECKER: "desk:queue/check",
    roles.CLERK: "desk:intake",
    roles.ADJUDICATOR: "desk:queue/rule",
    roles.MANAGER: "board:board",
    roles.AUDITOR: "desk:ledger",
    roles.ADMIN: "desk:reference",
    roles.SECURITY: "desk:access",
    roles.GRID_WORKER: "field:app",
}
CLASSIFIERS = ("分类模型", "Classifiers")
HOTLINE = ("热线工单", "Hotline orders")
DEVICES = ("物联设备", "Devices")
KNOWLEDGE, CALLS = SEAT_TEXTS["knowledge"], SEAT_TEXTS["calls"]
NOTICES, MY_NOTICES = NOTICE_TEXTS["notices"], NOTICE_TEXTS["mine"]
CARE, FIELD_TASKS, TYPING = ROUNDS_TEXTS["care"], ROUNDS_TEXTS["tasks"], ROUNDS_TEXTS["typing"]
INCIDENTS, PLANS, STORES = INCIDENT_TEXTS["incidents"], INCIDENT_TEXTS["plans"], INCIDENT_TEXTS["stores"]
COMMAND, WHISTLES, ISSUED = COMMAND_TEXTS["command"], COMMAND_TEXTS["whistles"], COMMAND_TEXTS["notices"]
COMMAND_RULES = COMMAND_TEXTS["rules"]
COMMANDERS = frozenset(
    {roles.DISPATCHER, roles.MANAGER, roles.HANDLER, roles.ADJUDICATOR, roles.CHECKER, roles.AUDITOR}
)
CHANNELS = ("渠道", "Channels")
WALL, SCREENS = ("指挥大屏", "Wall"), ("大屏链接", "Wall screens")
EVALUATION, RULES_OF_EVALUATION = EVALUATION_TEXTS["evaluation"], EVALUATION_TEXTS["rules"]
WARNINGS, WARNING_SETTINGS = TEXTS["warnings"], TEXTS["settings"]
_ICONS = {
    "accept": "inbox", "dispatch": "send", "requests": "file-clock", "sign": "square-check", "handle": "hammer",
    "check": "badge-check", "callback": "phone-call", "rule": "gavel", "waiting": "hourglass", "open": "list", "closed": "archive",
    "ended": "ban",
}  # fmt: skip
EVENTS = " ".join(f"{CASE.name}.{arrow.name}" for arrow in CASE.transitions)


def viewer_of(request: HttpRequest) -> Viewer:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    return viewer


def where(name: str) -> str:
    """The address of ``app:name`` or ``app:name/argument``; "" where this installation has no such page."""
    page, _slash, argument = name.partition("/")
    try:
        return reverse(page, args=[argument] if argument else None)
    except NoReverseMatch:
        return ""


def landing(viewer: Viewer) -> str:
    """Where a role's work is."""
    fallback = "desk:queue/open" if viewer.role in READERS else "account_posts"
    return where(LANDING.get(viewer.role, fallback)) or where(fallback)


def frame(request: HttpRequest, here: str = "", *, now: datetime | None = None) -> dict[str, Any]:
    """The context of ``look/staff.html`` for this viewer; ``here`` is the name of the page, as in the navigation."""
    viewer = viewer_of(request)
    moment = now or timezone.now()
    reader = viewer.role in READERS
    return {
        "nav": navigation(viewer, here, moment),
        "now": moment,
        "search_href": where("desk:search") if reader else "",
        "search_words": request.GET.get("q", ""),
        "synthetic_data": synthetic(viewer),
        "live_token": audience.token(viewer, at=moment) if reader else "",
        "live_events": EVENTS,
    }


def synthetic(viewer: Viewer) -> bool:
    """Whether this desk belongs to a unit that was made up for the demonstration."""
    unit = directory.current().by_id.get(viewer.unit_id) if viewer.unit_id is not None else None
    return bool(unit and unit.synthetic)


def navigation(viewer: Viewer, here: str, now: datetime) -> list[NavItem]:
    """The side of every page. One query (the counts) for those who see matters, none for the others."""
    items: list[NavItem] = []
    if viewer.role in READERS:
        if viewer.role == roles.CLERK:
            items.append(_item(_("Take a call"), "desk:intake", "phone", here))
        if viewer.role == roles.GRID_WORKER:
            items.append(_item(_("My grid"), "field:app", "map-pinned", here))
        waiting = lists.counts(viewer, now=now)
        items.append(NavItem(_("Work")))
        items += [
            _item(tab.words, f"desk:queue/{tab.name}", _ICONS[tab.name], here, count_of(tab, waiting))
            for tab in lists.tabs_of(viewer)
        ]
        if viewer.role in COMMANDERS:
            items.append(NavItem(COMMAND))
            items.append(_item(COMMAND_TEXTS["orders"], "command:list", "send", here))
            items.append(_item(WHISTLES, "command:whistles", "bell-ring", here))
            items.append(_item(ISSUED, "command:notices", "file-text", here))
            items.append(_item(COMMAND_TEXTS["scores"], "command:scores", "chart-column", here))
            items.append(_item(COMMAND_RULES, "command:rules", "sliders-horizontal", here))
        items.append(NavItem(DUTY_TEXTS["roster"]))
        items.append(_item(DUTY_TEXTS["now"], "duty:now", "users", here))
        items.append(_item(DUTY_TEXTS["week"], "duty:week", "calendar", here))
        if viewer.role != roles.AUDITOR:
            items.append(_item(DUTY_TEXTS["swaps"], "duty:swaps", "repeat", here))
        items.append(_item(DUTY_TEXTS["rotas"], "duty:rosters", "list", here))
        items.append(_item(DUTY_TEXTS["away"], "duty:away", "user-check", here))
        items.append(NavItem(_("Look up")))
        items.append(_item(_("Map"), "desk:map", "map", here))
        items.append(_item(_("Board"), "board:board", "layout-dashboard", here))
        if viewer.role in WATCHERS:
            items.append(_item(WALL, "wall:wall", "monitor", here))
        items.append(_item(EVALUATION, "evaluation:ranking", "scale", here))
        if viewer.role in BULLETIN_READERS:
            items.append(_item(BULLETIN_TEXTS["bulletins"], "bulletins:list", "file-text", here))
        if viewer.role in (roles.MANAGER, roles.AUDITOR):
            items.append(_item(BULLETIN_TEXTS["open"], "bulletins:open", "globe", here))
        if viewer.role == roles.MANAGER:
            items.append(_item(_("My grid workers"), "field:team", "users", here))
            if kept_by(viewer):
                items.append(_item(CARE, "care:list", "heart", here))
        if asks_of_workers(viewer):
            items.append(_item(TYPING, "field:minutes", "hourglass", here))
        if viewer.role in (roles.DISPATCHER, roles.CHECKER):
            items.append(_item(FIELD_TASKS, "field:tasks", "map-pinned", here))
        if viewer.role in RANKERS:
            items.append(_item(_("Hot issues"), "desk:hot", "flame", here))
        if viewer.role != roles.GRID_WORKER:
            items.append(_item(WARNINGS, "warnings:list", "siren", here))
        if viewer.role not in (roles.GRID_WORKER, roles.CLERK, roles.ADJUDICATOR):
            items.append(_item(INCIDENTS, "incidents:list", "ambulance", here))
        if viewer.role == roles.DISPATCHER:
            items.append(_item(CHANNELS, "channels:health", "waypoints", here))
        if viewer.role not in (roles.HANDLER, roles.ADJUDICATOR):
            items.append(_item(DEVICES, "devices:list", "radio-tower", here))
        if viewer.role in (roles.CLERK, roles.DISPATCHER, roles.AUDITOR):
            items.append(_item(HOTLINE, "hotline:orders", "phone", here))
        if viewer.role in (roles.CLERK, roles.DISPATCHER, roles.MANAGER, roles.AUDITOR):
            items.append(_item(KNOWLEDGE, "seat:knowledge", "book-open", here))
            items.append(_item(CALLS, "seat:calls", "phone-call", here))
        if viewer.role == roles.DISPATCHER:
            items.append(_item(NOTICES, "notices:list", "send", here))
        items.append(_item(MY_NOTICES, "notices:mine", "bell", here))
    if viewer.role == roles.AUDITOR:
        items.append(_item(_("Ledger"), "desk:ledger", "book-open", here))
    if viewer.role in KEEPERS or viewer.role == roles.SECURITY:
        items.append(NavItem(_("Who may do what")))
        items.append(_item(_("People"), "desk:people", "users", here))
        items.append(_item(_("Posts"), "desk:posts", "id-card", here))
        items.append(_item(_("Organisations"), "desk:units", "building", here))
    if viewer.role in (roles.SECURITY, roles.AUDITOR):
        items.append(_item(_("Logins"), "desk:accounts", "log-in", here))
        items.append(_item(_("System keys"), "desk:keys", "key-round", here))
        items.append(_item(SCREENS, "wall:screens", "monitor", here))
    if viewer.role in KEEPERS:
        items.append(NavItem(_("Upkeep")))
        items.append(_item(_("Lists"), "desk:reference", "table", here))
        items.append(_item(CHANNELS, "channels:health", "waypoints", here))
        if viewer.role == roles.ADMIN:
            items.append(_item(DEVICES, "devices:list", "radio-tower", here))
            items.append(_item(HOTLINE, "hotline:orders", "phone", here))
        items.append(_item(_("Working calendar"), "desk:calendar", "calendar", here))
        items.append(_item(_("Settings"), "desk:settings", "sliders-horizontal", here))
        items.append(_item(WARNING_SETTINGS, "warnings:settings", "siren", here))
        items.append(_item(PLANS, "incidents:plans", "list-checks", here))
        items.append(_item(STORES, "incidents:stores", "archive", here))
        items.append(_item(RULES_OF_EVALUATION, "evaluation:rules", "scale", here))
        items.append(_item(BULLETIN_TEXTS["settings"], "bulletins:settings", "file-text", here))
        if viewer.role == roles.ADMIN:
            items.append(_item(COMMAND_RULES, "command:rules", "bell-ring", here))
        items.append(_item(DUTY_TEXTS["settings"], "duty:settings", "calendar-clock", here))
        items.append(_item(_("Routing rules"), "desk:rules", "route", here))
        items.append(_item(CLASSIFIERS, "desk:classifiers", "shapes", here))
        if viewer.role == roles.ADMIN:
            items.append(_item(KNOWLEDGE, "seat:knowledge", "book-open", here))
            items.append(_item(CALLS, "seat:calls", "phone-call", here))
        items.append(_item(NOTICES, "notices:list", "send", here))
        items.append(_item(_("Undelivered"), "desk:letters", "mail", here))
    if viewer.role == roles.SECURITY:
        items.append(_item(_("Access"), "desk:access", "shield-check", here))
    return [item for item in items if item.href or not item.icon]


def asks_of_workers(viewer: Viewer) -> bool:
    """Whether this viewer's unit has grid workers, or units below it that have: a street's or a community's."""
    if viewer.role not in (roles.MANAGER, roles.HANDLER) or viewer.unit_id is None:
        return False
    unit = directory.current().by_id.get(viewer.unit_id)
    return viewer.role == roles.MANAGER or (unit is not None and unit.kind in ("street", "community"))


def _item(words: Any, name: str, icon: str, here: str, count: int | None = None) -> NavItem:
    return NavItem(words, where(name), icon, current=name == here, count=count)


def count_of(tab: lists.Tab, waiting: dict[str, int]) -> int | None:
    """How many wait in a queue; None for what is over: nothing waits there."""
    if tab.name in lists.ENDED:
        return None
    if tab.name == "requests":
        return waiting.get("requests", 0)
    if tab.name == "open":
        return sum(count for state, count in waiting.items() if state not in ("late", "requests"))
    return sum(waiting.get(state, 0) for state in tab.states)
