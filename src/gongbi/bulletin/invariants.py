"""What must always hold for bulletins and open data; run by ``gongbi check`` and every night."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from gongbi.bulletin import shape
from gongbi.bulletin.models import Bulletin, Release
from gongbi.kernel.flow.invariants import Breach, register
from gongbi.kernel.ledger.models import LedgerEntry


@register("bulletin.issued")
def issued() -> Iterator[Breach]:
    """Every issued edition is still the bytes and words that the ledger knows; editions of a period are numbered without gaps."""
    told = {
        entry.matter_id: entry.facts
        for entry in LedgerEntry.objects.filter(
            matter__flow=Bulletin.flow_name, transition="issue"
        ).iterator()
    }
    last: dict[tuple[str, str, str], int] = {}
    for one in Bulletin.objects.filter(slot=0).order_by("sort", "place", "first", "edition").iterator():
        key = (one.sort, one.place, one.first.isoformat())
        if one.edition != last.get(key, 0) + 1:
            yield Breach("bulletin.issued", one.number, f"edition {one.edition} after {last.get(key, 0)}")
        last[key] = one.edition
        if one.digest != shape.digest(one.plain.encode()):
            yield Breach(
                "bulletin.issued", one.number, "its figures are not those that its digest was made of"
            )
        if one.state != "issued":
            continue
        facts = told.get(one.pk, {})
        changes = shape.digest(orjson.dumps(one.changes, option=orjson.OPT_SORT_KEYS))
        if (facts.get("digest"), facts.get("text"), facts.get("changes")) != (
            one.digest,
            shape.digest(one.text.encode()),
            changes,
        ):
            yield Breach("bulletin.issued", one.number, "it is not what was issued")


@register("bulletin.published")
def published() -> Iterator[Breach]:
    """Every published release is still the bytes that the ledger knows, and tells no count that its rule hides."""
    told = {
        entry.matter_id: entry.facts
        for entry in LedgerEntry.objects.filter(
            matter__flow=Release.flow_name, transition="publish"
        ).iterator()
    }
    for one in Release.objects.filter(state="published").order_by("month", "edition").iterator():
        body = one.plain.encode()
        if told.get(one.pk, {}).get("digest") != one.digest or shape.digest(body) != one.digest:
            yield Breach("bulletin.published", one.number, "it is not what was published")
        plain = orjson.loads(body)
        least = plain["suppression"]["threshold"]
        if any(row["count"] is not None and 0 < row["count"] < least for row in plain["rows"]):
            yield Breach("bulletin.published", one.number, f"it tells a count below {least}")
