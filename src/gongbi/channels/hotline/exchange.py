"""Work orders and beliefs as CSV or Excel, for hotlines without an interface: the same rules as through one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import IO, Any

from django.utils import timezone

from gongbi.channels.actions.arriving import check_open
from gongbi.channels.hotline import actions, messages, queries
from gongbi.channels.hotline.actions.reconciling import check_mender
from gongbi.channels.hotline.columns import BELIEFS, ORDERS
from gongbi.channels.hotline.rules import KINDS, STANDINGS, URGENCIES, Words
from gongbi.channels.models import Source
from gongbi.kernel.errors import Refused
from gongbi.kernel.keeping import Result
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.tables import Row, read_table

_UNKNOWN_PHONE = ("匿名", "anonymous")
_YES = ("是", "yes")


def import_orders(
    file: IO[bytes], filename: str, /, *, valid_from: date, viewer: Viewer, at: datetime
) -> Result:
    """Take the orders of a file in, row by row, like those of an interface; a wrong row is a fault and holds up no other."""
    check_mender(viewer)
    known, result = _Sources(viewer), Result()
    for row in read_table(file, filename, ORDERS):
        if row.good:
            try:
                source = known.of(row)
                check_open(source)
                taken = actions.take(source, messages.read(_order(row)), at=at)
            except Refused as refusal:
                row.refuse(refusal)
            else:
                result.new += taken.fate == "new"
                result.changed += taken.fate in ("changed", "conflict")
                result.same += taken.fate in ("again", "late")
        result.faults += row.errors
    return result


def import_beliefs(
    file: IO[bytes], filename: str, /, *, valid_from: date, viewer: Viewer, at: datetime
) -> Result:
    """Read what they believe and hold it against ours: one reconciliation for each hotline that the file names.

    Orders of ours that were sent out before the earliest of the file are left out: their list does not reach that far back.
    """
    check_mender(viewer)
    known, result = _Sources(viewer), Result()
    found: dict[int, tuple[Source, list[messages.Believed]]] = {}
    for row in read_table(file, filename, BELIEFS):
        if row.good:
            try:
                source = known.of(row)
                line = messages.believed(_belief(row))
            except Refused as refusal:
                row.refuse(refusal)
            else:
                found.setdefault(source.pk, (source, []))[1].append(line)
        result.faults += row.errors
    for source, lines in found.values():
        sent = [line.sent_at for line in lines if line.sent_at is not None]
        since = min(sent) if len(sent) == len(lines) else None
        report = actions.reconcile(source, lines, through=filename, viewer=viewer, at=at, since=since)
        left = len(queries.differences(report, viewer))
        result.same += len(lines)
        result.notes.append(
            (
                f"{source.words[0]}：对账完成，{f'有 {left} 处差异，见对账页' if left else '双方一致'}。",
                f"{source.words[1]}: reconciled, {f'{left} differences, see the page' if left else 'both sides agree'}.",
            )
        )
    return result


def belief_rows(viewer: Viewer, /, *, on: date) -> Iterable[Mapping[str, Any]]:
    """What we believe about every order, with our answers: the file that answers a hotline without an interface."""
    for source in queries.sources(viewer):
        after = ""
        while lines := queries.told(source, viewer, since=None, after=after, limit=500):
            for line in lines:
                after = line["number"]
                if timezone.localtime(datetime.fromisoformat(line["sent_at"])).date() <= on:
                    yield {
                        **{key: line[key] for key in ("number", "version", "text_digest", "answer")},
                        "standing": STANDINGS[line["standing"]][0],
                        "due": _local(line["due"]),
                        "sent_at": _local(line["sent_at"]),
                        "source": source.code,
                    }


class _Sources:
    """Which hotline a row belongs to."""

    def __init__(self, viewer: Viewer) -> None:
        self.known = {one.code: one for one in queries.sources(viewer)}

    def of(self, row: Row) -> Source:
        code = row.values.get("source", "")
        if not code and len(self.known) == 1:
            return next(iter(self.known.values()))
        if code not in self.known:
            raise Refused(
                "hotline.which",
                (
                    "没有代码为“%(code)s”的热线渠道；现有：%(known)s。",
                    "There is no hotline with the code “%(code)s”. There are: %(known)s.",
                ),
                values={"code": code[:40], "known": "、".join(self.known) or "—"},
                field="source",
            )
        return self.known[code]


def _order(row: Row) -> dict[str, Any]:
    """The row as the message that an interface would have brought."""
    given = {key: value for key, value in row.values.items() if value != "" and key != "source"}
    value: dict[str, Any] = {**given, "type": "order", "version": _whole(given.get("version", "1"))}
    for key, known in (("kind", KINDS), ("urgency", URGENCIES)):
        if key in given:
            value[key] = code_of(given[key], known)
    for key in ("lon", "lat"):
        if key in given:
            value[key] = _number(given[key], key)
    for key in ("said_at", "due"):
        if key in given:
            value[key] = _time(given[key])
    value["confidential"] = given.get("confidential", "") in _YES
    if given.get("phone", "") in _UNKNOWN_PHONE:
        value |= {"phone": "", "anonymous": True}
    return value


def _belief(row: Row) -> dict[str, Any]:
    given = row.values
    return {
        "number": given.get("number", ""),
        "version": _whole(given.get("version", "") or "1"),
        "standing": code_of(given.get("standing", ""), STANDINGS),
        "due": _time(given.get("due", "")),
        "sent_at": _time(given.get("sent_at", "")),
        "text_digest": given.get("text_digest", ""),
        "answer_digest": messages.answer_digest(given.get("answer", "")),
    }


def code_of(text: str, known: Mapping[str, Words]) -> str:
    """The code of what a person wrote in Chinese."""
    return next((code for code, words in known.items() if text in words), text)


def _whole(text: str) -> Any:
    return int(text) if text.isdecimal() else text


def _number(text: str, field: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Refused(
            "hotline.message", (f"{field} 应为数字。", f"{field} must be a number."), field=field
        ) from None


def _time(text: str) -> str:
    """A time of a spreadsheet is local; what cannot be read goes on as it is and is refused by its field."""
    try:
        moment = datetime.fromisoformat(text.replace("/", "-")) if text else None
    except ValueError:
        return text
    if moment is None:
        return ""
    return (moment if moment.tzinfo is not None else timezone.make_aware(moment)).isoformat()


def _local(text: str) -> str:
    return f"{timezone.localtime(datetime.fromisoformat(text)):%Y-%m-%d %H:%M}"
