"""What a client asks: the standard's filters with their traps, and what peers add to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.http import HttpRequest

from gongbi.cases.queries import Wanted
from gongbi.channels.open311.wire import (
    MOST_BYTES,
    answers,
    children,
    encoding,
    from_xml,
    plain,
    read_moment,
    too_large,
    utf8,
)
from gongbi.kernel.errors import Refused
from gongbi.territory import queries as territory

MOST = 1000  # the standard's own limit of an answer
DAYS = timedelta(days=90)
_STATUS = {"open": False, "closed": True}
_EARTH = 111_320  # m a degree of latitude


def wanted(given: Mapping[str, str], *, at: datetime) -> Wanted:
    """The question in our terms. A list of ``service_request_id`` overrides everything else; without dates: the last 90 days.

    Extensions: ``updated_after``/``updated_before``, ``bbox``, ``lat``+``long``+``radius``, ``page``+``page_size``, ``limit``+``offset``.
    """
    numbers = [part.strip() for part in given.get("service_request_id", "").split(",") if part.strip()]
    if numbers:
        return by_numbers(numbers[:MOST])
    size = _whole(given, "limit", _whole(given, "page_size", MOST))
    size = max(1, min(size, MOST))
    offset = _whole(given, "offset", (max(_whole(given, "page", 1), 1) - 1) * size)
    changed = given.get("updated_after", "") or given.get("updated_before", "")
    dated = given.get("start_date", "") or given.get("end_date", "")
    since, until = (None, None) if changed and not dated else window(given, at=at)
    return Wanted(
        kinds=_kinds(given.get("service_code", "")),
        since=since,
        until=until,
        changed_since=_moment(given, "updated_after"),
        changed_until=_moment(given, "updated_before"),
        closed=_closed(given.get("status", "")),
        box=_box(given),
        offset=offset,
        limit=size,
    )


def _kinds(text: str) -> list[str]:
    """Codes of ours; of those that are none, one that nothing has, so that an unknown service finds nothing."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return [part for part in parts if part.isalnum()] or (["-"] if parts else [])


def by_numbers(numbers: list[str]) -> Wanted:
    """These requests and no others."""
    return Wanted(numbers=numbers, limit=MOST)


def window(
    given: Mapping[str, str], *, at: datetime, longest: timedelta | None = DAYS
) -> tuple[datetime, datetime]:
    """From and to; one date alone means the 90 days after or before it. Refused when they span more, or the end comes first."""
    since, until = _moment(given, "start_date"), _moment(given, "end_date")
    if since is None and until is None:
        return at - DAYS, at + timedelta(seconds=1)
    if since is None:
        since = until - DAYS if until is not None else at - DAYS
    if until is None:
        until = min(since + DAYS, at + timedelta(seconds=1))
        if until <= since:
            until = since + timedelta(seconds=1)
    if until < since:
        raise Refused(
            "open311.dates",
            ("end_date 早于 start_date。", "end_date comes before start_date."),
            field="end_date",
        )
    if longest is not None and until - since > longest:
        raise Refused(
            "open311.span",
            ("start_date 到 end_date 最多 90 天。", "start_date and end_date may span at most 90 days."),
            field="end_date",
        )
    return since, until


def _moment(given: Mapping[str, str], name: str) -> datetime | None:
    text = given.get(name, "")
    return read_moment(text, name) if text else None


def _whole(given: Mapping[str, str], name: str, otherwise: int) -> int:
    text = given.get(name, "").strip()
    if not text:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refused(
            "open311.number",
            ("%(name)s 须是非负整数。", "%(name)s is a whole number, zero or more."),
            values={"name": name},
            field=name,
        )
    return int(text)


def _closed(text: str) -> bool | None:
    parts = {part.strip().lower() for part in text.split(",") if part.strip()}
    unknown = parts - _STATUS.keys()
    if unknown:
        raise Refused(
            "open311.status",
            ("status 只有 open 和 closed。", "status knows open and closed alone."),
            field="status",
        )
    return _STATUS[parts.pop()] if len(parts) == 1 else None


def _box(given: Mapping[str, str]) -> tuple[float, float, float, float] | None:
    """In our coordinates, from ``bbox`` (west,south,east,north) or a circle's square; clients speak WGS84."""
    if given.get("bbox"):
        west, south, east, north = _numbers(given["bbox"].split(","), 4, "bbox")
        return (
            *territory.to_storage(west, south, crs="WGS84"),
            *territory.to_storage(east, north, crs="WGS84"),
        )
    if given.get("lat") or given.get("long") or given.get("radius"):
        lat, lon, radius = _numbers(
            [given.get("lat", ""), given.get("long", ""), given.get("radius", "500")], 3, "lat"
        )
        lon, lat = territory.to_storage(lon, lat, crs="WGS84")
        up = min(radius, 50_000) / _EARTH
        across = up * 1.25  # at the latitudes of this country a degree of longitude is shorter
        return lon - across, lat - up, lon + across, lat + up
    return None


def _numbers(texts: list[str], count: int, field: str) -> list[float]:
    try:
        values = [float(text) for text in texts]
    except ValueError:
        values = []
    if len(values) != count or not all(abs(value) < 1e6 for value in values):
        raise Refused(
            "open311.place",
            ("%(field)s 的数字无效。", "The numbers of %(field)s are not valid."),
            values={"field": field},
            field=field,
        )
    return values


def posted(request: HttpRequest) -> tuple[dict[str, str], dict[str, list[str]]]:
    """(fields, every value of each): from a form as the standard says, or from ``request`` elements of an XML body."""
    if "xml" in (request.content_type or ""):
        body = request.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise too_large()
        root = from_xml(body)
        element = root if plain(root.tag) == "request" or root.find("*/*") is None else root[0]
        fields = children(element)
        return fields, {name: [value] for name, value in fields.items()} | answers(element)
    if "urlencoded" in (request.content_type or ""):
        utf8(request.body)
    repeated = {name: request.POST.getlist(name) for name in request.POST}
    for values in repeated.values():
        if any("\ufffd" in value for value in values):
            raise encoding()
    return {name: values[0] if values else "" for name, values in repeated.items()}, repeated
