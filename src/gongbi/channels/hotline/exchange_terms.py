"""The terms of a city as a list that the administrator keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import IO, Any

from gongbi.channels.hotline import actions, queries
from gongbi.channels.hotline.columns import TERMS
from gongbi.channels.hotline.exchange import code_of
from gongbi.channels.hotline.rules import KINDS, URGENCIES, Term
from gongbi.kernel.errors import Refused
from gongbi.kernel.keeping import Result
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.tables import Row, read_table


def import_terms(
    file: IO[bytes], filename: str, /, *, valid_from: date, viewer: Viewer, at: datetime
) -> Result:
    """Read terms, row by row; what the file does not name stays. A wrong row is a fault. Orders that came keep their limits."""
    result = Result()
    known = {(code, one.kind, one.urgency): one for code, one in queries.terms(viewer)}
    sources = {one.code: one for one in queries.sources(viewer)}
    for row in read_table(file, filename, TERMS):
        if row.good:
            code = row.values.get("source", "")
            try:
                term = _term(row)
                if code and code not in sources:
                    raise Refused(
                        "hotline.which", ("没有这个热线渠道。", "There is no such hotline."), field="source"
                    )
                before = known.get((code, term.kind, term.urgency))
                if before != term:
                    actions.save_terms([term], viewer=viewer, source=sources.get(code))
            except Refused as refusal:
                row.refuse(refusal)
            else:
                result.new += before is None
                result.changed += before is not None and before != term
                result.same += before == term
        result.faults += row.errors
    return result


def _term(row: Row) -> Term:
    given = row.values
    times = given.get("extensions", "") or "1"
    if not times.isdecimal():
        raise Refused(
            "hotline.term", ("延期次数应为整数。", "The number of extensions is a whole number."), field="extensions"
        )  # fmt: skip
    return Term(
        kind=code_of(given.get("kind", ""), KINDS), urgency=code_of(given.get("urgency", ""), URGENCIES), answer=given["answer"],
        giving_back=given["giving_back"], extensions=int(times), basis=given["basis"][:160],
    )  # fmt: skip


def term_rows(viewer: Viewer, /, *, on: date) -> Iterable[Mapping[str, Any]]:
    """The terms in force, the house's defaults among them."""
    for code, one in queries.terms(viewer):
        yield {
            "kind": KINDS[one.kind][0] if one.kind else "",
            "urgency": URGENCIES[one.urgency][0] if one.urgency else "",
            "answer": one.answer,
            "giving_back": one.giving_back,
            "extensions": one.extensions,
            "basis": one.basis,
            "source": code,
        }
