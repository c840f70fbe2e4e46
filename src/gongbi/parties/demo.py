"""The demo district's units, people and posts. Every unit that is not a real division, and every person, is invented.

Streets and communities are the real ones (codes and names given by the caller); their telephones are invented numbers of
the 555 kind, and everything is marked synthetic.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction

from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties.actions.common import allow, note
from gongbi.parties.models import Account, Person, Post, PostTerritory, Unit, touch

PASSWORD = "Gongbi-demo-2026"  # noqa: S105 – printed on purpose; the accounts are the demo's

# code → (zh, en): exactly the codes that the routing rules name as ``department:<code>``.
DEPARTMENTS: dict[str, tuple[str, str]] = {
    "urban_management": ("城市管理和综合执法局", "Urban Management Bureau"),
    "housing": ("住房和城乡建设局", "Housing and Construction Bureau"),
    "ecology": ("生态环境分局", "Ecology and Environment Branch"),
    "market": ("市场监督管理局", "Market Regulation Bureau"),
    "transport_police": ("交警大队", "Traffic Police"),
    "water": ("供排水服务中心", "Water and Drainage Service"),
    "heating_gas": ("供热燃气服务中心", "Heating and Gas Service"),
    "human_resources": ("人力资源和社会保障局", "Human Resources Bureau"),
    "education": ("教育局", "Education Bureau"),
    "health": ("卫生健康局", "Health Bureau"),
    "civil_affairs": ("民政局", "Civil Affairs Bureau"),
    "justice": ("司法局", "Justice Bureau"),
    "emergency": ("应急管理局", "Emergency Management Bureau"),
    "parks": ("园林绿化服务中心", "Parks and Greening Service"),
}
CENTRE, HOTLINE, HALL, COURT = "centre", "hotline", "hall", "court"
FIRMS = (
    ("firm_01", "示范物业一公司", "Demo Property One"),
    ("firm_02", "示范物业二公司", "Demo Property Two"),
    ("firm_03", "示范物业三公司", "Demo Property Three"),
    ("firm_04", "示范物业四公司", "Demo Property Four"),
)
_OWN = (
    (CENTRE, "district_centre", "社会治理指挥中心", "Governance Command Centre"),
    (HOTLINE, "hotline", "12345热线受理中心", "12345 Hotline"),
    (HALL, "hall", "政务服务大厅", "Government Service Hall"),
    (COURT, "court", "区人民法院（示范）", "District Court (demo)"),
)

# login, role, unit, (zh, en) who it is; the unit "street" or "community" is the first of its kind.
LOGINS: tuple[tuple[str, str, str, tuple[str, str]], ...] = (
    ("clerk", "clerk", HOTLINE, ("热线受理员", "hotline clerk")),
    ("hall", "clerk", HALL, ("大厅受理员", "hall clerk")),
    ("dispatcher", "dispatcher", CENTRE, ("受理派遣员", "dispatcher")),
    ("checker", "checker", CENTRE, ("核查员", "checker")),
    ("adjudicator", "adjudicator", CENTRE, ("裁定员", "adjudicator")),
    ("manager", "manager", CENTRE, ("区级领导", "district manager")),
    ("auditor", "auditor", CENTRE, ("审计管理员", "audit administrator")),
    ("admin", "admin", CENTRE, ("系统管理员", "system administrator")),
    ("security", "security", CENTRE, ("安全管理员", "security administrator")),
    ("urban", "handler", "urban_management", ("城管局承办人", "urban management handler")),
    ("street", "handler", "street", ("街道承办人", "street handler")),
    ("street-dispatcher", "dispatcher", "street", ("街道派遣员", "street dispatcher")),
    ("street-manager", "manager", "street", ("街道领导", "street manager")),
    ("community", "handler", "community", ("社区承办人", "community handler")),
    ("grid", "grid_worker", "community", ("网格员", "grid worker")),
    ("property", "handler", FIRMS[0][0], ("物业承办人", "property firm handler")),
)
_FAMILY = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
_GIVEN = "安宁平和静远明朗清嘉文博雅思齐若谷怀瑾如松亦凡知行乐山"


@dataclass(frozen=True, slots=True)
class Made:
    """How much was made, and the logins: ``(login, password, (zh, en))``."""

    units: int
    posts: int
    logins: list[tuple[str, str, tuple[str, str]]]


@transaction.atomic
def build_demo(
    *,
    district: str,
    streets: Sequence[tuple[str, str]],
    communities: Sequence[tuple[str, str]],
    grids: Iterable[str],
    at: datetime,
    viewer: Viewer,
    password: str = PASSWORD,
    departments: Mapping[str, tuple[str, str]] = DEPARTMENTS,
) -> Made:
    """Make the units, one post for each need, and one account for each role. On an empty database only.

    ``district``: 6 digits. ``streets``: (9 digits, name). ``communities``: (12 digits, name). ``grids``: 15 digits, each gets
    a worker of its community. ``departments``: those that the routing rules name, code → (zh, en). Written in bulk: a district takes about a second. Raises Forbidden.
    """
    allow("lists", viewer)
    allow("access", viewer)
    units = _units(district, streets, communities, departments, at)
    posts, wanted = _posts(district, units, sorted(grids), at)
    secret = make_password(password)  # one hash for all: they share the printed password
    Account.objects.bulk_create(
        Account(username=login, password=secret, person=person, password_set_at=at, created_at=at)
        for login, person in wanted
    )
    touch()
    note(viewer, "demo_built", "demo", district, at, units=len(units), posts=posts)
    return Made(len(units), posts, logins())


def logins() -> list[tuple[str, str, tuple[str, str]]]:
    """The demo's accounts as they are printed: login, password, who it is (zh, en)."""
    return [(login, PASSWORD, words) for login, _role, _unit, words in LOGINS]


