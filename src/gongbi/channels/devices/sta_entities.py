"""One entity of each set, as SensorThings writes it; without its links."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gongbi.channels.devices.kinds import KINDS, Kind
from gongbi.channels.devices.models import Device

Json = dict[str, Any]
_KINDS = tuple(KINDS.values())


@dataclass(frozen=True, slots=True)
class Reading:
    """One observation."""

    device: Device
    ms: int
    value: float

    @property
    def key(self) -> str:
        return f"{self.device.pk}-{self.ms}"


def _thing(device: Device) -> Json:
    properties = {
        "kind": device.kind, "place": device.place, "division": device.division, "owner": device.owner,
        "sign_number": device.sign_number, "sign_text": device.sign_text, "keep_days": device.keep_days,
        "synthetic": device.synthetic,
    }  # fmt: skip
    return {
        "@iot.id": device.pk,
        "name": device.number,
        "description": device.purpose,
        "properties": properties,
    }


def _point(device: Device) -> Json | None:
    return None if device.lon is None else {"type": "Point", "coordinates": [device.lon, device.lat]}


def _location(device: Device) -> Json:
    return {
        "@iot.id": device.pk, "name": device.place, "description": device.division, "encodingType": "application/geo+json",
        "location": _point(device),
    }  # fmt: skip


def _historical(device: Device) -> Json:
    return {
        "@iot.id": device.pk,
        "time": device.installed_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    }


def _feature(device: Device) -> Json:
    return {
        "@iot.id": device.pk, "name": device.place, "description": device.division, "encodingType": "application/geo+json",
        "feature": _point(device) or {"type": "GeometryCollection", "geometries": []},
    }  # fmt: skip


_OM = "http://www.opengis.net/def/observationType/OGC-OM/2.0/"


def _datastream(device: Device) -> Json:
    kind = KINDS[device.kind]
    unit = {
        "name": kind.unit or None,
        "symbol": kind.unit or None,
        "definition": f"ucum:{kind.unit}" if kind.unit else None,
    }
    return {
        "@iot.id": device.pk, "name": device.number, "description": device.purpose,
        "observationType": _OM + ("OM_TruthObservation" if kind.flag else "OM_Measurement"), "unitOfMeasurement": unit,
        "properties": {"period_s": device.period or kind.period},
    }  # fmt: skip


def kind_id(kind: Kind) -> int:
    return _KINDS.index(kind) + 1


def _sensor(kind: Kind) -> Json:
    return {
        "@iot.id": kind_id(kind), "name": kind.words[1], "description": kind.words[0], "encodingType": "text/plain",
        "metadata": kind.quantity[1],
    }  # fmt: skip


def _property(kind: Kind) -> Json:
    return {
        "@iot.id": kind_id(kind), "name": kind.quantity[1], "definition": f"urn:gongbi:devices:{kind.code}",
        "description": kind.quantity[0],
    }  # fmt: skip


def _observation(reading: Reading) -> Json:
    when = (
        datetime.fromtimestamp(reading.ms / 1000, UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )
    value: Any = bool(reading.value) if KINDS[reading.device.kind].flag else reading.value
    return {"@iot.id": reading.key, "phenomenonTime": when, "resultTime": when, "result": value}


MAKE: dict[str, Callable[[Any], Json]] = {
    "Things": _thing, "Locations": _location, "HistoricalLocations": _historical, "Datastreams": _datastream,
    "Sensors": _sensor, "ObservedProperties": _property, "Observations": _observation, "FeaturesOfInterest": _feature,
}  # fmt: skip
