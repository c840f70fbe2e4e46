"""The one door for every channel: what somebody said becomes a report and, unless it joins one, a case."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from gongbi.cases import links, rules
from gongbi.cases.actions.informers import informs
from gongbi.cases.actions.making import case_of, report_of, words_found_by
from gongbi.cases.actions.statement import Statement
from gongbi.cases.actions.step import load, take
from gongbi.cases.likeness import joins_from
from gongbi.cases.models import Case, Report
from gongbi.cases.queries.settings import setting
from gongbi.cases.queries.triage import look_ups
from gongbi.cases.triage import LookUps, Proposal, Said, Twin, triage, twins_as_json
from gongbi.cases.wording import clean_text
from gongbi.duties import queries as duties
from gongbi.kernel import rows
from gongbi.kernel.errors import Refused
from gongbi.kernel.files import actions as files
from gongbi.kernel.flow.advance import begin
from gongbi.kernel.pointing import Pointing, insert_pointed
from gongbi.kernel.scope.viewer import Viewer, system
from gongbi.kernel.search import actions as search
from gongbi.kernel.vault import blind
from gongbi.territory import queries as territory

# Somebody is there who can be told to call 110; a batch or a device only raises the urgency.
SPOKEN = frozenset({"web", "hotline", "hall", "field"})
CHANNELS = ("web", "hotline", "hall", "field", "mail", "api", "import", "device")
_FEWEST_DIGITS = 5  # 10086 and 12345 are telephone numbers, "none" is not


class Emergency(Refused):
    """Somebody is in danger: nothing is queued, the right number to call is shown."""

    def __init__(self, alarm: duties.Alarm) -> None:
        super().__init__("cases.emergency", alarm.reply, article=alarm.article, field="text")
        self.number = alarm.number
        self.found = alarm.words


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the one who spoke keeps: the report (number) and the private link's token; ``again`` for a repeated submission."""

    report: Report
    token: str
    again: bool = False
    joined: bool = False


def receive(
    statement: Statement,
    *,
    viewer: Viewer,
    at: datetime,
    then: Callable[[Report], None] | None = None,
    pointing: Pointing | None = None,
) -> Receipt:
    """Take one statement in. Triage runs before the transaction; what follows the case runs after it, from the outbox.

    Raises Emergency (nothing is kept), Refused for a statement that cannot be understood (with the field). The same
    idempotency key from the same channel gives the same receipt, whoever comes first; with other words, another place or telephone it is
    Refused, because the receipt's link is private. ``then`` does more in the same transaction; a row that is only to name the new report
    is ``pointing`` and changed by the report's own statement (neither is done for a report that was there).

    A machine's report that is the same as an open case with the probability that the city has set for its source joins it; the reasons
    stand in the ledger, and the desk can split it off again. People are asked instead.
    """
    statement = clean(statement, at)
    key = key_of(statement)
    if key is not None:
        known = rows.key_where(Report, idempotency=key)
        if known is not None:
            return _again(Report.objects.select_related("case").get(pk=known), statement)
    if not statement.route and statement.on_the_line and statement.said.channel in SPOKEN:
        danger = duties.emergency(statement.said.text)
        if danger is not None:
            raise Emergency(danger)
    found = (
        triage(statement.said, look_ups(at=at)) if statement.join is None and not statement.route else None
    )
    try:
        with transaction.atomic():
            report, joined = _write(statement, found, key, viewer, at, pointing)
            if then is not None:
                then(report)
    except IntegrityError:
        earlier = Report.objects.filter(idempotency=key).first() if key is not None else None
        if earlier is None:
            raise
        return _again(earlier, statement)
    return Receipt(report, links.token(report), joined=joined)


def _again(earlier: Report, statement: Statement) -> Receipt:
    """The first receipt once more, for the same words of the same person; a key that was used for anything else opens nothing."""
    if not _same(statement, earlier):
        raise Refused(
            "cases.key_used",
            (
                "这个幂等键（Idempotency-Key）已用于另一条诉求：文字、地点、电话、匿名或保密的选择、补充回答有一样不同。"
                "重发须与第一次完全相同；新的诉求请生成一个新的键，例如 UUID。",
                "This Idempotency-Key was used for another report: the words, the place, the telephone, the wish to stay unknown or "
                "the answers differ. Send a repetition exactly as before, or make a new key for a new report, for example a UUID.",
            ),
            field="Idempotency-Key",
        )
    return Receipt(earlier, links.token(earlier), again=True)


