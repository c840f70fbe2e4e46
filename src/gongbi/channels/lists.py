"""The list of this room that people keep: what the codes of every counterpart mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import IO, Any

from gongbi.channels import actions, queries
from gongbi.kernel.errors import NotThere, Refused
from gongbi.kernel.keeping import Kept, Result, keep
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.tables import Column, Fault, read_table

COLUMNS = (
    Column(
        "source",
        "渠道",
        "Channel",
        required=True,
        note=("渠道的代码", "the channel's code"),
        example="city-management",
    ),
    Column("theirs", "对方代码", "Their code", required=True, example="0107"),
    Column("name", "对方名称", "What they call it", example="井盖"),
    Column(
        "kind", "我们的类别", "Our kind", note=("不填则由系统识别", "empty: left to triage"), example="C0101"
    ),
    Column(
        "net",
        "网络",
        "Network",
        note=("一个对方承载几张网时填写", "for a counterpart that carries several networks"),
    ),
)


def read_mappings(
    file: IO[bytes], filename: str, /, *, valid_from: date, viewer: Viewer, at: datetime
) -> Result:
    """Take the codes of a file in; each row by itself. What a file leaves out stays."""
    result = Result()
    known: dict[str, Any] = {}
    for row in read_table(file, filename, COLUMNS):
        if not row.good:
            result.faults += row.errors
            continue
        given = row.values
        try:
            code = given["source"]
            if code not in known:
                found = queries.source(code, viewer)
                known[code] = (
                    found,
                    {one.theirs: (one.kind, one.name, one.net) for one in queries.mappings(found, viewer)},
                )
            source, before = known[code]
            after = (given.get("kind", ""), given.get("name", ""), given.get("net", ""))
            if before.get(given["theirs"]) == after:
                result.same += 1
                continue
            actions.map_code(
                source.pk, given["theirs"], kind=after[0], name=after[1], net=after[2], viewer=viewer
            )
            if given["theirs"] in before:
                result.changed += 1
            else:
                result.new += 1
        except (Refused, NotThere) as refusal:
            field = refusal.field or "source"
            result.faults.append(
                Fault(
                    row.number,
                    field,
                    refusal.words,
                    refusal.code,
                    refusal.values,
                    row.headings.get(field, field),
                )
            )
    return result


def mapping_rows(viewer: Viewer, /, *, on: date) -> Iterator[Mapping[str, Any]]:
    """Every code of every counterpart, as a file that comes in again unchanged."""
    for source in queries.sources(viewer):
        for one in queries.mappings(source, viewer):
            yield {
                "source": source.code,
                "theirs": one.theirs,
                "name": one.name,
                "kind": one.kind,
                "net": one.net,
            }


keep(
    "channel-mappings",
    Kept(
        ("渠道类别对照", "Channel categories"),
        ("对方的代码对应哪一类", "Which kind each code of a counterpart means"),
        read_mappings,
        COLUMNS,
        mapping_rows,
        rank=55,
        dated=False,
    ),
)
