"""What the frame of the channels asks of devices: how an event's end is told to them, what their door refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar

from django.conf import settings

from gongbi.channels.adapters import Adapter
from gongbi.channels.devices import answering, listening, queries
from gongbi.channels.devices.reading import FAULTS
from gongbi.channels.models import Outgoing, Source
from gongbi.channels.rules import Happening, Outcome
from gongbi.kernel.scope.viewer import system


class Devices(Adapter):
    """Readings are refused by the thousand, so they are counted by reason and not kept one by one."""

    kind: ClassVar[str] = "device"
    refusals_at: ClassVar[str] = "devices:intake"

    def compose(self, source: Source, happening: Happening) -> Mapping[str, Any] | None:
        return answering.compose(happening)

    def deliver(self, source: Source, message: Outgoing, body: Mapping[str, Any], *, at: datetime) -> Outcome:
        """To the gateways over the broker; where there is none, they read it (``GET /api/devices/answers``)."""
        broker = listening.broker(settings.MQTT, settings.MQTT_CA)
        if broker is None:
            return Outcome(True, answer="to be read")
        wrong = answering.publish(broker, body, key=message.key)
        return Outcome(not wrong, answer="" if wrong else "published", error=wrong)

    def turned_away(self, source: Source, *, day: date) -> Mapping[str, int]:
        """By reason, as :data:`gongbi.channels.devices.reading.FAULTS` names them."""
        found = queries.tallies(system("devices"), day=day, days=1)
        return {f"devices.{reason}": count for reason, count, _last in found if reason in FAULTS}
