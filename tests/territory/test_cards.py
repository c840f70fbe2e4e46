"""The public card of a grid: name, area, worker, phone, supervision phone; every change is kept."""

from datetime import timedelta

import pytest

from gongbi.kernel.errors import Forbidden, Refused
from gongbi.kernel.outbox.models import OutboxRow
from gongbi.kernel.scope.viewer import PUBLIC
from gongbi.territory import actions, queries
from gongbi.territory.actions.cards import CardRow
from gongbi.territory.models import GridCard
from tests.territory.conftest import AT, KEEPER, ONE, TODAY

pytestmark = pytest.mark.django_db
GRID = ONE + "001"


def post(name: str = "李萤", phone: str = "13800000000", after: int = 0) -> GridCard:
    return actions.set_card(
        grid=GRID,
        worker_name=name,
        phone=phone,
        supervision_phone="029-12345",
        worker="post:12",
        viewer=KEEPER,
        at=AT + timedelta(hours=after),
    )


def test_the_card_has_what_must_be_posted(district: None) -> None:
    empty = queries.public_card(GRID, on=TODAY)
    assert empty is not None
    assert (empty["name"], empty["worker_name"], empty["since"]) == ("第1网格", "", None)
    post()
    card = queries.public_card(GRID, on=TODAY)
    assert card is not None
    assert card["path"] == ["莲湖区", "青年路街道", "糖坊街社区居委会", "第1网格"]
    assert 40_000 < card["area_m2"] < 42_000
    assert (card["worker_name"], card["phone"], card["supervision_phone"]) == (
        "李萤",
        "13800000000",
        "029-12345",
    )
    assert "worker" not in card  # whose post it is stays inside
    assert queries.public_card(ONE, on=TODAY) is None
    assert queries.public_card(ONE + "099", on=TODAY) is None


def test_a_change_keeps_the_card_before_and_is_announced(district: None) -> None:
    post()
    post("王桥", after=1)
    assert [(c.worker_name, c.ended_at) for c in queries.card_log(GRID)] == [
        ("王桥", None),
        ("李萤", AT + timedelta(hours=1)),
    ]
    assert queries.card_log(GRID)[0].set_by == "post:1"
    assert OutboxRow.objects.filter(topic="territory.card_changed").count() == 2


def test_the_same_again_writes_nothing(district: None) -> None:
    first = post()
    assert post(after=1).pk == first.pk
    assert len(queries.card_log(GRID)) == 1


@pytest.mark.parametrize(
    ("name", "phone", "code"),
    [
        ("", "13800000000", "territory.card_field"),
        ("李萤", "", "territory.card_field"),
        ("李萤", "打给我", "territory.card_phone"),
        ("李萤", "1", "territory.card_phone"),
    ],
)
def test_a_card_without_its_parts_is_refused(district: None, name: str, phone: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        post(name, phone)
    assert caught.value.code == code
    assert not GridCard.objects.exists()


def test_full_width_digits_are_digits(district: None) -> None:
    assert post(phone="１３８００００００００").phone == "13800000000"


def test_a_roster_sets_many_at_once_or_none(district: None) -> None:
    rows = [CardRow(ONE + f"00{i}", "李萤", "12345", "12345") for i in (1, 2, 3)]
    assert actions.set_cards(rows, viewer=KEEPER, at=AT) == 3
    assert actions.set_cards(rows, viewer=KEEPER, at=AT) == 0
    changed = [CardRow(ONE + "001", "王桥", "12345", "12345"), *rows[1:]]
    assert actions.set_cards(changed, viewer=KEEPER, at=AT + timedelta(hours=1)) == 1
    assert [c.worker_name for c in queries.card_log(GRID)] == ["王桥", "李萤"]
    with pytest.raises(Refused):
        actions.set_cards([*rows, CardRow(ONE + "099", "李萤", "12345", "12345")], viewer=KEEPER, at=AT)
    assert GridCard.objects.filter(ended_at__isnull=True).count() == 3


def test_only_the_keeper_may(district: None) -> None:
    with pytest.raises(Forbidden):
        actions.set_card(
            grid=GRID, worker_name="x", phone="12345", supervision_phone="1", viewer=PUBLIC, at=AT
        )
