"""The register: what stands in it, silences. Who keeps lists keeps this one; who answers for a territory silences there."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from gongbi.channels.devices import memory, rules
from gongbi.channels.devices.actions import alarms, telling
from gongbi.channels.devices.kinds import KINDS
from gongbi.channels.devices.models import Device, DeviceState, Register, Silence
from gongbi.kernel.errors import Forbidden, NotThere, Refused, Stale
from gongbi.kernel.scope import one, visible
from gongbi.kernel.scope.viewer import ADMIN, DISPATCHER, MANAGER, SYSTEM, Viewer
from gongbi.territory import queries as territory

KEEPERS = frozenset({ADMIN, SYSTEM})
SILENCERS = frozenset({DISPATCHER, MANAGER, SYSTEM})
FIELDS = (
    "kind", "place", "division", "lon", "lat", "owner", "purpose", "sign_number", "sign_text", "keep_days", "gateway", "key",
    "limit", "clear", "period",
)  # fmt: skip
_NEEDED = ("place", "owner", "purpose", "sign_number", "sign_text")
LONGEST_KEPT = 90  # days


def touch() -> None:
    """Tell every process that what it remembers of the register is old. In the caller's transaction."""
    Register.objects.update_or_create(pk=1, defaults={"token": secrets.randbits(62)})


@transaction.atomic
def keep(
    number: str, values: Mapping[str, Any], *, viewer: Viewer, at: datetime, synthetic: bool = False
) -> str:
    """Write one device down: ``new``, ``changed`` or ``same``. A device that was taken out comes back into use.

    ``values``: :data:`FIELDS` and ``contact`` (plain; a mask or nothing leaves what is there). Refused with the field for what is missing or
    makes no sense, Forbidden for others than those who keep lists.
    """
    if viewer.role not in KEEPERS:
        raise Forbidden(
            "devices.keeper",
            ("只有系统管理员可以修改设备名录。", "Only an administrator changes the register of devices."),
        )
    _check(number, values, at)
    device = Device.objects.select_for_update().filter(number=number).first()
    contact = values.get("contact") or ""
    if device is None:
        telling.source(at=at)  # with its mapping, before the first alarm asks for it
        device = Device(number=number, installed_at=at, synthetic=synthetic, contact=contact)
        done = "new"
    elif device.kind != values["kind"]:
        raise _wrong(
            "kind",
            (
                "编号已用于另一类设备：请停用旧设备，新设备另编号。",
                "This number belongs to a device of another kind: take that one out of use, give the new one a number of its own.",
            ),
        )
    else:
        done = "changed" if device.retired_at or contact else "same"
        if contact:
            device.contact = contact
        device.retired_at = None
    for name in FIELDS:
        if name in values and getattr(device, name) != values[name]:
            setattr(device, name, values[name])
            done = "changed" if done == "same" else done
    if done != "same":
        device.save()
        touch()
    return done


def _check(number: str, values: Mapping[str, Any], at: datetime) -> None:
    if not number or len(number) > 40 or any(c in number for c in "+#/$ \t\n"):
        raise _wrong(
            "number",
            (
                "设备编号为1至40个字符，不含空格和 + # / $。",
                "A number has 1 to 40 characters, no blanks and none of + # / $.",
            ),
        )
    kind = KINDS.get(values.get("kind", ""))
    if kind is None:
        raise _wrong(
            "kind",
            (
                "设备类型不在名录内；本系统不接入人脸、车牌、声音设备。",
                "There is no such kind of device; none for faces, number plates or sound is taken.",
            ),
        )
    for name in _NEEDED:
        if not values.get(name):
            raise _wrong(
                name,
                (
                    "必填：没有权属、用途和公示牌的设备不接入。",
                    "Needed: no device without owner, purpose and sign.",
                ),
            )
    if territory.division(values.get("division", ""), on=at) is None:
        raise _wrong(
            "division", ("没有这个社区或网格代码。", "There is no community or grid with this code.")
        )
    lon, lat = values.get("lon"), values.get("lat")
    if (lon is None) != (lat is None):
        raise _wrong("lon", ("坐标须同时有经度和纬度。", "Coordinates need both longitude and latitude."))
    if (
        lon is not None
        and lat is not None
        and territory.locate(lon, lat, on=at) is None
        and territory.map_geojson("street", None, on=at)["features"]
    ):
        raise _wrong(
            "lon",
            (
                "这个点不在本区范围内，请核对坐标。",
                "This point lies outside the district: check the coordinates.",
            ),
        )
    if not 1 <= values.get("keep_days", 7) <= LONGEST_KEPT:
        raise _wrong(
            "keep_days",
            (f"读数保存1至{LONGEST_KEPT}天。", f"Readings are kept for 1 to {LONGEST_KEPT} days."),
        )
    try:
        rules.limits_of(
            kind, limit=values.get("limit"), clear=values.get("clear"), period=values.get("period")
        )
    except ValueError as problem:
        raise _wrong(
            str(problem),
            (
                "阈值须在量程内且高于恢复值，周期为1秒至7天。",
                "The limit lies within the range and above the clearing value, the period is 1 s to 7 days.",
            ),
        ) from None


