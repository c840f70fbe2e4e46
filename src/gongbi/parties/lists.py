"""The lists of this room that people keep: units, people, posts."""

from __future__ import annotations

from datetime import date, datetime
from typing import IO

from gongbi.kernel.keeping import Kept, Reader, Result, keep
from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties import exchange


def _reader(name: str) -> Reader:
    def read(file: IO[bytes], filename: str, /, *, valid_from: date, viewer: Viewer, at: datetime) -> Result:
        return exchange.import_list(name, file, filename, at=at, viewer=viewer)

    return read


for _rank, (_name, _words, _hint) in enumerate(
    (
        (
            "units",
            ("单位", "Units"),
            ("部门、街道、社区、物业企业", "Departments, streets, communities, property firms"),
        ),
        ("people", ("人员", "People"), ("姓名与电话加密保存", "Names and numbers are sealed")),
        (
            "posts",
            ("岗位", "Posts"),
            ("人 × 单位 × 角色 × 范围 × 时间", "Person × unit × role × territory × time"),
        ),
    ),
    start=20,
):
    keep(
        _name,
        Kept(
            _words,
            _hint,
            _reader(_name),
            exchange.LISTS[_name],
            exchange.ROWS[_name],
            rank=_rank,
            dated=False,
        ),
    )
