"""What a step of an order or a whistle needs beside state and role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gongbi.kernel.errors import Refused


def has_place(order: Any, viewer: Any, facts: Mapping[str, Any]) -> None:
    """Only who is called to a place arrives there, and once."""
    if not order.comes:
        raise Refused(
            "command.no_place",
            ("这份指令不要求到场，请直接反馈。", "This order asks nobody to come; report straight away."),
        )
    if order.arrived_at is not None:
        raise Refused("command.came_already", ("已登记到场。", "The arrival is on record already."))


def came(order: Any, viewer: Any, facts: Mapping[str, Any]) -> None:
    """Whoever is called to a place says that they are there before they report."""
    if order.comes and order.arrived_at is None:
        raise Refused(
            "command.come_first",
            ("请先登记到场，再反馈情况。", "Say that you have arrived first, then report."),
        )


def not_the_issuer(order: Any, viewer: Any, facts: Mapping[str, Any]) -> None:
    """Whoever gave the order does not rule alone that it was rightly addressed."""
    if (order.issued_person is not None and order.issued_person == viewer.person_id) or (
        order.issued_by == viewer.actor
    ):
        raise Refused(
            "command.own_order",
            (
                "发令的人不能自行驳回异议，请由另一位同事裁定。",
                "Whoever gave the order does not overrule the objection alone. Ask a colleague.",
            ),
        )


def not_the_caller(whistle: Any, viewer: Any, facts: Mapping[str, Any]) -> None:
    """Whether a whistle was needed is not said by the one who blew it, nor by their unit."""
    same = whistle.called_person is not None and whistle.called_person == viewer.person_id
    if same or whistle.called_by == viewer.actor or viewer.unit_id == whistle.caller_unit_id:
        raise Refused(
            "command.own_whistle",
            (
                "吹哨单位不能评定自己的哨，请由区级中心评定。",
                "The unit that whistled does not judge its own whistle; the district's centre does.",
            ),
        )
