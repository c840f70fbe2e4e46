"""The lists of this room that people keep: rosters with their shifts, who goes round, the turns."""

from __future__ import annotations

from gongbi.kernel.keeping import Kept, keep
from gongbi.roster import exchange

for _rank, (_name, _words, _hint, _reader, _columns, _rows) in enumerate(
    (
        (
            "rotas",
            ("值班表", "Rosters"),
            (
                "哪个单位、什么班次、几点到几点、每班几人",
                "Which unit, which shifts, from when to when, how many people",
            ),
            exchange.import_rotas,
            exchange.ROTAS,
            exchange.rota_rows,
        ),
        (
            "duty-members",
            ("轮值人员", "Rotations"),
            ("谁参加哪个值班表的轮值、顺序", "Who goes round in which roster, in which order"),
            exchange.import_members,
            exchange.MEMBERS,
            exchange.member_rows,
        ),
        (
            "duty",
            ("排班", "Turns of duty"),
            ("谁从几点值到几点；导出四周", "Who stands from when to when; four weeks go out"),
            exchange.import_turns,
            exchange.TURNS,
            exchange.turn_rows,
        ),
    ),
    start=82,
):
    keep(_name, Kept(_words, _hint, _reader, _columns, rows=_rows, rank=_rank))
