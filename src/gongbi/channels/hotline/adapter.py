"""The hotline among the channels: how its messages are composed and delivered, how it is asked for news and for its list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote

from django.utils import timezone

from gongbi.channels import actions as channels
from gongbi.channels.adapters import Adapter
from gongbi.channels.hotline import actions, messages, queries, signature
from gongbi.channels.hotline.calling import KEYS, Failed, Line, line_to
from gongbi.channels.hotline.models import OrderFile, Reconciliation
from gongbi.channels.hotline.settings import HotlineSettings, tells
from gongbi.channels.models import Outgoing, Source
from gongbi.channels.rules import Happening, Outcome, Words
from gongbi.channels.words import SETTINGS
from gongbi.kernel.errors import Refused
from gongbi.kernel.files import actions as files
from gongbi.kernel.scope.viewer import system

MOST_PAGES = 40
LOOK = 300  # s between looks for attachments and the hour of the reconciliation where nothing is polled


class Hotline(Adapter):
    """A 12345 platform."""

    kind: ClassVar[str] = "hotline"
    settings: ClassVar[type[Any]] = HotlineSettings
    secrets: ClassVar[tuple[str, ...]] = KEYS
    choices: ClassVar[Mapping[str, Mapping[str, Words]]] = {
        "algorithm": {name: (name, name) for name in signature.ALGORITHMS},
        "signs_with": {"key": SETTINGS["key"], "key_next": SETTINGS["key_next"]},
    }
    direction: ClassVar[str] = "both"

    def compose(self, source: Source, happening: Happening) -> Mapping[str, Any] | None:
        body = actions.compose(source, happening)
        return body if tells(source) else None

    def deliver(self, source: Source, message: Outgoing, body: Mapping[str, Any], *, at: datetime) -> Outcome:
        """One message as a batch of one; ``id`` is the same at every attempt, so that they may recognise it."""
        try:
            answer = line_to(source).post("/messages", {"messages": [{**body, "id": message.key}]})
        except Failed as failure:
            return Outcome(False, error=str(failure), again=failure.again, after=failure.after)
        except Refused as refusal:
            return Outcome(False, error=refusal.code)
        results = answer.get("results") if isinstance(answer, dict) else None
        if not isinstance(results, list) or len(results) != 1 or not isinstance(results[0], dict):
            return Outcome(False, error="the answer has no results")
        refused = results[0].get("refused")
        if refused:
            return Outcome(False, error=f"refused: {refused}", again=False)
        return Outcome(True, answer=str(results[0].get("fate", "")))

    def poll_seconds(self, source: Source) -> int:
        given = HotlineSettings(**source.settings)
        return (given.poll_seconds or LOOK) if given.base_url else 0

    def poll(self, source: Source, cursor: Mapping[str, Any], *, at: datetime) -> Mapping[str, Any]:
        """Orders and what became of them, attachments that are owed, and once a night the list."""
        line, after = line_to(source), str(cursor.get("after", ""))
        if line.settings.poll_seconds:
            for _page in range(MOST_PAGES):
                news = line.get("/messages", after=after)
                found = news.get("messages") if isinstance(news, dict) else None
                if not isinstance(found, list):
                    raise Failed("their news has no messages")
                take_values(source, found, at=at, pulled=True)
                after = str(news.get("next") or after)[:200]
                if not found:
                    break
        fetch_files(source, line, at=at)
        return {**cursor, "after": after, **_nightly(source, line, cursor, at)}


def take_values(
    source: Source, values: Sequence[Any], *, at: datetime, pulled: bool = False
) -> list[dict[str, Any]]:
    """Take messages in as they came; the answers as they go back: each its fate, or what is wrong, which is noted with the channel.

    ``pulled``: nobody waits for the answers, so an order is acknowledged with a message of its own.
    """
    channels.arriving.check_open(source)
    return [
        _answer(source, value, found, at, pulled)
        for value, found in zip(
            values, actions.take_many(source, [_read(value) for value in values], at=at), strict=True
        )
    ]


def _read(value: Any) -> messages.Message | Refused:
    try:
        return messages.read(value)
    except Refused as refusal:
        return refusal


def _answer(
    source: Source, value: Any, found: actions.Taken | Refused, at: datetime, pulled: bool
) -> dict[str, Any]:
    if isinstance(found, Refused):
        number = messages.number_of(value)
        channels.reject(found, kind="hotline", at=at, source=source, external=number, content=repr(value))
        refused = {"code": found.code, "message": found.message, "field": found.field}
        return {"number": number, "refused": refused}
    if found.fate in _ODD:
        odd = Refused(f"hotline.{found.fate}", _ODD[found.fate])
        channels.reject(odd, kind="hotline", at=at, source=source, external=found.number)
    if pulled and found.fate == "new":
        actions.acknowledge(source, found.number, at=at)
    told = {"number": found.number, "fate": found.fate, "receipt": found.receipt}
    return told | ({"due": timezone.localtime(found.due).isoformat()} if found.due is not None else {})


# Taken all the same, and shown with the refusals: the counterpart has something to mend.
_ODD: dict[str, tuple[str, str]] = {
    "conflict": (
        "同一版本的内容与先前不同：已按更改登记。内容变化时请对方提高版本号。",
        "Other words under a version that we have: kept as a change. They should raise the version when words change.",
    ),
    "late": (
        "版本比已有的旧：已存档，未采用。",
        "An older version than ours: kept on file, not used.",
    ),
}


def fetch_files(source: Source, line: Line, *, at: datetime) -> int:
    """Fetch the attachments that were announced. Returns how many are kept now; one that does not fit is refused for good."""
    kept = 0
    for row in queries.files_owed(source, system("hotline")):
        try:
            kept += _fetch_file(source, line, row, at)
        except Failed as failure:
            if failure.again:
                break  # they are asked again at the next look; the rest of it does not wait
            actions.refuse_file(row.pk, _lost(row))
    return kept


def _fetch_file(source: Source, line: Line, row: OrderFile, at: datetime) -> int:
    content = line.ask("GET", f"/attachments/{quote(row.theirs, safe='')}", b"", most=messages.MOST_BYTES + 1)
    try:
        messages.check_attachment(content, size=row.size, sha256=row.sha256)
        ready = files.prepare(content, viewer=channels.draining.viewer_for(source))
    except Refused as refusal:
        actions.refuse_file(row.pk, refusal)
        return 0
    actions.keep_file(row.pk, ready, at=at)
    return 1


def _lost(row: OrderFile) -> Refused:
    return Refused(
        "hotline.no_attachment",
        ("对方没有提供附件 %(name)s。", "They do not have the attachment %(name)s."),
        values={"name": row.name},
    )


def _nightly(source: Source, line: Line, cursor: Mapping[str, Any], at: datetime) -> Mapping[str, Any]:
    """The reconciliation, once a local day from its hour on."""
    local = timezone.localtime(at)
    today = local.date().isoformat()
    if cursor.get("reconciled") == today or f"{local:%H:%M}" < line.settings.reconcile_at:
        return {}
    reconcile_now(source, at=at)
    return {"reconciled": today}


def reconcile_now(source: Source, *, at: datetime) -> Reconciliation:
    """Pull their list and hold it against ours. Failed when they cannot be asked; a line that cannot be read is noted and left out."""
    line = line_to(source)
    first = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    since = first - timedelta(days=line.settings.reconcile_days)
    theirs: list[messages.Believed] = []
    after = ""
    for _page in range(MOST_PAGES * 10):
        answer = line.get("/orders", since=since.isoformat(), after=after)
        found = answer.get("orders") if isinstance(answer, dict) else None
        if not isinstance(found, list):
            raise Failed("their list has no orders")
        for one in found:
            try:
                theirs.append(messages.believed(one))
            except Refused as refusal:  # the rest of their list is compared all the same
                channels.reject(refusal, kind="hotline", at=at, source=source, content=repr(one))
        after = str(answer.get("next") or "")
        if not after:
            break
    return actions.reconcile(source, theirs, through="pull", viewer=system("hotline"), at=at, since=since)
