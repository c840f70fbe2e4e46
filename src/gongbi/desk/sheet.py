"""The sheet of one matter: everything its page, its place beside the queue and its print show, read once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from gongbi.cases import queries
from gongbi.cases.queries.reading import twins_for
from gongbi.channels import queries as channels
from gongbi.desk import doing, evidence
from gongbi.desk.chain import KINDS, OPENS, Joint, chain
from gongbi.desk.history import History
from gongbi.desk.names import CHANNELS, CLOCKS, LISTS, Names, grade_words
from gongbi.desk.pages.common import picture_href, place_bounds
from gongbi.duties import queries as duties
from gongbi.kernel.clock.queries import clocks_of, explain_clock
from gongbi.kernel.files import queries as files
from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.vault import policy
from gongbi.look import deadlines
from gongbi.look.furniture import Fact, Happened, Offered, Picture
from gongbi.look.templatetags.look import said
from gongbi.science.addresses.doors import doors, in_words, values
from gongbi.warning import queries as warnings
from gongbi.warning.flow import WARNING

# Who deals with a matter sees that a reporter has a name; who only reads or counts does not even see it masked.
WORKING = frozenset(
    {roles.CLERK, roles.DISPATCHER, roles.HANDLER, roles.GRID_WORKER, roles.CHECKER, roles.ADJUDICATOR}
)
DESK = frozenset({roles.CLERK, roles.DISPATCHER, roles.ADJUDICATOR, roles.MANAGER, roles.AUDITOR})
BEFORE = ("report",)
PEOPLE = frozenset({"web", "hall"})  # what comes in there comes from nobody else's system


@dataclass(frozen=True, slots=True)
class Told:
    """One report as this viewer may see it: ``name`` and ``phone`` masked, "" where hidden; ``opens``: fields to ask for."""

    report: Any
    channel: Any
    name: str
    phone: str
    opens: tuple[str, ...]
    hidden: bool
    grade: Any


@dataclass(frozen=True, slots=True)
class Explained:
    """One clock laid open."""

    clock: Any
    words: Any
    limit: Any
    deadline: Any
    lines: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Known:
    """Another case with what ties it to this one."""

    case: Any
    words: Any
    score: int | None = None
    why: tuple[str, str] = ("", "")


def _through(channel: str, sender: tuple[str, str] | None) -> Any:
    """The channel, and what the counterpart is called where one sent it."""
    words = CHANNELS.get(channel, (channel, channel))
    return words if sender is None else (f"{words[0]} · {sender[0]}", f"{words[1]} · {sender[1]}")


class Sheet:
    """One matter before one viewer at one moment."""

    def __init__(self, case: Any, viewer: Viewer, *, now: datetime, names: Names | None = None) -> None:
        self.case, self.viewer, self.now = case, viewer, now
        self.names = names or Names(viewer, now)
        prefetch_related_objects([case], "clocks", "reports__questions", "parts", "requests")
        self.place = self.names.place(case.territory)
        self.kind = self.names.kind(case.kind)
        self.filing = duties.standard(case.standard, on=now) if case.standard else None
        self.clock = deadlines.running(case.clocks.all())

    @property
    def more_place(self) -> str:
        """The place in the reporter's words, where they say more than the name of the division."""
        words: str = self.case.place_words
        return "" if self.place and words.endswith(self.place) else words

    @property
    def house(self) -> tuple[str, str] | None:
        """Building, unit and room in one form, read from the words of the first report; they are kept nowhere else."""
        first = min(self.case.reports.all(), key=lambda one: one.pk, default=None)
        if first is None:
            return None
        words = in_words(values(doors(first.place_words) or doors(first.text)))
        return words if words[0] else None

    # -- what I may do ------------------------------------------------------------------------------------------------

    def steps(self) -> list[Offered]:
        return doing.offered(self.case, self.viewer, at=self.now)

    # -- what was said, and by whom -----------------------------------------------------------------------------------

    def reports(self) -> list[Told]:
        reports = sorted(self.case.reports.all(), key=lambda one: one.pk)
        senders = channels.senders([one.pk for one in reports if one.channel not in PEOPLE], self.viewer)
        return [self._told(report, senders.get(report.pk)) for report in reports]

    def _told(self, report: Any, sender: tuple[str, str] | None) -> Told:
        opens = tuple(
            field
            for field in ("name", "phone")
            if getattr(report, field) and policy.may_unseal(self.viewer, report, field)
        )
        masked = self.viewer.role in WORKING and (not report.confidential or bool(opens))
        return Told(
            report=report,
            channel=_through(report.channel, sender),
            name=str(report.name.masked) if masked and report.name else "",
            phone=str(report.phone.masked) if masked and report.phone else "",
            opens=opens,
            hidden=report.confidential and not masked,
            grade=grade_words(report.grade),
        )

    # -- facts --------------------------------------------------------------------------------------------------------

    def facts(self) -> list[Fact]:
        case = self.case
        shown = [Fact(_("Kind"), self.kind or _("not settled"), case.kind)]
        shown.append(Fact(_("Place"), self.place or _("not settled"), self.more_place))
        if self.house:
            shown.append(Fact(_("House and door"), self.house, _("as the report says")))
        if self.filing is not None:
            shown.append(Fact(_("Filing condition"), self.filing.filing))
            shown.append(Fact(_("Closing condition"), self.filing.closing))
        if case.unit_id:
            shown.append(Fact(_("Responsible"), self.names.unit(case.unit_id)))
        if case.parts.all():
            shown.append(Fact(_("Co-handlers"), self._parts()))
        if case.duty_item:
            item = duties.duty_item(case.duty_item, on=self.now)
            name = said(item.name) if item else ""
            shown.append(
                Fact(_("Duty item"), f"{said(LISTS.get(case.list_type, ''))} · {name}", case.duty_item)
            )
        if case.article:
            shown.append(Fact(_("Article"), case.article))
        if case.limit:
            shown.append(Fact(_("Limit"), deadlines.limit_words(case.limit)))
        shown.append(Fact(_("Came in through"), *self._way_in()))
        counted = [
            (case.report_count, _("times reported"), 1),
            (case.contest_count, _("times contested"), 0),
            (case.rework_count, _("times reworked"), 0),
            (case.extension_count, _("times extended"), 0),
            (case.reopen_count, _("times reopened"), 0),
        ]
        told = " · ".join(f"{count} {words}" for count, words, usual in counted if count > usual)
        if told:
            shown.append(Fact(_("So far"), told))
        marks = [_("exempt from overdue")] if case.exempt else []
        marks += [_("excluded from the rating")] if case.excluded else []
        marks += [_("ruled: cannot be contested")] if case.ruled else []
        if marks:
            shown.append(Fact(_("Marks"), " · ".join(str(mark) for mark in marks)))
        return shown

    def _way_in(self) -> tuple[Any, Any]:
        """Channel and network; for what a warning led to, the warning, as far as this viewer may open it."""
        case = self.case
        if not any(link.kind == warnings.ACTED for link in case.links_in.all()):
            return CHANNELS.get(case.channel, case.channel), case.net
        numbers = [one.number for one in warnings.made_from(case.pk, self.viewer)]
        if not numbers or self.viewer.role not in OPENS[WARNING.name]:
            return WARNING.words, ""
        address = reverse("warnings:warning", args=[numbers[0]])
        return format_html(
            '{} <a class="number" href="{}">{}</a>', said(WARNING.words), address, numbers[0]
        ), ""

    def _parts(self) -> str:
        done, waiting = said(("已完成", "done")), said(("未完成", "not done"))
        return "、".join(
            f"{self.names.unit(part.unit_id)} ({done if part.done_at else waiting})"
            for part in self.case.parts.all()
        )

    def pending(self) -> Any:
        return next((one for one in self.case.requests.all() if one.decided_at is None), None)

    # -- proposal -----------------------------------------------------------------------------------------------------

    def proposal(self) -> dict[str, Any] | None:
        """What the machine proposes and why; None once a person has dispatched it, and for those who do not decide."""
        case, found = self.case, self.case.proposal
        if (
            case.state not in ("received", "clarifying", "accepted", "disputed")
            or self.viewer.role not in DESK
            or not found
        ):
            return None
        route = found.get("route") or {}
        lead = route.get("unit") or route.get("lead", "")
        unit = self.names.unit_of_code(lead.partition(":")[2] or lead) if lead else None
        codes = [place["code"] for place in found.get("places", [])]
        names = self.names.places(codes)
        return {
            "places": [
                {**place, "name": names.get(place["code"], ""), "percent": round(100 * place["sure"]),
                 "reasons": [tuple(pair) for pair in place["reasons"]]}
                for place in found.get("places", [])
            ],
            "settled": found.get("place") is not None,
            "kinds": [
                {**kind, "name": self.names.kind(kind["code"]), "percent": round(100 * kind["probability"])}
                for kind in found.get("kinds", [])
            ],
            "abstains": all(kind["abstained"] for kind in found.get("kinds", [])),
            "unit": unit.label if unit else lead,
            "item": {"code": route["item"], "name": tuple(route["item_name"])} if route.get("item") else None,
            "article": route.get("article", ""),
            "limit": deadlines.limit_words(limit) if (limit := route.get("limit", "") or case.limit) else "",
            "rule": route.get("rule", ""),
            "reasons": [tuple(pair) for pair in (*route.get("reasons", []), *found.get("reasons", []))],
        }  # fmt: skip

    def twins(self) -> list[Known]:
        """Open cases that may be the same, as they stand now: only while it can still be merged."""
        if self.case.state not in ("received", "accepted") or self.viewer.role not in DESK:
            return []
        alike = twins_for(self.case, self.viewer, at=self.now)
        found = {one.pk: one for one in queries.case_list(self.viewer, [twin.case_id for twin in alike])}
        return [
            Known(
                found[twin.case_id], twin.title, round(100 * twin.likeness.score), twin.likeness.why,
            )
            for twin in alike
            if twin.case_id in found
        ]  # fmt: skip

    # -- evidence and history -----------------------------------------------------------------------------------------

    def read_files(self) -> None:
        """Look up the files of the matter; those of merged reports have come with them."""
        found = files.of_matter(self.case.pk, viewer=self.viewer)
        self.stored = [file for file in found if file.is_picture]
        self.documents = [(file, picture_href(file, self.now)) for file in found if not file.is_picture]

    def before(self) -> list[Picture]:
        return self._pictures([file for file in self.stored if file.purpose in BEFORE], _("Before"))

    def after(self) -> list[Picture]:
        return self._pictures([file for file in self.stored if file.purpose not in BEFORE], _("After"))

    def _pictures(self, stored: Sequence[Any], label: Any) -> list[Picture]:
        return [
            Picture(
                picture_href(file, self.now), picture_href(file, self.now, "small"),
                format_html("{} {}", label, number), label, file.uploaded_at, *self.taken.get(file.pk, ((), "")),
            )
            for number, file in enumerate(stored, start=1)
        ]  # fmt: skip

    @cached_property
    def taken(self) -> dict[int, Any]:
        """What the photos from the field say of their time and place; one query."""
        return evidence.told(self.case, self.stored, self.viewer)

    def history(self, *, since: int = 0) -> list[Happened]:
        """The timeline, oldest first; with ``since`` only what came after that version."""
        events = queries.timeline(self.case, self.viewer)[since:]
        by_digest = {
            file.digest: Picture(
                picture_href(file, self.now), picture_href(file, self.now, "small"), _("Photo of the result")
            )
            for file in getattr(self, "stored", [])
        }
        return History(self.case, self.viewer, self.names, events).lines(by_digest)

    def clocks(self) -> list[Explained]:
        """Every clock with its proof, the one that runs first."""
        shown = []
        for clock in clocks_of(self.case):
            told = explain_clock(clock, self.now)
            words = CLOCKS.get(clock.name, clock.name)
            if clock.round > 1:
                words = (f"{words[0]}(第 {clock.round} 次)", f"{words[1]} (round {clock.round})")
            shown.append(
                Explained(clock, words, told.limit, deadlines.read_clock(clock, self.now), told.lines)
            )
        return sorted(shown, key=lambda one: (one.clock.stopped_at is not None, one.clock.pk))

    def links(self) -> list[Known]:
        """What it was merged into, split from, or grew from."""
        ties = {
            "merged": (_("was merged into"), _("was merged into this one")),
            "split": (_("was split from"), _("was split off this one")),
        }
        out = [(link.target_id, link.kind, 0) for link in self.case.links_out.all()]
        back = [(link.source_id, link.kind, 1) for link in self.case.links_in.all()]
        found = (
            {one.pk: one for one in queries.case_list(self.viewer, [key for key, _kind, _side in out + back])}
            if out + back
            else {}
        )
        return [
            Known(found[key], ties.get(kind, (kind, kind))[side])
            for key, kind, side in out + back
            if key in found
        ]

    def chain(self) -> list[Joint]:
        """What it led to and grew from: warnings, incidents, whistles, orders, as far as this viewer sees them."""
        if self.viewer.role not in OPENS[WARNING.name]:
            return []
        telling = [one.pk for one in warnings.telling_of(self.case, self.viewer)]
        tied = any(link.kind in KINDS for link in (*self.case.links_in.all(), *self.case.links_out.all()))
        return chain(self.case.pk, self.viewer, more=telling) if telling or tied else []

    @property
    def bounds(self) -> str:
        """The window of the small map: about 400 m around the point, "" without one."""
        return place_bounds(self.case.lon, self.case.lat)

    def address(self) -> str:
        return reverse("desk:case", args=[self.case.number])
