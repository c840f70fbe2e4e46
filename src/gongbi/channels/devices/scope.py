"""Who sees which devices: whoever covers the place, by territory; a key as far as its territories go. Residents none."""

from __future__ import annotations

from django.db.models import Q

from gongbi.channels.devices.models import Alarm, Block, Device, DeviceEvent, DeviceState, Silence
from gongbi.kernel.scope import EVERYTHING, NOTHING, below, rows
from gongbi.kernel.scope.viewer import ADMIN, AUDITOR, DISPATCHER, MANAGER, RESIDENT, SYSTEM, Viewer, sees_by
from gongbi.kernel.vault import policy

_ALL = frozenset({SYSTEM, ADMIN, AUDITOR})


def _below(viewer: Viewer, field: str) -> Q:
    if viewer.role in _ALL:
        return EVERYTHING
    if viewer.role == RESIDENT or sees_by(viewer.role, viewer.territories) != "territory":
        return NOTHING
    return below(field, viewer.territories)


@rows(Device)
def _devices(viewer: Viewer, purpose: str) -> Q:
    return _below(viewer, "division")


@rows(DeviceState)
def _states(viewer: Viewer, purpose: str) -> Q:
    return _below(viewer, "device__division")


@rows(Block)
def _blocks(viewer: Viewer, purpose: str) -> Q:
    return _below(viewer, "device__division")


@rows(DeviceEvent)
def _events(viewer: Viewer, purpose: str) -> Q:
    return _below(viewer, "division")


@rows(Alarm)
def _alarms(viewer: Viewer, purpose: str) -> Q:
    return _below(viewer, "device__division")


@rows(Silence)
def _silences(viewer: Viewer, purpose: str) -> Q:
    return _below(viewer, "division")


policy.allow(
    Device,
    "contact",
    lambda viewer, device: viewer.role in (DISPATCHER, MANAGER) and viewer.covers(device.division),
)
