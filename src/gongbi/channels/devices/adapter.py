"""What the frame of the channels asks of devices. They are told nothing; what their door refused is shown with the others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import ClassVar

from gongbi.channels.adapters import Adapter
from gongbi.channels.devices import queries
from gongbi.channels.devices.reading import FAULTS
from gongbi.channels.models import Source
from gongbi.kernel.scope.viewer import system


class Devices(Adapter):
    """Readings are refused by the thousand, so they are counted by reason and not kept one by one."""

    kind: ClassVar[str] = "device"

    def turned_away(self, source: Source, *, day: date) -> Mapping[str, int]:
        """By reason, as :data:`gongbi.channels.devices.reading.FAULTS` names them."""
        found = queries.tallies(system("devices"), day=day, days=1)
        return {f"devices.{reason}": count for reason, count, _last in found if reason in FAULTS}
