"""The matter: what every brush has in common. A brush's own table inherits from it (one row each, same key)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from gongbi.kernel.flow import numbers
from gongbi.kernel.flow.declare import Flow, State, flow_named

AT_WORK = models.Q(
    closed_at__isnull=True
)  # in a state that is open or waiting: ``advance`` keeps the two in step


class Matter(models.Model):
    """One matter with its flow. Only ``kernel.flow.advance`` assigns ``state`` and ``version``."""

    flow_name: ClassVar[str] = ""
    prefix: ClassVar[str] = "M"  # first letters of the number that people read

    flow = models.CharField(max_length=24)
    state = models.CharField(max_length=24)
    state_kind = models.CharField(max_length=8, default="open")
    version = models.PositiveIntegerField(default=0)
    # The unit that must do the next thing, by id: units live a floor above (parties.Unit).
    unit_id = models.BigIntegerField(null=True)
    # Code of the smallest division that holds it: district 6, street 9, community 12 or grid 15 digits.
    territory = models.CharField(max_length=15, default="")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    # The deadline of the clock that runs now, for sorting; the truth is in kernel.clock.
    due_at = models.DateTimeField(null=True)
    # The ledger's end, so that the next entry needs no look-up; ``seed`` is what the first entry chains to.
    seed = models.BinaryField(max_length=32)
    last_seq = models.PositiveIntegerField(default=0)
    last_hash = models.BinaryField(max_length=32)

    class Meta:
        indexes = [
            # What is at work is a tenth of what there is. SQLite recognises only conditions without a value.
            models.Index(fields=["flow", "state", "due_at", "id"], name="matter_queue", condition=AT_WORK),
            models.Index(fields=["unit_id", "due_at", "id"], name="matter_unit_queue", condition=AT_WORK),
            models.Index(fields=["due_at", "id"], name="matter_due", condition=AT_WORK),
            models.Index(fields=["territory", "state_kind"], name="matter_territory"),
            # The walls count what is open, and what of it is late, by place: from this alone, however many rows there are.
            models.Index(
                fields=["flow", "territory", "due_at", "id"], name="matter_places", condition=AT_WORK
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The receipt number people read and dictate: letters, local date, number, check digit."""
        return numbers.write(self.prefix, self.pk, timezone.localdate(self.opened_at))

    @classmethod
    def numbers_of(cls, matters: Iterable[Matter]) -> dict[int, str]:
        """Key → number of bare matters, as their own rooms write it; what no room knows is left out. A question for each flow."""
        rooms = {room.flow_name: room for room in Matter.__subclasses__()}
        by_flow: dict[str, list[int]] = {}
        for one in matters:
            by_flow.setdefault(one.flow, []).append(one.pk)
        return {
            row.pk: row.number
            for flow, keys in by_flow.items()
            if flow in rooms
            for row in rooms[flow]._default_manager.filter(pk__in=keys)
        }

    def announced(self) -> dict[str, Any]:
        """What a room adds to every event of its matters: marks and codes, no personal data."""
        return {}

    @property
    def declared(self) -> Flow:
        return flow_named(self.flow)

    @property
    def declared_state(self) -> State:
        return self.declared.by_state[self.state]


class Link(models.Model):
    """A tie between two matters: merged into, split from, grown from, rework of … A brush that needs another asks here."""

    source = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="links_out")
    target = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="links_in")
    kind = models.CharField(max_length=24)
    at = models.DateTimeField()
    actor = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "target", "kind"], name="link_once")]