def _wrong(field: str, words: tuple[str, str]) -> Refused:
    return Refused("devices.register", words, field=field)


@transaction.atomic
def retire(number: str, *, viewer: Viewer, at: datetime) -> Device:
    """Out of use from now on: it is heard no more; its open alarms end."""
    if viewer.role not in KEEPERS:
        raise Forbidden(
            "devices.keeper",
            ("只有系统管理员可以修改设备名录。", "Only an administrator changes the register of devices."),
        )
    device = one(Device.objects.select_for_update(), viewer, number=number)
    if device.retired_at is not None:
        raise Stale("devices.retired", ("这台设备已经停用。", "This device is out of use already."))
    device.retired_at = at
    device.save(update_fields=["retired_at"])
    entry = memory.current().by_pk.get(device.pk)
    if entry is not None:
        alarms.end_all([entry], at=at)
    DeviceState.objects.filter(device=device).update(alarm=False, silent=False, rule={})
    touch()
    return device


@transaction.atomic
def silence(
    *, number: str = "", place: str = "", hours: float, reason: str, viewer: Viewer, at: datetime
) -> Silence:
    """A maintenance window from now on, for one device or all of a place: alarms are kept, but not told.

    At most 8 hours where it is dangerous (smoke, gas, lift …), else 30 days. Refused with the field; Forbidden outside the territory.
    """
    if viewer.role not in SILENCERS:
        raise Forbidden("devices.silencer", ("您的岗位不能设置静默。", "Your post sets no silences."))
    if not reason.strip():
        raise _wrong("reason", ("请写明原因。", "Say why."))
    found = visible(Device, viewer).filter(retired_at__isnull=True)
    devices = list(found.filter(number=number) if number else found.filter(place=place))
    if not devices:
        raise NotThere(
            "devices.not_there",
            ("没有这台设备，或不在您的范围内。", "There is no such device, or it is outside your area."),
        )
    longest = rules.longest_silence(device.kind for device in devices) / 3600
    if not 0 < hours <= longest:
        raise Refused(
            "devices.silence",
            ("静默时长最多 %(most)s 小时。", "A silence lasts %(most)s hours at most."),
            values={"most": f"{longest:g}"},
            field="hours",
        )
    made = Silence(
        device=devices[0] if number else None, place="" if number else place, division=devices[0].division, begins_at=at,
        ends_at=at + timedelta(hours=hours), reason=reason.strip()[:200], actor=viewer.actor,
    )  # fmt: skip
    made.save(force_insert=True)
    return made


@transaction.atomic
def end_silence(key: int, *, viewer: Viewer, at: datetime) -> Silence:
    """Alarms are told again from now on."""
    if viewer.role not in SILENCERS:
        raise Forbidden("devices.silencer", ("您的岗位不能设置静默。", "Your post sets no silences."))
    made = one(Silence.objects.select_for_update(), viewer, pk=key)
    if made.ends_at <= at:
        raise Stale("devices.silence_over", ("这段静默已经结束。", "This silence is over already."))
    made.ends_at = max(at, made.begins_at + timedelta(seconds=1))
    made.save(update_fields=["ends_at"])
    return made
