"""What must always hold for incidents; run by ``gongbi check`` and every night."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F, Sum

from gongbi.incidents.actions.working import digest_of
from gongbi.incidents.models import Affected, AlertMessage, Destruction, Hold, Incident, LogEntry, Stock
from gongbi.kernel.flow.invariants import Breach, register
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.vault.models import Tombstone


@register("incidents.stock")
def stock() -> Iterator[Breach]:
    """What a stock says is reserved and out is what its real incidents hold."""
    held = {
        row["stock_id"]: (row["reserved"], row["out"])
        for row in Hold.objects.filter(incident__drill=False)
        .values("stock_id")
        .annotate(reserved=Sum(F("reserved")), out=Sum(F("out")))
    }
    for one in Stock.objects.select_related("store").iterator():
        if (one.reserved, one.out) != held.get(one.pk, (0, 0)):
            yield Breach(
                "incidents.stock",
                f"{one.store}/{one.item}",
                f"{one.reserved}/{one.out}, held {held.get(one.pk)}",
            )


@register("incidents.log")
def log() -> Iterator[Breach]:
    """Every line of the log is the one that the ledger knows, none is missing."""
    told: dict[tuple[int, int], str] = {}
    for entry in LedgerEntry.objects.filter(matter__flow=Incident.flow_name, transition="note").iterator():
        told[entry.matter_id, entry.facts["entry"]] = entry.facts["digest"]
    for line in LogEntry.objects.iterator():
        where = f"{line.incident_id}/{line.seq}"
        known = told.pop((line.incident_id, line.seq), "")
        if line.digest != known or digest_of(line.incident_id, line) != known:
            yield Breach("incidents.log", where, "the line is not the one that was written")
    for incident, seq in told:
        yield Breach("incidents.log", f"{incident}/{seq}", "the line is missing")


@register("incidents.personal_data")
def personal_data() -> Iterator[Breach]:
    """After an emergency nobody stays registered without an assessment, and every destroyed row has its tombstone."""
    after = Affected.objects.filter(incident__state__in=("over", "reviewed", "archived"), kept__isnull=True)
    for row in after.iterator():
        yield Breach("incidents.personal_data", f"{row.pk}", "registered after the emergency, no assessment")
    label = Affected._meta.label_lower
    for proof in Destruction.objects.iterator():
        stones = Tombstone.objects.filter(label=label, row__in=[str(key) for key in proof.rows]).count()
        if stones != proof.count:
            yield Breach("incidents.personal_data", f"{proof.pk}", f"{stones} of {proof.count} tombstones")


@register("incidents.drills")
def drills() -> Iterator[Breach]:
    """An alert is a drill's exactly when its incident is, and its file says so."""
    for one in AlertMessage.objects.select_related("incident").iterator():
        exercise = "<status>Exercise</status>" in one.body
        if not one.drill == one.incident.drill == exercise:
            yield Breach("incidents.drills", one.identifier, "drill and file do not agree")