def _same(statement: Statement, earlier: Report) -> bool:
    """Whether a repetition says what was said first. A name may be spelt differently; another telephone is another person, and
    who now asks to stay unseen must not be told that all is done already.
    """
    said = statement.said
    phone = blind.index(statement.phone, "phone") if statement.phone else None
    given = (
        said.text,
        said.place_words,
        said.lon,
        said.lat,
        phone,
        statement.anonymous,
        dict(statement.answers),
    )
    known = bytes(earlier.phone_index) if earlier.phone_index is not None else None
    first = (
        earlier.text, earlier.place_words, earlier.lon, earlier.lat, known, earlier.anonymous, earlier.answers
    )  # fmt: skip
    return given == first and (earlier.confidential or not statement.confidential)


def check_said(statement: Statement, *, at: datetime) -> Said:
    """What was said, cleaned; raises as :func:`receive` does for what cannot be understood."""
    return clean(statement, at).said


def clean(statement: Statement, at: datetime, ask: LookUps | None = None) -> Statement:
    """The statement with clean text and stored coordinates; Refused with the field for what cannot be understood.

    ``ask``: the look-ups of a batch, which remember what they were asked.
    """
    said = statement.said
    text = clean_text(said.text)
    if not text:
        raise Refused(
            "cases.no_text",
            ("请写一句话，说明发生了什么。", "Write a sentence that says what happened."),
            field="text",
        )
    if len(text) > rules.MAX_TEXT:
        raise Refused(
            "cases.long_text",
            (
                "文字有 %(count)s 个字，最多 %(most)s 个。请缩短，细节可以放在照片里。",
                "The text has %(count)s characters, at most %(most)s are possible. Shorten it; details can go into photos.",
            ),
            values={"count": len(text), "most": rules.MAX_TEXT},
            field="text",
        )
    if said.channel not in CHANNELS:
        raise Refused(
            "cases.channel",
            ("没有名为 %(name)s 的渠道。", "There is no channel called %(name)s."),
            values={"name": said.channel},
            field="channel",
        )
    if len(statement.photos) > rules.MAX_PHOTOS:
        raise Refused(
            "cases.photos",
            ("照片最多 %(most)s 张。", "At most %(most)s photos."),
            values={"most": rules.MAX_PHOTOS},
            field="photos",
        )
    rules.check_said_at(said.said_at, at)
    if said.kind and duties.kind(said.kind) is None:
        raise Refused(
            "cases.kind",
            (
                "没有代码为 %(code)s 的类别，请从目录中选择或留空。",
                "There is no kind with the code %(code)s; choose one from the catalogue or leave it empty.",
            ),
            values={"code": said.kind},
            field="kind",
        )
    _check_contact(statement)
    lon, lat = said.lon, said.lat
    check_point(lon, lat)
    if lon is not None and lat is not None:
        lon, lat = territory.to_storage(lon, lat, crs=statement.crs)
        if (
            territory.locate(lon, lat, on=at) if ask is None else ask.locate(lon, lat)
        ) is None and territory.map_geojson("street", None, on=at)["features"]:
            raise outside()
    if (
        said.division
        and (territory.division(said.division, on=at) if ask is None else ask.division(said.division)) is None
    ):
        raise Refused(
            "cases.division",
            (
                "没有代码为 %(code)s 的社区或网格，请从列表中选择。",
                "There is no community or grid with the code %(code)s; choose one from the list.",
            ),
            values={"code": said.division},
            field="division",
        )
    said = replace(
        said, text=text, place_words=clean_text(said.place_words)[:200], lon=lon, lat=lat, net=clean_text(said.net)[:24]
    )  # fmt: skip
    return replace(
        statement,
        said=said,
        # Anonymous means that nothing about the one who speaks is kept, even if it was sent.
        name="" if statement.anonymous else clean_text(statement.name)[:60],
        phone="" if statement.anonymous else clean_text(statement.phone)[:40],
        account="" if statement.anonymous else clean_text(statement.account)[:80],
        external=clean_text(statement.external)[:64],
        answers={clean_text(key): clean_text(value) for key, value in statement.answers.items()},
    )


def check_point(lon: float | None, lat: float | None) -> None:
    """Both coordinates or none."""
    if (lon is None) != (lat is None):
        raise Refused(
            "cases.half_point",
            ("坐标须同时有经度和纬度。", "Coordinates need both longitude and latitude."),
            field="lon" if lon is None else "lat",
        )


