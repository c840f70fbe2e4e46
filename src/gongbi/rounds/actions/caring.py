"""Care lists: who is to be looked in on. Kept by the community's or street's manager; names are sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from gongbi.kernel.errors import Forbidden, NotThere, Refused, Stale
from gongbi.kernel.scope.viewer import SYSTEM, Viewer
from gongbi.kernel.vault import actions as vault
from gongbi.kernel.vault import blind
from gongbi.rounds import rules
from gongbi.rounds.models import Care, CareChange, forget_care
from gongbi.rounds.scope import kept_by


@dataclass(frozen=True, slots=True)
class Line:
    """What a list says of somebody. An empty ``name`` or ``phone`` of a change leaves what is sealed there as it is."""

    kind: str
    name: str
    door: str
    grid: str
    ground: str
    ground_note: str
    phone: str = ""
    every_days: int = 30


def _keeper(viewer: Viewer, grid: str) -> None:
    if viewer.role == SYSTEM or any(grid.startswith(code) for code in kept_by(viewer)):
        return
    raise Forbidden(
        "rounds.care_keeper",
        (
            "关爱名单由社区或街道负责人维护，且只限本社区、本街道的网格。",
            "Care lists are kept by the manager of the community or street, for its own grids.",
        ),
        field="grid",
    )


@transaction.atomic
def add_care(
    *, line: Line, since: date, viewer: Viewer, at: datetime, synthetic: bool = False
) -> tuple[Care, bool]:
    """Put somebody on the list of a grid; who is on it already, of this kind and at this door, is given back (False).

    Errors: Forbidden, Refused with the field.
    """
    _keeper(viewer, line.grid)
    _check(line, line.name)
    name_index = blind.index(line.name, "name")
    same = Care.objects.filter(
        kind=line.kind, territory=line.grid, door=line.door, name_index=name_index, until__isnull=True
    )
    known = same.first()
    if known is not None:
        return known, False
    care = Care.objects.create(
        kind=line.kind, name=line.name, phone=line.phone, door=line.door, territory=line.grid, every_days=line.every_days, since=since,
        synthetic=synthetic, name_index=name_index, ground=line.ground, ground_note=line.ground_note.strip(), changed_at=at,
    )  # fmt: skip
    CareChange.objects.create(care=care, at=at, actor=viewer.actor, act="added")
    return care, True


def _check(line: Line, name: str) -> None:
    rules.check_care(
        kind=line.kind, name=name, door=line.door, grid=line.grid, every_days=line.every_days, ground=line.ground,
        ground_note=line.ground_note,
    )  # fmt: skip


def _locked(care_id: int, viewer: Viewer) -> Care:
    """The row, for who keeps it; who does not, does not learn that there is one."""
    care = Care.objects.select_for_update().filter(pk=care_id).first()
    mine = care is not None and (
        viewer.role == SYSTEM or any(care.territory.startswith(code) for code in kept_by(viewer))
    )
    if care is None or not mine:
        raise NotThere("rounds.care", ("名单上没有这一条。", "There is no such line on the list."))
    if care.ended:
        raise Stale(
            "rounds.care_ended",
            (
                "这一条已经结束，不能再改。请刷新页面。",
                "This line has ended and cannot be changed. Reload the page.",
            ),
        )
    return care


@transaction.atomic
def change_care(
    *, care_id: int, line: Line, viewer: Viewer, at: datetime, expected: datetime | None = None
) -> list[str]:
    """Correct a line; returns the names of the columns that changed. ``expected``: when the page says it was changed last.

    Errors: NotThere, Stale (somebody else's change), Forbidden (a grid of somebody else), Refused with the field.
    """
    care = _locked(care_id, viewer)
    if expected is not None and care.changed_at is not None and care.changed_at != expected:
        raise Stale(
            "rounds.care_changed",
            (
                "别人刚改过这一条，您的修改没有保存。请核对后再改。",
                "Somebody else has just changed this line; yours was not kept. Look again and repeat it.",
            ),
        )
    _keeper(viewer, line.grid)
    _check(line, line.name or str(care.name))
    fresh = {
        "kind": line.kind, "door": line.door, "territory": line.grid, "every_days": line.every_days, "ground": line.ground,
        "ground_note": line.ground_note.strip(),
    }  # fmt: skip
    changed = [name for name, value in fresh.items() if getattr(care, name) != value]
    for name in changed:
        setattr(care, name, fresh[name])
    if line.name and blind.index(line.name, "name") != bytes(care.name_index):
        care.name, care.name_index = line.name, blind.index(line.name, "name")
        changed.append("name")
    if line.phone:
        care.phone = line.phone
        changed.append("phone")
    if changed:
        care.changed_at = at
        care.save()
        CareChange.objects.create(care=care, at=at, actor=viewer.actor, act="changed", columns=changed)
    return changed


@transaction.atomic
def end_care(*, care_id: int, until: date, reason: str, viewer: Viewer, at: datetime) -> Care:
    """Take somebody off the list from that day on. Who asked for it is forgotten at once (个人信息保护法 §47), others by schedule.

    Errors: NotThere, Stale (ended already), Refused (reason, a day before it began).
    """
    care = _locked(care_id, viewer)
    if reason not in rules.CARE_ENDS:
        raise Refused("rounds.care_reason", ("请选择原因。", "Choose the reason."), field="reason")
    if until < care.since:
        raise Refused(
            "rounds.care_until",
            ("结束日期早于列入日期。", "It would end before it began."),
            field="until",
        )
    care.until, care.ended, care.changed_at = until, reason, at
    care.save(update_fields=["until", "ended", "changed_at"])
    CareChange.objects.create(care=care, at=at, actor=viewer.actor, act="ended", columns=[reason])
    if reason == "asked":
        forget_care(care, at)
    return care


def look_at_care(purpose: str, *, what: str, viewer: Viewer, at: datetime) -> str:
    """Keep in the access log that a list was read, by whom and what for; returns the purpose. Refused without one of ours."""
    if purpose not in rules.CARE_PURPOSES:
        raise Refused(
            "rounds.care_purpose",
            ("请先选择查看名单的用途。", "First choose what you look at the list for."),
            field="for",
        )
    subjects = [f"rounds.care:{code}" for code in kept_by(viewer)]
    vault.note_look(subjects, "*", f"{rules.CARE_PURPOSES[purpose][0]}：{what}", viewer=viewer, at=at)
    return purpose
