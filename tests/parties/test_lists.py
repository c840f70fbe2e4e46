"""Units, people and posts from spreadsheets, row by row; and the demo district."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from gongbi.kernel import scope
from gongbi.kernel.errors import Forbidden, Refused
from gongbi.kernel.keeping import Result
from gongbi.kernel.tables import read_table
from gongbi.parties import demo, exchange, queries, rules
from gongbi.parties.models import Account, Person, Post, Unit

from .conftest import GUARD, KEEPER

pytestmark = pytest.mark.django_db


def sheet(*rows: str, encoding: str = "utf-8") -> bytes:
    return "\n".join(rows).encode(encoding)


UNITS = (
    "单位代码,单位名称,单位类型,上级单位代码,办公电话",
    "610104001,青年路街道办事处,street,,029-55500001",
    "610104001001,莲湖路第一社区,community,610104001,",
    "water,供排水服务中心,department,,",
)


def load(name: str, data: bytes, now: datetime, viewer: Any = KEEPER) -> Result:
    return exchange.import_list(name, data, f"{name}.csv", at=now, viewer=viewer)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_units_come_in_and_the_same_file_again_changes_nothing(encoding: str, now: datetime) -> None:
    data = sheet(*UNITS, encoding=encoding)
    first = load("units", data, now)
    assert (first.new, first.same, first.faults) == (3, 0, [])
    again = load("units", data, now)
    assert (again.new, again.changed, again.same) == (0, 0, 3)
    moved = load("units", sheet(*UNITS).replace(b"029-55500001", b"029-55500009"), now)
    assert (moved.changed, moved.same) == (1, 2)
    street = Unit.objects.get(code="610104001")
    assert (street.phone, street.territory) == ("029-55500009", "610104001")


def test_a_wrong_row_is_named_and_the_right_ones_are_kept(now: datetime) -> None:
    rows = (
        *UNITS,
        "610104099001,孤儿社区,community,610104099,",
        "x y,坏代码,department,,",
        "king,王宫,palace,,",
        ",无代码,department,,",
        "parks,园林绿化服务中心,department,,",
    )
    outcome = load("units", sheet(*rows), now)
    assert outcome.new == 4
    assert [(fault.row, fault.column, fault.code) for fault in outcome.faults] == [
        (5, "parent", "parties.unit_unknown"),
        (6, "code", "parties.unit_code"),
        (7, "kind", "choice"),
        (8, "code", "required"),
    ]
    assert all(fault.message for fault in outcome.faults)
    assert Unit.objects.filter(code="parks").exists()


def test_people_and_posts(now: datetime) -> None:
    load("units", sheet(*UNITS), now)
    people = load("people", sheet("工号,姓名,手机号码", "A1,张示范,", "A2,李示范,"), now)
    assert people.new == 2
    day = f"{now.year}-03-11"
    posts = load(
        "posts",
        sheet(
            "工号,单位代码,角色,辖区代码,任职开始,任职结束,公示姓名",
            f"A1,610104001,handler,,{day},,",
            f"A2,610104001001,grid_worker,610104001001001 610104001001002,{day},,李示范",
            f"A1,610104001,dispatcher,,{day},,",
            f"A9,water,handler,,{day},,",
            f"A2,nowhere,handler,,{day},,",
            "A2,water,handler,,明天,,",
            f"A2,water,handler,,{day},{day},",
        ),
        now,
    )
    assert posts.new == 2
    assert [(fault.row, fault.code) for fault in posts.faults] == [
        (4, "parties.judge_and_doer"),
        (5, "parties.person_unknown"),
        (6, "parties.unit_unknown"),
        (7, "parties.date"),
        (8, "parties.period"),
    ]
    worker = Post.objects.get(role="grid_worker")
    assert worker.valid_from.isoformat() == f"{now.year}-03-10T16:00:00+00:00"  # midnight in Shanghai
    assert sorted(area.code for area in worker.areas.all()) == ["610104001001001", "610104001001002"]


def test_only_the_keeper_of_the_lists_imports(now: datetime) -> None:
    outcome = load("units", sheet(*UNITS), now, GUARD)
    assert outcome.new == 0
    assert {fault.code for fault in outcome.faults} == {"parties.may_lists"}
    assert not Unit.objects.exists()


def test_a_file_without_the_needed_columns_is_refused_whole(now: datetime) -> None:
    with pytest.raises(Refused) as refused:
        load("units", sheet("单位代码,单位名称", "x,y"), now)
    assert refused.value.code == "columns_missing"


@pytest.mark.parametrize("name", exchange.LISTS)
def test_a_template_can_be_filled_and_read_back(name: str) -> None:
    table = read_table(exchange.template(name), f"{name}.xlsx", exchange.LISTS[name])
    assert set(table.headings) == {column.key for column in exchange.LISTS[name]}
    assert list(table) == []


def test_a_persons_name_lies_sealed_and_is_shown_masked(now: datetime) -> None:
    load("people", sheet("工号,姓名,手机号码", "A1,张示范,"), now)
    person = queries.people(KEEPER).get()
    assert (
        scope.shown(person, "name", KEEPER) == scope.MASK
    )  # the administrator keeps the list, and reads no names in it
    with pytest.raises(Exception, match="sealed"):
        Person.objects.filter(name="张示范").exists()


# ---- the demo ----------------------------------------------------------------------------------------------

STREETS = [("610104001", "青年路街道"), ("610104002", "北院门街道")]
COMMUNITIES = [("610104001001", "莲湖路第一社区"), ("610104001002", "第二社区"), ("610104002001", "第三社区")]
GRIDS = ["610104001001002", "610104001001001", "610104002001001", "610199001001001"]


def build(now: datetime, **more: Any) -> demo.Made:
    given = {"streets": STREETS, "communities": COMMUNITIES, "grids": GRIDS}
    return demo.build_demo(district="610104", at=now, viewer=demo_viewer(), **(given | more))


def demo_viewer() -> Any:
    from gongbi.kernel.scope.viewer import system

    return system("demo")


def test_every_login_of_the_demo_works_and_every_role_has_one(now: datetime) -> None:
    made = build(now)
    roles = set()
    for login, password, _words in made.logins:
        account = Account.objects.get(username=login)
        assert account.check_password(password), login
        viewer = queries.viewer_of(account, at=now)
        roles.add(viewer.role)
        if viewer.role != "handler":
            assert viewer.territories, login
    assert roles == set(rules.POST_ROLES)
    assert all(not rules.password_faults(password, login) for login, password, _words in made.logins)


def test_every_grid_has_a_worker_and_every_handling_unit_a_handler(now: datetime) -> None:
    made = build(now)
    for grid in GRIDS[:3]:
        card = queries.grid_worker_of(grid, now)
        assert card is not None
        assert card.name
        assert card.phone
        assert card.supervision_phone
        assert card.synthetic
    assert queries.grid_worker_of(GRIDS[3], now) is None  # of a community that is not here
    handled = set(Post.objects.filter(role="handler").values_list("unit__code", flat=True))
    kinds = dict(Unit.objects.values_list("code", "kind"))
    assert handled == {code for code, kind in kinds.items() if kind not in ("district_centre", "hotline")}
    assert made.units == len(kinds)
    assert {
        f"department:{code}"
        for code in demo.DEPARTMENTS
        if queries.unit_for(f"department:{code}", None, at=now)
    }
    assert not Unit.objects.filter(synthetic=False).exists()
    assert not Person.objects.filter(synthetic=False).exists()


def test_the_demo_keeps_the_rules_it_is_written_past(now: datetime) -> None:
    """Bulk writing skips the actions; what it writes must satisfy the same rules."""
    build(now)
    for unit in Unit.objects.select_related("parent"):
        parent = unit.parent.kind if unit.parent else None
        assert rules.unit(unit.kind, unit.code, unit.territory, parent) is None, unit.code
    for post in Post.objects.select_related("unit"):
        no = rules.post(
            role=post.role,
            unit_id=post.unit_id,
            unit_kind=post.unit.kind,
            unit_from=post.unit.valid_from,
            unit_to=None,
            territories=[area.code for area in post.areas.all()],
            valid_from=post.valid_from,
            valid_to=None,
            held=(),
        )
        assert no is None, post
    people = list(Post.objects.values_list("person_id", flat=True))
    assert len(people) == len(set(people))


def test_only_the_machine_builds_it(now: datetime) -> None:
    for viewer in (KEEPER, GUARD):
        with pytest.raises(Forbidden):
            demo.build_demo(
                district="610104", streets=STREETS, communities=COMMUNITIES, grids=[], at=now, viewer=viewer
            )


@pytest.mark.data
def test_the_whole_district_is_made(real_data: Callable[[str], Path], now: datetime) -> None:
    def read(name: str, key: str, value: str) -> list[tuple[str, str]]:
        with io.StringIO(real_data(f"divisions/{name}").read_text(encoding="utf-8")) as text:
            return [(row["code"], row["name"]) for row in csv.DictReader(text) if row[key] == value]

    streets = read("streets_xian_6101.csv", "areaCode", "610104")
    communities = read("villages_lianhu_610104.csv", "areaCode", "610104")
    assert (len(streets), len(communities)) == (9, 142)
    grids = [f"{code}{number:03d}" for code, _name in communities for number in range(1, 12)]
    made = build(now, streets=streets, communities=communities, grids=grids)
    assert made.units == 4 + len(demo.DEPARTMENTS) + len(demo.FIRMS) + 9 + 142
    assert Post.objects.filter(role="grid_worker").count() == len(grids)
    with translation.override("en"):
        assert queries.unit_for("department:water", None, at=now).label == demo.DEPARTMENTS["water"][1]  # type: ignore[union-attr]