def outside() -> Refused:
    """A point that no boundary of ours holds: another city, the sea."""
    return Refused(
        "cases.outside",
        (
            "这个点不在本区范围内，请在地图上重新选点，或选择社区。",
            "This point lies outside the district. Choose it again on the map, or choose a community.",
        ),
        field="lon",
    )


def _check_contact(statement: Statement) -> None:
    """A clerk's record needs a way back to the caller, unless the kind may be anonymous; a web report has its private link."""
    facts = duties.kind(statement.said.kind) if statement.said.kind else None
    if statement.anonymous and facts is not None and not facts.anonymous:
        raise Refused(
            "cases.not_anonymous",
            (
                "这类事项需要能联系到您，不能匿名。您的姓名和电话只有办理的人能看到。",
                "A matter of this kind cannot be anonymous: we must be able to reach you. Only those who handle it see your name and number.",
            ),
            field="anonymous",
        )
    reachable = sum(c.isdecimal() for c in statement.phone) >= _FEWEST_DIGITS
    if statement.said.channel in ("hotline", "hall") and not reachable and not statement.anonymous:
        raise Refused(
            "cases.contact",
            (
                "请填写来电人的电话，或注明来电人不留号码。",
                "Enter the caller's number, or say that the caller gives none.",
            ),
            field="phone",
        )


def key_of(statement: Statement) -> bytes | None:
    """The digest by which a repeated submission is recognised, or None."""
    if not statement.idempotency:
        return None
    return hashlib.sha256(f"{statement.said.channel}\x1f{statement.idempotency}".encode()).digest()


def _twin_to_join(statement: Statement, found: Proposal | None) -> Twin | None:
    """The open case that the report of a machine or of another system joins by itself."""
    if found is None or not found.twins:
        return None
    said = statement.said
    least = statement.joins_at
    if least is None:
        least = joins_from(setting("machines_join"), said.channel, said.net)
    best = found.twins[0]
    return best if least is not None and best.likeness.score >= least else None


def _taking(twin: Twin, statement: Statement, found: Proposal | None) -> Case | None:
    """The twin's case, locked, if it is still open. Informers stay apart: neither theirs is joined, nor do they join."""
    case = load(twin.case_id, system("join"))
    kind = found.kind.code if found is not None and found.kind is not None else statement.said.kind
    apart = statement.confidential or informs(kind) or informs(case.kind)
    if apart or not case.is_open or case.reports.filter(confidential=True).exists():
        return None
    return case


def _write(
    statement: Statement,
    found: Proposal | None,
    key: bytes | None,
    viewer: Viewer,
    at: datetime,
    pointing: Pointing | None,
) -> tuple[Report, bool]:
    case: Case | None = None
    reasons: dict[str, Any] = {}
    columns: dict[str, Any] = {}
    with rows.together():
        if statement.join is not None:
            case = load(statement.join, system("join"))
        elif (twin := _twin_to_join(statement, found)) is not None:
            case = _taking(twin, statement, found)
            reasons = {"by_itself": twins_as_json([twin])[0] | {"why": list(twin.likeness.why)}}
            columns = (
                {"urgent": found.urgent or case.urgent} if case is not None and found is not None else {}
            )
        joined = case is not None
        if case is None and statement.route:
            case = _open(statement, None, viewer, at, "answer_at_once", {"route": statement.route})
        elif case is None:
            case = _open(statement, found, viewer, at, "open", {})
        report = report_of(statement, case, key, viewer, at)
        if pointing is None:
            rows.insert(report)
        else:
            insert_pointed(report, pointing)
    if joined:
        take(
            case,
            "join",
            viewer,
            at=at,
            facts={"report": report.pk, "channel": report.channel} | reasons,
            report_count=case.report_count + 1,
            callback_owed=case.callback_owed or rules.said_by_phone(report.channel),
            **columns,
        )
    if statement.photos:
        files.attach(statement.photos, matter_id=case.pk, owner=f"report:{report.pk}", purpose="report")
    return report, joined


def _open(
    statement: Statement,
    found: Proposal | None,
    viewer: Viewer,
    at: datetime,
    transition: str,
    more: Mapping[str, Any],
) -> Case:
    case, facts = case_of(statement, found)
    begin(case, viewer, at=at, transition=transition, facts=facts | dict(more))
    search.index(case.pk, words_found_by(statement.said, found.where if found else None))
    return case
