"""Lists of units, people and posts as spreadsheets: read row by row, each row kept or refused for itself.

A good row is written even when its neighbour is wrong; a row that is there already is changed, so that the same file may
be sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from typing import IO, Any

from django.utils import timezone

from gongbi.kernel.errors import Refused
from gongbi.kernel.keeping import Result, Rows
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.tables import Column, read_table, write_template
from gongbi.kernel.vault.masking import looks_masked
from gongbi.parties import actions, queries, rules
from gongbi.parties.models import Person, Post
from gongbi.parties.words import refuse

UNITS = (
    Column(
        "code",
        "单位代码",
        "Unit code",
        required=True,
        note=("街道9位、社区12位区划代码", "Division code"),
        example="610104001",
    ),
    Column("name", "单位名称", "Name", required=True, example="青年路街道办事处"),
    Column("name_en", "英文名称", "English name"),
    Column("kind", "单位类型", "Kind", required=True, choices=tuple(rules.UNIT_KINDS), example="street"),
    Column("parent", "上级单位代码", "Parent code", also=("上级单位",)),
    Column("territory", "辖区代码", "Territory code"),
    Column("ranking_class", "考核类别", "Ranking class"),
    Column("phone", "办公电话", "Office telephone"),
    Column("supervision_phone", "监督电话", "Supervision telephone"),
)
PEOPLE = (
    Column("number", "工号", "Staff number", required=True, example="LH0001"),
    Column("name", "姓名", "Full name", required=True),
    Column("phone", "手机号码", "Mobile"),
)
POSTS = (
    Column("number", "工号", "Staff number", required=True, example="LH0001"),
    Column("unit", "单位代码", "Unit code", required=True, example="610104001"),
    Column("role", "角色", "Role", required=True, choices=rules.POST_ROLES, example="handler"),
    Column(
        "territories",
        "辖区代码",
        "Territory codes",
        note=("多个用空格或逗号分隔", "Several: blanks or commas"),
    ),
    Column("valid_from", "任职开始", "From", required=True, example="2026-01-01"),
    Column("valid_to", "任职结束", "Until", note=("当日起不再任职", "The first day out of office")),
    Column("work_name", "公示姓名", "Name on the card"),
    Column("work_phone", "公示电话", "Telephone on the card"),
)
LISTS = {"units": UNITS, "people": PEOPLE, "posts": POSTS}


def template(name: str, *, lang: str = "zh") -> bytes:
    """The empty Excel form of a list: ``units``, ``people`` or ``posts``."""
    return write_template(LISTS[name], lang=lang)


def import_list(name: str, data: bytes | IO[bytes], filename: str, *, at: datetime, viewer: Viewer) -> Result:
    """Read the list ``name`` from a spreadsheet and write it row by row. Raises Refused when the file cannot be read."""
    keep: Callable[[dict[str, Any], datetime, Viewer], str] = _KEEP[name]
    result = Result()
    for row in read_table(data, filename, LISTS[name]):
        if row.good:
            try:
                done = keep(row.values, at, viewer)
            except Refused as refusal:
                row.refuse(refusal, LISTS[name][0].key)
            else:
                setattr(result, done, getattr(result, done) + 1)
        result.faults += row.errors
    return result


def unit_rows(viewer: Viewer, *, on: date) -> Iterator[dict[str, Any]]:
    """The units that stand at the end of a local day, in the columns of the template: parents before what stands under them."""
    rows = {unit.pk: unit for unit in queries.units(viewer, at=_end_of(on))}
    depth: dict[int, int] = {}

    def deep(key: int) -> int:
        parent = rows[key].parent_id
        if key not in depth:
            depth[key] = 0  # a ring, which no rule allows, ends here
            depth[key] = deep(parent) + 1 if parent in rows else 0
        return depth[key]

    for unit in sorted(rows.values(), key=lambda one: (deep(one.pk), one.code)):
        over = rows.get(unit.parent_id) if unit.parent_id is not None else None
        yield {column.key: getattr(unit, column.key, "") for column in UNITS} | {
            "parent": over.code if over else ""
        }


def people_rows(viewer: Viewer, *, on: date) -> Iterator[dict[str, Any]]:
    """Everybody on the list that the viewer sees, in the columns of the template; names and numbers leave the house masked.

    Sent back, a mask stands for what it hides: it changes nothing. ``on`` decides nothing: people have no dates, posts do.
    """
    for person in queries.people(viewer).iterator(chunk_size=500):
        yield {
            "number": person.number,
            "name": queries.masked(person, "name", viewer),
            "phone": queries.masked(person, "phone", viewer),
        }


def post_rows(viewer: Viewer, *, on: date) -> Iterator[dict[str, Any]]:
    """The posts in office on a local day, in the columns of the template; people by staff number, never by name."""
    found = queries.posts(viewer, at=_end_of(on)).select_related("person").prefetch_related("areas")
    for post in found.iterator(chunk_size=500):
        yield {
            "number": post.person.number,
            "unit": post.unit.code,
            "role": post.role,
            "territories": " ".join(sorted(area.code for area in post.areas.all())),
            "valid_from": timezone.localdate(post.valid_from).isoformat(),
            "valid_to": timezone.localdate(post.valid_to).isoformat() if post.valid_to else "",
            "work_name": post.work_name,
            "work_phone": post.work_phone,
        }


def _end_of(day: date) -> datetime:
    """The last moment of a local day: what began during it is there, what ended during it is not."""
    return timezone.make_aware(datetime.combine(day, time.max))


def _unit(values: dict[str, Any], at: datetime, viewer: Viewer) -> str:
    known = queries.unit_by_code(values["code"])
    if known is None:
        actions.create_unit(at=at, viewer=viewer, **values)
        return "new"
    if known.kind != values["kind"]:
        raise refuse("parties.unit_twice", "code", code=known.code)
    wanted = {key: values[key] for key in ("name", "name_en", "ranking_class", "phone", "supervision_phone")}
    differ = {key: value for key, value in wanted.items() if value and getattr(known, key) != value}
    if not differ:
        return "same"
    actions.change_unit(known.pk, at=at, viewer=viewer, **differ)
    return "changed"


def _person(values: dict[str, Any], at: datetime, viewer: Viewer) -> str:
    known = Person.objects.filter(number=values["number"]).first()
    told = {key: _unmasked(known, key, values[key]) for key in ("name", "phone")}
    if known is None:
        actions.add_person(
            number=values["number"], name=told["name"], phone=told["phone"], at=at, viewer=viewer
        )
        return "new"
    if not any(told.values()):
        return "same"
    actions.change_person(known.pk, at=at, viewer=viewer, **told)
    return "changed"


def _unmasked(known: Person | None, key: str, value: str) -> str:
    """What the file says; "" for the mask of what is known. A mask of anything else says nothing: refused."""
    if not looks_masked(value, key):
        return value
    kept = getattr(known, key) if known is not None else None
    if kept and kept.masked == value:
        return ""
    raise refuse("parties.masked", key, value=value)


def _post(values: dict[str, Any], at: datetime, viewer: Viewer) -> str:
    person = Person.objects.filter(number=values["number"]).first()
    if person is None:
        raise refuse("parties.person_unknown", "number", number=values["number"])
    unit = queries.unit_by_code(values["unit"])
    if unit is None:
        raise refuse("parties.unit_unknown", "unit", code=values["unit"])
    start = _day(values["valid_from"], "valid_from")
    assert start is not None
    end = _day(values["valid_to"], "valid_to")
    codes = values["territories"].replace("、", " ").replace("，", " ").replace(",", " ").split()
    held = Post.objects.filter(person=person, unit=unit, role=values["role"])
    days = (timezone.localdate(start), timezone.localdate(end) if end else None)
    if days in {
        (timezone.localdate(since), timezone.localdate(until) if until else None)
        for since, until in held.values_list("valid_from", "valid_to")
    }:
        return "same"
    if timezone.localdate(unit.valid_from) == days[0]:
        start = max(start, unit.valid_from)  # a post may begin on the very day of its unit
    actions.appoint(
        person_id=person.pk,
        unit_id=unit.pk,
        role=values["role"],
        territories=codes or None,
        valid_from=start,
        valid_to=end,
        work_name=values["work_name"],
        work_phone=values["work_phone"],
        at=at,
        viewer=viewer,
    )
    return "new"


def _day(text: str, column: str) -> datetime | None:
    """The beginning of a local day; None for an empty cell."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text.replace("/", "-").replace(".", "-")[:10])
    except ValueError:
        raise refuse("parties.date", column, value=text) from None
    return timezone.make_aware(datetime.combine(day, time()))


_KEEP = {"units": _unit, "people": _person, "posts": _post}
ROWS: dict[str, Rows] = {"units": unit_rows, "people": people_rows, "posts": post_rows}
