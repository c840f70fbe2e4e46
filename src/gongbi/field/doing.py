"""Where an entry of the field app becomes what the rooms keep: a report, an entry, a task, a finished matter."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from gongbi.cases import actions as cases
from gongbi.cases.actions.statement import Statement
from gongbi.cases.queries.reading import case_by_number
from gongbi.cases.triage import Said
from gongbi.duties import queries as duties
from gongbi.field.shapes import EntryIn, FinishIn, MatterIn
from gongbi.kernel.errors import NotThere, Refused
from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties import directory
from gongbi.rounds import actions, catalogue, queries, rules
from gongbi.territory import queries as territory

if TYPE_CHECKING:
    from gongbi.rounds.models import FieldPhoto, FieldTask

AFTER = ("handled", "checked", "closed", "judged")
VERIFY = ("received", "clarifying", "accepted")


def point(lon: float | None, lat: float | None) -> rules.Point | None:
    """Both or none: half a position is none."""
    return (lon, lat) if lon is not None and lat is not None else None


def enter(body: EntryIn, viewer: Viewer, *, language: str, at: datetime) -> dict[str, Any]:
    """Take one entry in, with the matter that it becomes; safe to repeat: first the matter, under the entry's own key, then the line.

    Raises Refused (photos to be sent again, a grid that changed, a form that changed, an emergency), NotThere.
    """
    rules.check_when(body.at, at)
    _check_grid(body, viewer)
    photos = actions.photos_ready(body.photos, viewer=viewer, at=at)
    report, case, again = "", "", False
    if body.matter is not None:
        got = _matter(body, body.matter, photos, viewer, language, at)
        report, case, again = got.report.number, got.report.case.number, got.again
    written = actions.Written(
        sort=body.sort, at=body.at, form=body.form, answers=body.answers,
        note=body.note or (body.matter.text if body.matter else ""),
        place_words=body.place_words, floor=body.floor, territory=body.division, place=point(body.lon, body.lat), care_id=body.care,
        report=report, kind=body.matter.kind if body.matter else "", solved=bool(body.matter and body.matter.did == "solved"),
        seconds=body.seconds,
    )  # fmt: skip
    entry = actions.record(key=body.key, written=written, photos=photos, viewer=viewer, at=at)
    return {"number": report, "case": case, "again": again, "ledgers": queries.ledgers_of(entry, viewer)}


def _check_grid(body: EntryIn, viewer: Viewer) -> None:
    """A grid that was cut anew while the phone had no signal is a question, not a guess."""
    if body.division and not viewer.covers(body.division):
        raise Refused(
            "rounds.grid_changed",
            (
                "网格 %(code)s 已不由您负责（可能刚调整过）。请选现在的网格再发。",
                "Grid %(code)s is no longer yours; it may have been cut anew. Choose one of yours and send it again.",
            ),
            values={"code": body.division},
            field="division",
        )


def _matter(
    body: EntryIn, matter: MatterIn, photos: list[FieldPhoto], viewer: Viewer, language: str, at: datetime
) -> Any:
    kind = duties.kind(matter.kind, on=at) if matter.kind else None
    if matter.kind and kind is None:
        raise NotThere(
            "field.kind",
            (
                "类别 %(code)s 已停用，请换一个再发。",
                "Kind %(code)s is no longer used. Choose another and send it again.",
            ),
            values={"code": matter.kind},
            field="kind",
        )
    files = [photo.file_id for photo in photos if photo.file_id is not None]
    place = point(body.lon, body.lat)
    if matter.did == "solved":
        place = _own_place(place, viewer, at)
    said = Said(
        text=matter.text or body.note or (kind.name[1 if language.startswith("en") else 0] if kind else ""),
        said_at=body.at, channel="field", place_words=body.place_words, lon=body.lon if place else None,
        lat=body.lat if place else None, division="" if place else body.division, kind=matter.kind,
    )  # fmt: skip
    solved = matter.did == "solved"
    statement = Statement(
        said=said, crs="WGS84", language=language, idempotency=f"{viewer.actor}|{body.key}", photos=() if solved else files
    )  # fmt: skip
    if solved:
        return cases.solve_on_spot(statement=statement, photos=files, viewer=viewer, at=at)
    return cases.receive(statement, viewer=viewer, at=at)


def _own_place(place: rules.Point | None, viewer: Viewer, at: datetime) -> rules.Point | None:
    """Where something was solved on the spot. A few metres over the border, in the same community, the own grid is the place; in
    somebody else's community it is theirs to close: Refused, so that it can be sent as a report.
    """
    placed = territory.locate(*place, on=at) if place is not None else None
    if placed is None or viewer.covers(placed.code):
        return place if placed is not None else None
    if any(placed.code[:12] == code[:12] for code in viewer.territories):
        return None
    raise Refused(
        "field.elsewhere",
        (
            "手机位置在%(name)s，不是您的网格，不能当场办结。请修改后点“上报”，会转给那里的人。",
            "The phone is in %(name)s, which is not your grid, so it cannot be closed on the spot. Mend it and send it as a report.",
        ),
        values={"name": placed.name},
        field="lon",
    )


def finish(number: str, body: FinishIn, viewer: Viewer, *, at: datetime) -> dict[str, Any]:
    """Sign for a matter where that is still to do, and report it handled. Done already by this worker's unit: nothing more."""
    photos = actions.photos_ready(body.photos, viewer=viewer, at=at)
    files = [photo.file_id for photo in photos if photo.file_id is not None]
    case = case_by_number(number, viewer)
    if case.state in AFTER and case.handled_by_person == viewer.person_id:
        return {"number": case.number}  # sent before; the answer was lost
    if case.state == "dispatched":
        case = cases.sign(case_id=case.pk, viewer=viewer, at=at)
    done = cases.finish(case_id=case.pk, viewer=viewer, at=at, result=body.result, photos=files)
    return {"number": done.number}


def ask(number: str, question: str, viewer: Viewer, *, at: datetime) -> FieldTask:
    """Ask a grid worker to look at a case: to verify what is not accepted yet, to check what was handled. Refused in other states."""
    case = case_by_number(number, viewer)
    purpose = "verify" if case.state in VERIFY else "check" if case.state == "handled" else ""
    if not purpose:
        raise Refused(
            "rounds.not_now",
            (
                "只有受理前可以请人核实，处置后可以请人核查。",
                "A worker verifies before acceptance or checks after handling; not now.",
            ),
        )
    handlers = (case.handled_by_person,) if purpose == "check" and case.handled_by_person else ()
    units = {case.unit_id, *case.part_units()} - {None} if purpose == "check" else set()
    return actions.ask(
        actions.Asked(
            purpose=purpose, about=case.pk, number=case.number, title=case.title, territory=case.territory, question=question,
            place_words=case.place_words, place=point(case.lon, case.lat), persons=handlers,
            units=tuple(unit for unit in units if unit is not None),
        ),
        viewer=viewer,
        at=at,
    )  # fmt: skip


def minutes(viewer: Viewer, *, days: int, at: datetime) -> list[dict[str, Any]]:
    """Minutes of typing by unit and form over the last days."""
    last = timezone.localdate(at)
    known = directory.current().by_id
    shown = []
    for one in queries.minutes_asked(viewer, first=last - timedelta(days=days - 1), last=last):
        form = catalogue.form(one.form)
        unit = known.get(one.unit_id)
        shown.append(
            {
                "unit": unit.label if unit else "", "form": tuple(form["words"]) if form else ("上报", "Report"),
                "entries": one.entries, "minutes": one.minutes, "workers": one.workers,
            }
        )  # fmt: skip
    return shown
