"""Who may do what with a warning, and what must be said: every role at every step, inside and outside the territory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from gongbi.cases import queries as cases
from gongbi.kernel.errors import Forbidden, NotThere, Refused, Stale
from gongbi.kernel.flow import invariants
from gongbi.kernel.flow import queries as flow
from gongbi.kernel.flow.models import Link
from gongbi.kernel.ledger.queries import chain_of
from gongbi.kernel.scope.viewer import RESIDENT, STAFF_ROLES, Viewer
from gongbi.warning import actions, queries, rules
from gongbi.warning.actions.looking import _settle
from gongbi.warning.models import Run, Warning
from gongbi.warning.rules import Found
from gongbi.warning.settings import SHIPPED
from tests.warning.happening import TODAY, noon, quiet_past

pytestmark = pytest.mark.django_db
AT = noon(TODAY)
Make = Callable[..., Warning]


@pytest.fixture
def grid() -> str:
    from gongbi.territory import queries as territory

    return territory.divisions(level="grid", on=AT)[0].code


@pytest.fixture
def make(machine: Viewer, grid: str) -> Make:
    """A warning as a look raises it."""

    def one(**more: Any) -> Warning:
        plain = {
            "sort": rules.CLUSTER, "level": 3, "subject": f"{Warning.objects.count()}", "group": "E03", "kind": "", "codes": (grid,),
            "first": TODAY - timedelta(days=2), "last": TODAY, "observed": 9, "expected": 2.5, "recurrence": 500.0,
            "centre": (108.913, 34.265), "radius_km": 0.4, "reasons": (("原因", "reason"),),
        }  # fmt: skip
        run, _ = Run.objects.get_or_create(day=TODAY, live=False, defaults={"at": AT, "window_from": TODAY})
        known = set(Warning.objects.values_list("pk", flat=True))
        Warning.objects.update(
            last_day=TODAY - timedelta(days=60),
            first_day=TODAY - timedelta(days=60),
            seen_day=TODAY - timedelta(days=60),
        )
        _settle([Found(**(plain | more))], run, TODAY, machine, AT, SHIPPED)
        return Warning.objects.exclude(pk__in=known).get()

    return one


def bring(one: Warning, state: str, viewer: Viewer) -> Warning:
    if state != "raised":
        actions.assess(key=one.pk, finding="疑为施工", viewer=viewer, at=AT)
    if state in ("acted", "reviewed"):
        actions.act(key=one.pk, text="请到现场查看并处理夜间施工", viewer=viewer, at=AT)
    if state == "dismissed":
        actions.dismiss(key=one.pk, reason="集中补录", viewer=viewer, at=AT)
    one.refresh_from_db()
    return one


DECIDES = {"dispatcher", "manager"}
REVIEWS = {"dispatcher", "manager", "adjudicator", "checker"}
MAY = {
    "raised": {"assess": DECIDES},
    "assessed": {"act": DECIDES, "dismiss": DECIDES},
    "acted": {"act": DECIDES, "review": REVIEWS},
    "dismissed": {"review": REVIEWS},
}


@pytest.mark.parametrize("state", MAY)
def test_every_role_at_every_state(
    state: str, make: Make, viewer: Callable[..., Viewer], post: Callable[..., Viewer]
) -> None:
    one = bring(make(), state, post("dispatcher"))
    for role in (*STAFF_ROLES, RESIDENT):
        expected = {step for step, roles in MAY[state].items() if role in roles}
        assert set(flow.allowed(one, viewer(role, person_id=77), at=AT)) == expected, role
        assert flow.allowed(one, viewer(role, territories=("610104999",)), at=AT) == [], role


def test_the_whole_way_with_a_case_made_of_it(
    make: Make, post: Callable[..., Viewer], viewer: Callable[..., Viewer]
) -> None:
    desk, other = post("dispatcher"), viewer("manager", person_id=77)
    one = make()
    actions.assess(key=one.pk, finding="疑为夜间施工", viewer=desk, at=AT, expected_version=1)
    receipt = actions.act(
        key=one.pk, text="请查处夜间施工", kind="E0301", viewer=desk, at=AT, expected_version=2
    )
    assert receipt.report.external == one.number
    assert receipt.report.case.kind == "E0301"
    assert receipt.report.case.state == "received"
    assert [case.pk for case in queries.cases_made(one, desk)] == [receipt.report.case_id]
    assert Link.objects.get(source_id=one.pk).target_id == receipt.report.case_id
    # Sent twice (a double click): the same report, one link.
    again = actions.act(
        key=one.pk, text="请查处夜间施工", kind="E0301", viewer=desk, at=AT, expected_version=2
    )
    assert again.again
    assert again.report.pk == receipt.report.pk
    actions.review(key=one.pk, verdict="right", reason="确有夜间施工", viewer=other, at=AT)
    one.refresh_from_db()
    assert (one.state, one.verdict) == ("reviewed", "right")
    assert queries.precision(desk) == {(rules.CLUSTER, 3): rules.Precision(1, 0)}
    assert [event.arrow.name for event in queries.timeline(one, desk)] == ["raise", "assess", "act", "review"]
    assert chain_of(one).whole
    assert cases.case_for(receipt.report.case_id, desk).net == "warning"
    assert not list(invariants.run_all(rooms=["warning", "cases"]))


def test_whoever_assessed_does_not_review(
    make: Make, post: Callable[..., Viewer], viewer: Callable[..., Viewer]
) -> None:
    desk = post("dispatcher")
    one = bring(make(), "dismissed", desk)
    with pytest.raises(Refused) as refused:
        actions.review(key=one.pk, verdict="wrong", reason="误报", viewer=desk, at=AT)
    assert refused.value.code == "warning.own_review"
    # Nor in another post of the same person.
    same_person = viewer("checker", person_id=desk.person_id)
    with pytest.raises(Refused):
        actions.review(key=one.pk, verdict="wrong", reason="误报", viewer=same_person, at=AT)
    one.refresh_from_db()
    assert (one.state, one.verdict) == ("dismissed", "")
    actions.review(key=one.pk, verdict="wrong", reason="误报", viewer=viewer("checker", person_id=77), at=AT)
    assert queries.precision(desk)[rules.CLUSTER, 3].value == 0


@pytest.mark.parametrize(
    ("state", "step", "given", "field"),
    [
        ("raised", "assess", {"finding": "  "}, "finding"),
        ("assessed", "dismiss", {"reason": ""}, "reason"),
        ("dismissed", "review", {"verdict": "right", "reason": ""}, "reason"),
        ("dismissed", "review", {"verdict": "maybe", "reason": "x"}, "verdict"),
        ("assessed", "act", {"text": ""}, "text"),
        ("raised", "assess", {"finding": "长" * 501}, "finding"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_written(
    state: str,
    step: str,
    given: dict[str, str],
    field: str,
    make: Make,
    post: Callable[..., Viewer],
    viewer: Callable[..., Viewer],
) -> None:
    one = bring(make(), state, post("dispatcher"))
    with pytest.raises(Refused) as refused:
        getattr(actions, step)(key=one.pk, viewer=viewer("dispatcher", person_id=77), at=AT, **given)
    assert refused.value.field == field
    version = one.version
    one.refresh_from_db()
    assert one.version == version
    assert not Link.objects.filter(source_id=one.pk).exists()


def test_an_old_page_and_a_wrong_state_are_refused(make: Make, post: Callable[..., Viewer]) -> None:
    desk, one = post("dispatcher"), make()
    with pytest.raises(Refused):
        actions.dismiss(key=one.pk, reason="未研判", viewer=desk, at=AT)
    with pytest.raises(Stale):
        actions.assess(key=one.pk, finding="x", viewer=desk, at=AT, expected_version=9)
    bring(one, "assessed", desk)
    with pytest.raises(Stale):
        actions.act(key=one.pk, text="请查看", viewer=desk, at=AT, expected_version=1)
    assert not Link.objects.exists()


def test_who_covers_a_part_of_the_area_sees_it_and_nobody_else(
    make: Make, viewer: Callable[..., Viewer], grid: str
) -> None:
    from gongbi.territory import queries as territory

    far = next(one.code for one in territory.divisions(level="grid", on=AT) if one.code[:9] != grid[:9])
    one = make(codes=(grid, far))
    assert one.territory == "610104"
    for code, sees in ((grid[:9], True), (far[:12], True), (grid, True), ("610104999", False)):
        given = viewer("dispatcher", territories=(code,))
        if sees:
            assert queries.warning_by_number(one.number, given).pk == one.pk
            assert [row.pk for row in queries.warnings(given, queries.Filter()).warnings] == [one.pk]
            with pytest.raises(Forbidden):  # a part of it is not the whole: who covers all of it decides
                actions.assess(key=one.pk, finding="x", viewer=given, at=AT)
        else:
            with pytest.raises(NotThere):
                queries.warning_by_number(one.number, given)
            assert queries.counts(given)["open"] == 0
    for role in ("admin", "security", RESIDENT):
        with pytest.raises(NotThere):
            queries.warning_by_number(one.number, viewer(role))


def test_a_unit_sees_the_warning_about_itself(
    make: Make, viewer: Callable[..., Viewer], unit: Callable[[str], int]
) -> None:
    bureau = unit("urban_management")
    one = make(sort=rules.LATE, unit_id=bureau)
    assert queries.warning_for(one.pk, viewer("handler", unit_id=bureau)).pk == one.pk
    with pytest.raises(NotThere):
        queries.warning_for(one.pk, viewer("handler", unit_id=unit("water")))


def test_the_cases_inside_are_those_the_viewer_may_see(
    make: Make, viewer: Callable[..., Viewer], grid: str
) -> None:
    import numpy as np

    from tests.warning.happening import Happened, store

    codes = [
        grid,
        *{one.code for one in quiet_past(np.random.default_rng(3), days=2) if one.code[:12] != grid[:12]},
    ][:2]
    one = make(codes=tuple(codes))
    inside = store([Happened(code, "E0301", noon(TODAY - timedelta(days=1))) for code in codes])
    store([
        Happened(grid, "C0137", noon(TODAY - timedelta(days=1))),
        Happened(grid, "E0301", noon(TODAY - timedelta(days=3))),
        Happened("610104001001999", "E0301", noon(TODAY)),
    ])  # fmt: skip
    assert {case.pk for case in queries.cases_inside(one, viewer("dispatcher"))} == set(inside)
    assert [
        case.pk for case in queries.cases_inside(one, viewer("dispatcher", territories=(grid[:12],)))
    ] == inside[:1]


def test_only_an_administrator_changes_settings(viewer: Callable[..., Viewer]) -> None:
    with pytest.raises(Forbidden):
        actions.change_settings({"false_alarms": "3"}, viewer=viewer("dispatcher"), at=AT)
    admin = viewer("admin")
    with pytest.raises(Refused) as refused:
        actions.change_settings({"late_share": "7"}, viewer=admin, at=AT)
    assert refused.value.field == "late_share"
    with pytest.raises(Refused):
        actions.change_settings({"nonsense": "7"}, viewer=admin, at=AT)
    actions.change_settings({"false_alarms": " 3 "}, viewer=admin, at=AT)
    assert queries.config(admin).false_alarms == 3
    actions.change_settings({"false_alarms": ""}, viewer=admin, at=AT)
    assert queries.config(admin).false_alarms == 1


def test_a_breach_is_found(make: Make) -> None:
    one = make()
    assert not list(invariants.run_all(rooms=["warning"]))
    Warning.objects.filter(pk=one.pk).update(level=7, verdict="right")
    assert {breach.invariant for breach in invariants.run_all(rooms=["warning"])} == {
        "warning.levels",
        "warning.verdicts",
    }
