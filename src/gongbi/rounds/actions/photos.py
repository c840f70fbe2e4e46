"""A photo comes in piece by piece: what arrived stays, whatever becomes of the line; the same piece twice is one piece."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from gongbi.kernel.errors import NotThere, Refused
from gongbi.kernel.files import actions as files
from gongbi.kernel.files.models import StoredFile
from gongbi.kernel.files.rules import MAX_BYTES
from gongbi.kernel.scope.viewer import Viewer
from gongbi.rounds import rules
from gongbi.rounds.models import FieldPhoto, PhotoPart


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """What the phone says of a photo. ``place``: where the phone was; ``camera``: what the picture itself says (degrees)."""

    digest: str
    size: int
    taken_at: datetime
    place: rules.Point | None = None
    accuracy: float | None = None
    camera: rules.Point | None = None
    sure: bool = False


def begin_photo(
    *, key: str, facts: PhotoFacts, bounds: Sequence[float] | None, viewer: Viewer, at: datetime
) -> FieldPhoto:
    """Announce a photo, or ask again how much of it is here. ``bounds``: of the district (west, south, east, north).

    A photo whose file was swept meanwhile (nothing was attached to it for a day) begins anew. Errors: Refused (key, digest, size,
    clock; a picture from elsewhere that nobody said to be of this place; the key of another picture).
    """
    rules.check_key(key)
    rules.check_photo(facts.digest, facts.size, MAX_BYTES)
    rules.check_when(facts.taken_at, at, field="taken_at")
    far = rules.is_far(facts.camera, bounds)
    rules.check_far(far, facts.sure)
    lon, lat = facts.place or (None, None)
    camera_lon, camera_lat = facts.camera or (None, None)
    known = FieldPhoto.objects.filter(actor=viewer.actor, key=key).first()
    if known is None:
        try:
            with transaction.atomic():
                return FieldPhoto.objects.create(
                    key=key, actor=viewer.actor, digest=facts.digest, size=facts.size, taken_at=facts.taken_at, lon=lon, lat=lat,
                    accuracy=facts.accuracy, camera_lon=camera_lon, camera_lat=camera_lat, far=far, sure=facts.sure, begun_at=at,
                )  # fmt: skip
        except IntegrityError:  # two tabs of one phone
            known = FieldPhoto.objects.get(actor=viewer.actor, key=key)
    if known.digest != facts.digest:
        raise Refused(
            "rounds.key_used",
            ("这个键已用于另一张照片。", "This key was used for another photo."),
            field="key",
        )
    if known.file_id is not None and not StoredFile.objects.filter(pk=known.file_id).exists():
        with transaction.atomic():
            known.file_id, known.received, known.begun_at = None, 0, at
            known.save(update_fields=["file_id", "received", "begun_at"])
    return known


def put_piece(*, key: str, offset: int, content: bytes, viewer: Viewer, at: datetime) -> FieldPhoto:
    """Take one piece in; returns the photo with ``received``, from where the phone goes on. A piece that is here already, or that
    does not follow, changes nothing. The last piece makes the file. Errors: NotThere, Refused (damaged, no picture).
    """
    with transaction.atomic():
        photo = FieldPhoto.objects.select_for_update().filter(actor=viewer.actor, key=key).first()
        if photo is None:
            raise NotThere(
                "rounds.photo", ("没有这张照片，请先登记。", "There is no such photo; announce it first.")
            )
        if photo.file_id is None and offset == photo.received and content:
            if offset + len(content) > photo.size:
                raise Refused(
                    "rounds.too_long",
                    ("收到的比登记的多。", "More came than was announced."),
                    field="size",
                )
            PhotoPart.objects.create(photo=photo, offset=offset, content=content)
            photo.received += len(content)
            photo.save(update_fields=["received"])
    if photo.file_id is None and photo.received == photo.size:
        _whole(photo, viewer, at)
    return photo


def _whole(photo: FieldPhoto, viewer: Viewer, at: datetime) -> None:
    """Decode outside the transaction, then give the photo its file; who comes second finds it done."""
    parts = photo.parts.order_by("offset").values_list("content", flat=True)
    content = b"".join(bytes(part) for part in parts)
    if hashlib.sha256(content).hexdigest() != photo.digest:
        _again(photo)
        raise Refused(
            "rounds.damaged",
            ("照片在路上损坏了，会重新发送。", "The photo was damaged on the way; it is sent again."),
            field="photos",
        )
    try:
        ready = files.prepare(content, viewer=viewer)
    except Refused:
        _again(photo)
        raise
    with transaction.atomic():
        locked = FieldPhoto.objects.select_for_update().get(pk=photo.pk)
        if locked.file_id is None:
            locked.file_id = files.store(ready, purpose="report", viewer=viewer, at=at).pk
            locked.save(update_fields=["file_id"])
            locked.parts.all().delete()
        photo.file_id = locked.file_id


@transaction.atomic
def _again(photo: FieldPhoto) -> None:
    photo.parts.all().delete()
    photo.received = 0
    photo.save(update_fields=["received"])


def photos_ready(keys: Sequence[str], *, viewer: Viewer, at: datetime) -> list[FieldPhoto]:
    """The photos of these keys, whole and with their file. Refused (``rounds.photo_missing``) when one must be sent (again)."""
    wanted = list(dict.fromkeys(keys))
    found = {one.key: one for one in FieldPhoto.objects.filter(actor=viewer.actor, key__in=wanted)}
    there = set(
        StoredFile.objects.filter(pk__in=[one.file_id for one in found.values()]).values_list("pk", flat=True)
    )
    for key in wanted:
        photo = found.get(key)
        if photo is None or photo.file_id not in there:
            raise Refused(
                "rounds.photo_missing",
                ("有照片还没有传完，会先补传照片。", "A photo has not arrived yet; it is sent first."),
                field="photos",
            )
    return [found[key] for key in wanted]
