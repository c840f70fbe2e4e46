"""Our side of another Open311 server: what we tell it, what we ask it. One setting makes a neighbouring system part of the loop.

``pulls``: their open requests come in here, and each step of ours that the reporter is told of goes back as an update.
``sends``: what a dispatcher gives to the source's unit is posted there; what they say of it comes back into our case.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

from django.core.cache import cache

from gongbi.channels import actions
from gongbi.channels.actions.sources import secrets_of
from gongbi.channels.adapters import Adapter, settings_of
from gongbi.channels.calling import Unanswered, call, form
from gongbi.channels.models import Outgoing, Source
from gongbi.channels.open311 import actions as neighbour
from gongbi.channels.open311 import attributes, queries
from gongbi.channels.open311.settings import Open311Settings
from gongbi.channels.open311.wire import moment, read_moment
from gongbi.channels.rules import Happening, Incoming, Outcome
from gongbi.duties import queries as duties
from gongbi.kernel.errors import Refused, in_language
from gongbi.kernel.scope.viewer import PUBLIC, system

SECONDS = 10  # for an answer: a counterpart that is slower is down, and asked again later
OVERLAP = timedelta(minutes=15)  # looks overlap, because clocks differ; what comes twice is recognised
DEFINED = 600  # s for which what they ask about a service is taken as unchanged
MOST_AT_ONCE = 50  # numbers in one question
ME = "open311"


class Open311(Adapter):
    """The adapter of the kind ``open311``: the server's side (messages that they read) and the client's."""

    kind: ClassVar[str] = "open311"
    settings: ClassVar[type[Any]] = Open311Settings
    secrets: ClassVar[tuple[str, ...]] = ("api_key",)

    def own_kind(self, source: Source, code: str) -> str:
        """Our services are our kinds, so who read the list sends their codes."""
        return code if duties.kind(code) is not None else ""

    def compose(self, source: Source, happening: Happening) -> Mapping[str, Any] | None:
        """One update, in the words that the reporter reads. Steps between offices are none of theirs."""
        if "reporter" not in happening.notifies:
            return None
        words = in_language(happening.hint) or in_language(happening.words)
        return {
            "service_request_id": happening.number,
            "external_id": happening.external,
            "status": "closed" if happening.closed else "open",
            "description": f"{words}：{happening.said}" if happening.said else words,
            "state": happening.state,
            "updated_datetime": moment(happening.at),
        }

    def deliver(self, source: Source, message: Outgoing, body: Mapping[str, Any], *, at: datetime) -> Outcome:
        """Post an update or a request. A source without an endpoint reads its updates itself: those are there at once."""
        given: Open311Settings = settings_of(source)
        if not given.endpoint:
            return Outcome(True, answer="to be read")
        if message.topic == neighbour.SENT:
            return self._send(source, given, message, body)
        if not given.pulls:
            return Outcome(True, answer="to be read")
        fields = {
            "service_request_id": str(body["external_id"]), "status": str(body["status"]), "description": str(body["description"]),
            "updated_datetime": str(body["updated_datetime"]), "update_id": message.key,
        }  # fmt: skip
        outcome, told = _post(source, given, "servicerequestupdates.json", fields)
        if told is None:
            return outcome
        return Outcome(True, answer=str(_first(told).get("update_id", "")))

    def _send(
        self, source: Source, given: Open311Settings, message: Outgoing, body: Mapping[str, Any]
    ) -> Outcome:
        """A case of ours, as a request of theirs. The answer is kept: their number, or the token by which it is asked for."""
        service = neighbour.service_for(source, str(body.get("kind", "")))
        if not service:
            return Outcome(
                False,
                error=f"no service of theirs for the kind {body.get('kind')}: complete the mapping",
                again=False,
            )
        fields = {
            "service_code": service, "description": str(body["description"]), "external_id": str(body["external_id"]),
            "address_string": str(body.get("address_string") or ""),
        }  # fmt: skip
        if body.get("lon") is not None:
            # CGCS2000 and WGS84 differ by less than a decimetre.
            fields |= {"lat": f"{body['lat']:.6f}", "long": f"{body['lon']:.6f}"}
        try:
            asked = _asked(source, given, service)
        except Unanswered as error:
            return Outcome(False, error=str(error))
        fields |= attributes.answered(asked, body.get("answers") or {}, str(body["description"]))
        outcome, told = _post(source, given, "requests.json", fields, key=message.key)
        if told is None:
            return outcome
        one = _first(told)
        number, token = str(one.get("service_request_id") or ""), str(one.get("token") or "")
        if not number and not token:
            return Outcome(False, error="neither service_request_id nor token in their answer")
        return Outcome(True, answer=number or f"token:{token}")

    def poll_seconds(self, source: Source) -> int:
        given: Open311Settings = settings_of(source)
        return given.poll if given.endpoint and (given.pulls or given.sends) else 0

    def poll(self, source: Source, cursor: Mapping[str, Any], *, at: datetime) -> Mapping[str, Any]:
        """Their new requests since the last look, and how ours stand with them."""
        given: Open311Settings = settings_of(source)
        fresh = dict(cursor)
        if given.pulls:
            fresh["since"] = self._pull(source, given, cursor.get("since", ""), at)
        if given.sends:
            fresh["seen"] = self._look(source, given, dict(cursor.get("seen", {})), at)
        return fresh

    def _pull(self, source: Source, given: Open311Settings, since: str, at: datetime) -> str:
        start = datetime.fromisoformat(since) if since else at - timedelta(days=1)
        start = max(start - OVERLAP, at - timedelta(days=89))
        found = _get(
            source,
            given,
            "requests.json",
            {"start_date": moment(start), "end_date": moment(at + OVERLAP), "status": "open"},
        )
        numbers = {
            str(one.get("service_request_id") or ""): str(one.get("external_id") or "") for one in found
        }
        own = queries.ours(source, numbers, PUBLIC)
        taken = [one for one in map(_incoming, found) if one is not None and one.external not in own]
        if taken:
            actions.accept_many(source, taken, viewer=system(ME), at=at)
        return at.isoformat()

    def _look(
        self, source: Source, given: Open311Settings, seen: dict[str, str], at: datetime
    ) -> dict[str, str]:
        """``seen``: their number → what they last said of it."""
        sent = {row.answer: row for row in queries.sent(source, system(ME)) if row.answer}
        for answer in [one for one in sent if one.startswith("token:")]:
            number = str(
                _first(_get(source, given, f"tokens/{answer[6:]}.json", {})).get("service_request_id") or ""
            )
            if number:
                row = sent.pop(answer)
                neighbour.told_number(row.pk, number)
                sent[number] = row
        known = [number for number in sent if not number.startswith("token:")]
        for first in range(0, len(known), MOST_AT_ONCE):
            numbers = known[first : first + MOST_AT_ONCE]
            for one in _get(source, given, "requests.json", {"service_request_id": ",".join(numbers)}):
                self._heard(source, sent, one, seen, at)
        return {number: seen[number] for number in known if number in seen}

    def _heard(
        self,
        source: Source,
        sent: Mapping[str, Outgoing],
        one: Mapping[str, Any],
        seen: dict[str, str],
        at: datetime,
    ) -> None:
        number, status = str(one.get("service_request_id") or ""), str(one.get("status") or "")
        notes = str(one.get("status_notes") or "")
        row = sent.get(number)
        news = json.dumps([status, notes])
        if row is None or row.matter_id is None or seen.get(number) == news:
            return
        neighbour.answered_by(
            row.matter_id, source=source, closed=status == "closed", text=notes[:2000], at=at
        )
        seen[number] = news


def _incoming(one: Mapping[str, Any]) -> Incoming | None:
    """One request of theirs; None for what has no number or no place, which no report of ours could be made of."""
    number, text = (
        str(one.get("service_request_id") or ""),
        str(one.get("description") or one.get("service_name") or ""),
    )
    if not number or not text.strip():
        return None
    try:
        said_at = read_moment(str(one["requested_datetime"]), "requested_datetime")
        lat, lon = (float(one[name]) if one.get(name) not in (None, "") else None for name in ("lat", "long"))
    except (KeyError, ValueError, Refused):
        return None
    return Incoming(
        external=number[:100], text=text[:4000], said_at=said_at, code=str(one.get("service_code") or "")[:80], lon=lon, lat=lat,
        crs="WGS84", place_words=str(one.get("address") or "")[:200],
        media=tuple(filter(None, [str(one.get("media_url") or "")])),
    )  # fmt: skip


def _fields(
    source: Source, given: Open311Settings, fields: Mapping[str, str], *, secret: bool
) -> dict[str, str]:
    more = {"jurisdiction_id": given.jurisdiction} if given.jurisdiction else {}
    key = secrets_of(source).get("api_key", "") if secret else ""
    return {**fields, **more, **({"api_key": key} if key else {})}


def _post(
    source: Source, given: Open311Settings, path: str, fields: Mapping[str, str], *, key: str = ""
) -> tuple[Outcome, Any]:
    """(what became of it, their answer or None). The key lets them recognise a repetition, where they look at it."""
    body, headers = form(_fields(source, given, fields, secret=True))
    if key:
        headers = {**headers, "Idempotency-Key": f"{source.code}:{key}"}
    try:
        answer = call(
            "POST", f"{given.endpoint.rstrip('/')}/{path}", body=body, headers=headers, seconds=SECONDS
        )
    except Unanswered as error:
        return Outcome(False, error=str(error)), None
    if not answer.outcome.done:
        return answer.outcome, None
    try:
        return Outcome(True), json.loads(answer.content)
    except ValueError:
        return Outcome(False, error="their answer is no JSON"), None


def _get(
    source: Source, given: Open311Settings, path: str, query: Mapping[str, str]
) -> list[Mapping[str, Any]]:
    """A list of theirs; raises Unanswered, also for an answer that is not as GeoReport says."""
    key = secrets_of(source).get("api_key", "")
    asked = urlencode(_fields(source, given, query, secret=False))
    answer = call(
        "GET", f"{given.endpoint.rstrip('/')}/{path}?{asked}", headers={"X-API-Key": key} if key else {}, seconds=SECONDS
    )  # fmt: skip
    if answer.status != 200:
        raise Unanswered(f"{path}: {answer.status}")
    try:
        found = json.loads(answer.content)
    except ValueError:
        raise Unanswered(f"{path}: no JSON") from None
    if not isinstance(found, list):
        raise Unanswered(f"{path}: no list")
    return [one for one in found if isinstance(one, dict)]


def _asked(source: Source, given: Open311Settings, service: str) -> list[Any]:
    """What they ask about a service, remembered for a while; nothing where they do not describe it. Raises Unanswered when no answer came."""
    asked = urlencode(_fields(source, given, {}, secret=False))
    address = f"{given.endpoint.rstrip('/')}/services/{quote(service, safe='')}.json?{asked}"
    remembered = f"open311:{sha256(address.encode()).hexdigest()}"
    known: list[Any] | None = cache.get(remembered)
    if known is not None:
        return known
    answer = call("GET", address, seconds=SECONDS)
    try:
        found = _first(json.loads(answer.content)).get("attributes") if answer.status == 200 else None
    except ValueError:
        found = None
    known = found if isinstance(found, list) else []
    if answer.status < 500:
        cache.set(remembered, known, DEFINED)
    return known


def _first(told: Any) -> Mapping[str, Any]:
    one = told[0] if isinstance(told, list) and told else told
    return one if isinstance(one, dict) else {}
