"""A community gets only what is on its three lists, and never leads what it only assists."""

import pytest

from gongbi.duties.rules import Item, best_item, check_community_lists
from gongbi.kernel.errors import Refused

PERFORM = Item("P1", "perform", ("清理楼道", "clear stairwells"), ("E0136",))
ACT = Item("A1", "actfor", ("代收材料", "take in papers"), ("H13",))
ASSIST = Item("S1", "assist", ("协助违建", "help with unlawful building"), ("E0101", "E0136"))
LOCAL = Item("P2", "perform", ("只在一街道", "one street only"), ("E0405",), territory="610104001")
ITEMS = (ASSIST, PERFORM, ACT, LOCAL)


@pytest.mark.parametrize(
    ("kind", "unit", "lead", "code"),
    [
        ("E0136", "community", True, ""),  # on perform and on assist: perform counts
        ("E0136", "community", False, ""),
        ("H1399", "community", True, ""),  # act-for may be led
        ("E0101", "community", True, "duties.community_assists_only"),
        ("E0101", "community", False, ""),
        ("E0301", "community", True, "duties.community_not_on_lists"),
        ("E0301", "community", False, "duties.community_not_on_lists"),
        ("E0301", "street", True, ""),  # only communities are bound
        ("E0101", "department", True, ""),
    ],
)
def test_a_community_is_refused_what_is_not_its_own_and_the_article_is_named(
    kind: str, unit: str, lead: bool, code: str
) -> None:
    item = best_item(ITEMS, kind)
    if code:
        with pytest.raises(Refused) as refused:
            check_community_lists(item, unit_kind=unit, as_lead=lead)
        assert refused.value.code == code
        assert "§17" in refused.value.article
    else:
        article = check_community_lists(item, unit_kind=unit, as_lead=lead)
        assert bool(article) == (unit == "community")


@pytest.mark.parametrize(("community", "item"), [("610104001003", "P2"), ("610104002003", ""), ("", "")])
def test_an_item_of_one_street_does_not_bind_another(community: str, item: str) -> None:
    found = best_item(ITEMS, "E0405", community)
    assert (found.code if found else "") == item


@pytest.mark.parametrize(
    ("kind", "code"),
    [("C0137", "X2"), ("C0136", "X1"), ("E0105", "X3")],
    ids=["named itself", "by its family alone", "a stronger list before a closer name"],
)
def test_of_two_items_of_a_list_the_one_that_names_the_kind_most_closely_counts(kind: str, code: str) -> None:
    words = ("名", "name")
    items = [
        Item("X1", "assist", words, ("C01",)),
        Item("X2", "assist", words, ("C0137", "C0138")),
        Item("X3", "perform", words, ("E01",)),
        Item("X4", "assist", words, ("E0105",)),
    ]
    found = best_item(items, kind)
    assert found is not None
    assert found.code == code