def _units(
    district: str,
    streets: Sequence[tuple[str, str]],
    communities: Sequence[tuple[str, str]],
    departments: Mapping[str, tuple[str, str]],
    at: datetime,
) -> dict[str, Unit]:
    def make(code: str, kind: str, name: str, name_en: str = "", territory: str = "", **more: object) -> Unit:
        return Unit(
            code=code, kind=kind, name=name, name_en=name_en, territory=territory, synthetic=True, valid_from=at,
            phone=f"029-5550{next(numbers):04d}", supervision_phone="029-55512345", ranking_class=kind, **more,
        )  # fmt: skip

    numbers = itertools.count(1)
    rows = [make(code, kind, zh, en, "" if kind == "court" else district) for code, kind, zh, en in _OWN]
    own = {row.code for row in rows}
    rows += [make(code, "department", zh, en) for code, (zh, en) in departments.items() if code not in own]
    rows += [make(code, "property_firm", zh, en) for code, zh, en in FIRMS]
    offices = ((code, name + ("办事处" if name.endswith("街道") else "")) for code, name in streets)
    rows += [make(code, "street", name, "", code) for code, name in offices]
    Unit.objects.bulk_create(rows)
    by_code = {unit.code: unit for unit in rows}
    below = [make(code, "community", name, "", code, parent=by_code[code[:9]]) for code, name in communities]
    Unit.objects.bulk_create(below)
    return by_code | {unit.code: unit for unit in below}


def _posts(
    district: str, units: dict[str, Unit], grids: Sequence[str], at: datetime
) -> tuple[int, list[tuple[str, Person]]]:
    chance = random.Random(district)
    first = {"street": min(c for c, u in units.items() if u.kind == "street")}
    first["community"] = min(c for c, u in units.items() if u.kind == "community")
    plan: list[tuple[str, Unit, str, list[str]]] = []  # login, unit, role, territories
    for login, role, code, _words in LOGINS:
        unit = units[first.get(code, code)]
        if role == "grid_worker":
            continue  # the login of the first grid's worker, below
        plan.append((login, unit, role, [] if role == "handler" else [unit.territory or district]))
    named = {(unit.code, role) for _login, unit, role, _codes in plan}
    handling = (unit for unit in units.values() if unit.kind not in ("district_centre", "hotline"))
    plan.extend(("", unit, "handler", []) for unit in handling if (unit.code, "handler") not in named)
    inside = [grid for grid in grids if grid[:12] in units]
    for number, grid in enumerate(inside):
        plan.append(("grid" if number == 0 else "", units[grid[:12]], "grid_worker", [grid]))
    people, posts, areas = [], [], []
    for number, (_login, unit, role, codes) in enumerate(plan, start=1):
        name = chance.choice(_FAMILY) + "".join(chance.sample(_GIVEN, 2))
        person = Person(number=f"DEMO{number:05d}", name=name, phone="", synthetic=True, created_at=at)
        people.append(person)
        post = Post(person=person, unit=unit, role=role, work_name=name, valid_from=at)
        post.work_phone = f"029-5551{number:04d}"
        posts.append(post)
        areas += [PostTerritory(post=post, code=code) for code in codes]
    Person.objects.bulk_create(people, batch_size=500)
    Post.objects.bulk_create(posts, batch_size=500)
    PostTerritory.objects.bulk_create(areas, batch_size=500)
    return len(posts), [(login, people[i]) for i, (login, *_rest) in enumerate(plan) if login]


@transaction.atomic
def open_accounts(*, grids: Iterable[str], at: datetime, password: str = PASSWORD) -> int:
    """A login for every handler of the demo and for the workers of ``grids`` who have none: ``unit-CODE``, ``grid-CODE``. Returns how many."""
    wanted = set(grids)
    posts = Post.objects.filter(
        person__synthetic=True, person__account__isnull=True, role__in=("handler", "grid_worker")
    )
    logins = {}
    for post in posts.select_related("unit").prefetch_related("areas").order_by("pk"):
        codes = [area.code for area in post.areas.all()]
        if post.role == "handler":
            logins[f"unit-{post.unit.code}"] = post.person_id
        elif codes and codes[0] in wanted:
            logins[f"grid-{codes[0]}"] = post.person_id
    secret = make_password(password)
    Account.objects.bulk_create(
        Account(username=login, password=secret, person_id=person, password_set_at=at, created_at=at)
        for login, person in logins.items()
    )
    touch()
    return len(logins)


def acting() -> list[tuple[str, str, str, str]]:
    """Logins of the demo's people with what each is: ``(login, role, unit's code, first territory or "")``, by login."""
    posts = Post.objects.filter(person__synthetic=True, person__account__isnull=False)
    found = posts.select_related("unit", "person__account").prefetch_related("areas")
    return sorted(
        (
            post.person.account.username,
            post.role,
            post.unit.code,
            min((area.code for area in post.areas.all()), default=""),
        )
        for post in found
    )


def stand_in(role: str, *, unit_id: int | None = None, grid: str = "") -> Viewer:
    """The viewer of a demo post: of that role, in that unit or covering that grid. Raises Post.DoesNotExist when there is none."""
    found = Post.objects.filter(role=role, person__synthetic=True).order_by("pk")
    if unit_id is not None:
        found = found.filter(unit_id=unit_id)
    if grid:
        found = found.filter(areas__code=grid)
    post = found[0]
    return Viewer(
        actor=f"post:{post.pk}",
        role=role,
        post_id=post.pk,
        person_id=post.person_id,
        unit_id=post.unit_id,
        units=frozenset({post.unit_id}),
        territories=tuple(post.areas.values_list("code", flat=True)),
    )
