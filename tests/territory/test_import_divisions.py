"""Taking in the list of divisions: good rows go in, wrong ones are named by row and column, versions begin on their day."""

from datetime import date

import pytest

from gongbi.kernel.errors import Forbidden, Refused
from gongbi.kernel.keeping import Result
from gongbi.kernel.scope.viewer import DISPATCHER, PUBLIC, Viewer
from gongbi.territory import actions, queries
from gongbi.territory.models import Division
from tests.territory.conftest import AT, DISTRICT, KEEPER, ONE, SINCE, STREET, TODAY, TWO

pytestmark = pytest.mark.django_db
Row = actions.DivisionRow


def take(*rows: Row, valid_from: date = SINCE) -> Result:
    return actions.import_divisions(rows, valid_from=valid_from, viewer=KEEPER, at=AT)


def test_rows_in_any_order_and_the_twelve_digit_form() -> None:
    report = take(
        Row(ONE, "糖坊街社区居委会"), Row("610104001000", "青年路街道"), Row("610104000000", "莲湖区")
    )
    assert (report.new, report.faults) == (3, [])
    assert [d.code for d in queries.path(ONE, on=TODAY)] == [DISTRICT, STREET, ONE]
    assert [d.level for d in queries.divisions(on=TODAY)] == ["district", "street", "community"]


def test_wrong_rows_are_named_and_the_others_taken(tree: None) -> None:
    report = take(
        Row("610104001003", "安定社区居委会", 2),
        Row("610104001200", "某村", 3),
        Row("610104001003", "又一个", 4),
        Row("610104002001", "没有上级", 5),
        Row("610104001004", "  ", 6),
        Row("610104001005", "长" * 61, 7),
        Row("abc", "字母", 8),
        Row("610104001006", "长" * 60, 9),
    )
    assert report.new == 2
    assert [(e.row, e.column, e.code) for e in report.faults] == [
        (3, "code", "code_community"),
        (4, "code", "twice"),
        (6, "name", "name_missing"),
        (7, "name", "name_long"),
        (8, "code", "code_digits"),
        (5, "code", "no_parent"),
    ]
    assert "610104002" in report.faults[-1].message


def test_the_same_again_changes_nothing(tree: None) -> None:
    report = take(Row(ONE, "糖坊街社区居委会"))
    assert (report.new, report.changed, report.same) == (0, 0, 1)
    assert Division.objects.filter(code=ONE).count() == 1


def test_a_new_name_begins_a_version_on_its_day(district: None) -> None:
    assert take(Row(ONE, "新糖坊社区居委会"), valid_from=date(2026, 12, 1)).changed == 1
    assert queries.names([ONE], on=date(2026, 11, 30)) == {ONE: "糖坊街社区居委会"}
    assert queries.names([ONE], on=date(2026, 12, 1)) == {ONE: "新糖坊社区居委会"}
    assert [(d.valid_from, d.valid_to) for d in queries.history(ONE)] == [
        (SINCE, date(2026, 12, 1)),
        (date(2026, 12, 1), None),
    ]
    # Its boundary goes with it.
    placed = queries.locate(108.901, 34.269, on=date(2026, 12, 1))
    assert placed is not None
    assert placed.community_name == "新糖坊社区居委会"


def test_a_name_is_corrected_on_its_first_day(tree: None) -> None:
    assert take(Row(ONE, "糖坊街社区")).changed == 1
    assert [d.name for d in queries.history(ONE)] == ["糖坊街社区"]


def test_an_ended_code_never_comes_back(tree: None) -> None:
    actions.end_division(TWO, effective=date(2026, 12, 1), viewer=KEEPER, at=AT)
    report = take(Row(TWO, "另一个社区"), valid_from=date(2027, 1, 1))
    assert [e.code for e in report.faults] == ["twice"]


def test_streets_cannot_be_ended_or_deleted(district: None) -> None:
    with pytest.raises(Refused) as caught:
        actions.end_division(STREET, effective=TODAY, viewer=KEEPER, at=AT)
    assert caught.value.code == "territory.street_fixed"
    with pytest.raises(Refused) as caught:
        Division.objects.get(code=STREET).delete()
    assert caught.value.code == "territory.never_deleted"
    assert Division.objects.filter(code=STREET, valid_to__isnull=True).exists()


def test_a_community_with_grids_cannot_end(district: None) -> None:
    with pytest.raises(Refused) as caught:
        actions.end_division(ONE, effective=TODAY, viewer=KEEPER, at=AT)
    assert caught.value.code == "territory.has_children"
    assert "4" in caught.value.message


@pytest.mark.parametrize("viewer", [PUBLIC, Viewer(actor="post:2", role=DISPATCHER, territories=(DISTRICT,))])
def test_only_the_keeper_of_the_lists_may(viewer: Viewer) -> None:
    with pytest.raises(Forbidden):
        actions.import_divisions([Row(DISTRICT, "莲湖区")], valid_from=SINCE, viewer=viewer, at=AT)
    assert not Division.objects.exists()
