"""Devices as OGC SensorThings 1.1 shows them (OGC 18-088), for reading.

A device is one Thing with one Location, one Datastream, one HistoricalLocation and one FeatureOfInterest, all of the same id; a kind is
one Sensor and one ObservedProperty. An Observation's id is ``<device>-<milliseconds>``. Nothing personal is in it: the owner is an
organisation, and its contact stays sealed.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from gongbi.channels.devices import queries
from gongbi.channels.devices.actions.upkeep import RING
from gongbi.channels.devices.kinds import KINDS, Kind
from gongbi.channels.devices.models import Device
from gongbi.channels.devices.sta_entities import MAKE, Json, Reading, kind_id
from gongbi.channels.devices.sta_query import Both, Compare, Condition, Options, Step, Unreadable, options
from gongbi.kernel.errors import NotThere
from gongbi.kernel.scope.viewer import Viewer

_KINDS = tuple(KINDS.values())
# set → what leads on from one of it: name → (set, whether it is one entity)
LEADS: dict[str, dict[str, tuple[str, bool]]] = {
    "Things": {
        "Locations": ("Locations", False), "HistoricalLocations": ("HistoricalLocations", False),
        "Datastreams": ("Datastreams", False),
    },
    "Locations": {"Things": ("Things", False), "HistoricalLocations": ("HistoricalLocations", False)},
    "HistoricalLocations": {"Thing": ("Things", True), "Locations": ("Locations", False)},
    "Datastreams": {
        "Thing": ("Things", True), "Sensor": ("Sensors", True), "ObservedProperty": ("ObservedProperties", True),
        "Observations": ("Observations", False),
    },
    "Sensors": {"Datastreams": ("Datastreams", False)},
    "ObservedProperties": {"Datastreams": ("Datastreams", False)},
    "Observations": {"Datastream": ("Datastreams", True), "FeatureOfInterest": ("FeaturesOfInterest", True)},
    "FeaturesOfInterest": {"Observations": ("Observations", False)},
}  # fmt: skip
_PLACED = frozenset({"Locations", "HistoricalLocations"})
_IDS = {"id": "pk", "@iot.id": "pk"}
_DEVICE = {
    "kind": "kind",
    "place": "place",
    "division": "division",
    "owner": "owner",
    "synthetic": "synthetic",
}
_PROPERTIES = {f"properties/{name}": column for name, column in _DEVICE.items()}
_COLUMNS: dict[str, dict[str, str]] = {
    "Things": _IDS | {"name": "number", "description": "purpose"} | _PROPERTIES,
    "Locations": _IDS | {"name": "place"},
    "HistoricalLocations": _IDS | {"time": "installed_at"},
    "Datastreams": _IDS | {"name": "number", "description": "purpose", "Thing/id": "pk", "Thing/@iot.id": "pk", "Thing/name": "number"}
    | {f"Thing/{path}": column for path, column in _PROPERTIES.items()},
    "FeaturesOfInterest": _IDS | {"name": "place"},
}  # fmt: skip
_LOOKUPS = {
    "eq": "exact", "gt": "gt", "ge": "gte", "lt": "lt", "le": "lte", "startswith": "startswith", "endswith": "endswith",
    "substringof": "contains",
}  # fmt: skip
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq, "ne": operator.ne, "gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le,
    "startswith": lambda a, b: str(a).startswith(b), "endswith": lambda a, b: str(a).endswith(b),
    "substringof": lambda a, b: b in str(a),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """Where an address led: a set of rows, and whether one entity of it is meant."""

    name: str
    rows: QuerySet[Device] | Sequence[Any]
    single: bool


class Service:
    """Answers one request. ``root``: the absolute address of the service."""

    def __init__(self, viewer: Viewer, root: str) -> None:
        self.viewer, self.root = viewer, root.rstrip("/")

    def home(self) -> Json:
        """The sets there are."""
        conforms = "http://www.opengis.net/spec/iot_sensing/1.1/req/"
        parts = ("datamodel", "resource-path/resource-path-to-entities", "request-data")
        return {
            "value": [{"name": name, "url": f"{self.root}/{name}"} for name in LEADS],
            "serverSettings": {"conformance": [conforms + part for part in parts]},
        }

    def answer(self, steps: Sequence[Step], given: Mapping[str, str]) -> Any:
        """What stands at an address. Raises Unreadable, NotThere."""
        wanted = options(given)
        found, rest = self._walk(steps, wanted)
        if found.single:
            row = self._one(found)
            entity = self._entity(found.name, row, wanted)
            for step in rest:  # a property, and perhaps its plain value
                if step.name not in entity or step.key is not None:
                    raise _none()
                entity = {step.name: entity[step.name]}
            return entity
        return self._set(found, wanted, given, "/".join(_written(step) for step in steps))

    # --- Where an address leads ---------------------------------------------------------------------------------------

    def _walk(self, steps: Sequence[Step], wanted: Options) -> tuple[Found, Sequence[Step]]:
        first = steps[0]
        if first.name not in LEADS:
            raise _none()
        here = Found(first.name, self._all(first, wanted if len(steps) == 1 else None), False)
        for number, step in enumerate(steps):
            if number:
                lead = LEADS[here.name].get(step.name)
                if lead is None:
                    if here.single and len(steps) - number == 1:
                        return here, steps[number:]
                    raise _none()
                if not here.single:
                    raise _none()
                here = Found(lead[0], self._lead(here.name, self._one(here), lead[0]), lead[1])
            if step.key is not None:
                if here.single:
                    raise _none()
                here = Found(here.name, self._with_key(here, step.key), True)
        return here, ()

    def _all(self, step: Step, wanted: Options | None) -> Any:
        if step.name in ("Sensors", "ObservedProperties"):
            return _KINDS
        if step.name == "Observations":
            if step.key is not None:
                return self._devices().filter(pk=_number(step.key.partition("-")[0]))
            key = _named_datastream(wanted.where) if wanted is not None else None
            if key is None:
                raise Unreadable(
                    "请指明数据流：Datastreams(编号)/Observations，或 $filter=Datastream/id eq 编号。",
                    "Name a datastream: Datastreams(id)/Observations, or $filter=Datastream/id eq id.",
                )
            return self._readings_of(self._devices().filter(pk=key))
        found = self._devices()
        return found.filter(lon__isnull=False) if step.name in _PLACED else found

    def _devices(self) -> QuerySet[Device]:
        return queries.kept(self.viewer).order_by("pk")

    def _with_key(self, here: Found, key: str) -> Any:
        if here.name == "Observations":
            rows = self._readings_of(here.rows) if isinstance(here.rows, QuerySet) else here.rows
            return [row for row in rows if row.key == key]
        if isinstance(here.rows, QuerySet):
            return here.rows.filter(pk=_number(key))
        return [kind for kind in here.rows if str(kind_id(kind)) == key]

    def _lead(self, name: str, row: Any, to: str) -> Any:
        """The rows of ``to`` that belong to one row of ``name``."""
        if isinstance(row, Kind):
            return self._devices().filter(kind=row.code)
        device = row.device if isinstance(row, Reading) else row
        if to in ("Sensors", "ObservedProperties"):
            return [KINDS[device.kind]]
        mine = self._devices().filter(pk=device.pk)
        if to == "Observations":
            return self._readings_of(mine)
        return mine.filter(lon__isnull=False) if to in _PLACED else mine

    def _readings_of(self, found: Iterable[Device]) -> Sequence[Reading]:
        return [
            Reading(device, ms, value)
            for device in found
            for ms, value in queries.readings(device.pk, self.viewer, most=RING)
        ]

    def _one(self, found: Found) -> Any:
        row = found.rows.first() if isinstance(found.rows, QuerySet) else next(iter(found.rows), None)
        if row is None:
            raise _none()
        return row

    # --- Sets ---------------------------------------------------------------------------------------------------------

    def _set(self, found: Found, wanted: Options, given: Mapping[str, str], path: str) -> Json:
        rows = self._narrowed(found, wanted)
        total = rows.count() if isinstance(rows, QuerySet) else len(rows)
        page = list(rows[wanted.skip : wanted.skip + wanted.top])
        answer: Json = {"@iot.count": total} if wanted.count else {}
        if wanted.top and wanted.skip + wanted.top < total:
            more = dict(given) | {"$top": str(wanted.top), "$skip": str(wanted.skip + wanted.top)}
            answer["@iot.nextLink"] = f"{self.root}/{path}?{urlencode(more)}"
        answer["value"] = [self._entity(found.name, row, wanted) for row in page]
        return answer

    def _narrowed(self, found: Found, wanted: Options) -> Any:
        if isinstance(found.rows, QuerySet):
            columns = _COLUMNS[found.name]
            rows = found.rows.filter(_as_q(wanted.where, columns)) if wanted.where else found.rows
            order = [("-" if down else "") + _known(columns, path) for path, down in wanted.order]
            return rows.order_by(*order, "pk") if order else rows
        listed = [row for row in found.rows if _holds(wanted.where, partial(self._plain, found.name, row))]
        for path, down in reversed(wanted.order):
            listed.sort(key=partial(self._by, found.name, path), reverse=down)
        return listed

    def _by(self, name: str, path: str, row: Any) -> Any:
        return self._plain(name, row, path)

    def _plain(self, name: str, row: Any, path: str) -> Any:
        """The value of a property of a kind or a reading, to compare with."""
        if isinstance(row, Reading):
            if path in ("id", "@iot.id"):
                return row.key
            if path in ("phenomenonTime", "resultTime"):
                return datetime.fromtimestamp(row.ms / 1000, UTC)
            if path == "result":
                return row.value
            if path in ("Datastream/id", "Datastream/@iot.id", "FeatureOfInterest/id"):
                return row.device.pk
        elif path in ("id", "@iot.id"):
            return kind_id(row)
        elif path == "name":
            return row.words[1]
        raise _unknown(path)

    # --- Entities -----------------------------------------------------------------------------------------------------

    def _entity(self, name: str, row: Any, wanted: Options) -> Json:
        made = MAKE[name](row)
        key = made.pop("@iot.id")
        quoted = f"'{key}'" if isinstance(key, str) else str(key)
        self_link = f"{self.root}/{name}({quoted})"
        for part in wanted.expand:
            if part not in LEADS[name]:
                raise _unknown(part)
        if wanted.select:
            strange = next(
                (one for one in wanted.select if one not in (*made, "id", "@iot.id", *LEADS[name])), None
            )
            if strange is not None:
                raise _unknown(strange)
            made = {one: value for one, value in made.items() if one in wanted.select}
        entity: Json = {"@iot.id": key, "@iot.selfLink": self_link, **made}
        for part, (to, single) in LEADS[name].items():
            if wanted.select and part not in wanted.select and part not in wanted.expand:
                continue
            entity[f"{part}@iot.navigationLink"] = f"{self_link}/{part}"
            if part in wanted.expand:
                self._expand(
                    entity, name, row, part, Found(to, self._lead(name, row, to), single), wanted.expand[part]
                )
        return entity

    def _expand(self, entity: Json, name: str, row: Any, part: str, found: Found, wanted: Options) -> None:
        if found.single:
            entity[part] = self._entity(found.name, self._one(found), wanted)
            return
        path = f"{name}({entity['@iot.id']})/{part}"
        inner = self._set(found, wanted, {}, path)
        entity[part] = inner["value"]
        for mark in ("@iot.count", "@iot.nextLink"):
            if mark in inner:
                entity[part + mark] = inner[mark]


# --- Conditions ---------------------------------------------------------------------------------------------------------


def _as_q(where: Condition, columns: Mapping[str, str]) -> Q:
    if isinstance(where, Both):
        left = _as_q(where.left, columns)
        if where.by == "not":
            return ~left
        right = _as_q(where.right, columns)
        return left & right if where.by == "and" else left | right
    assert where is not None
    column = _known(columns, where.path)
    number = column == "pk"
    if number != (isinstance(where.value, int) and not isinstance(where.value, bool)):
        raise Unreadable(f"{where.path} 的值类型不对。", f"The value for {where.path} is of the wrong type.")
    if (column == "installed_at") != isinstance(where.value, datetime) or (
        column == "synthetic"
    ) != isinstance(where.value, bool):
        raise Unreadable(f"{where.path} 的值类型不对。", f"The value for {where.path} is of the wrong type.")
    if where.by == "ne":
        return ~Q(**{column: where.value})
    return Q(**{f"{column}__{_LOOKUPS[where.by]}": where.value})


def _holds(where: Condition, value_of: Callable[[str], Any]) -> bool:
    if where is None:
        return True
    if isinstance(where, Both):
        left = _holds(where.left, value_of)
        if where.by == "not":
            return not left
        right = _holds(where.right, value_of)
        return left and right if where.by == "and" else left or right
    try:
        return _COMPARE[where.by](value_of(where.path), where.value)
    except TypeError:
        raise Unreadable(
            f"{where.path} 的值类型不对。", f"The value for {where.path} is of the wrong type."
        ) from None


def _known(columns: Mapping[str, str], path: str) -> str:
    if path not in columns:
        raise _unknown(path)
    return columns[path]


def _unknown(path: str) -> Unreadable:
    return Unreadable(
        f"没有属性 {path[:60]}，或不能用它筛选。",
        f"There is no property {path[:60]}, or one cannot filter by it.",
    )


def _number(key: str) -> int:
    return int(key) if key.isascii() and key.isdigit() and len(key) <= 18 else 0


def _written(step: Step) -> str:
    if step.key is None:
        return step.name
    return f"{step.name}({step.key})" if step.key.isdigit() else f"{step.name}('{step.key}')"


def _none() -> NotThere:
    return NotThere(
        "devices.sta.not_there",
        ("没有这个实体，或不在您的范围内。", "There is no such entity, or it is outside your area."),
    )


def _named_datastream(where: Condition) -> int | None:
    if (
        isinstance(where, Compare)
        and where.path in ("Datastream/id", "Datastream/@iot.id")
        and where.by == "eq"
    ):
        return where.value if isinstance(where.value, int) and not isinstance(where.value, bool) else None
    if isinstance(where, Both) and where.by == "and":
        left = _named_datastream(where.left)
        return left if left is not None else _named_datastream(where.right)
    return None
