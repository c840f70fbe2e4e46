"""The writers of files: take one in, attach it, show or hide it, sweep up."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from gongbi.kernel.errors import Forbidden, NotThere, Refused
from gongbi.kernel.files import pictures, rules
from gongbi.kernel.files.models import StoredFile
from gongbi.kernel.scope.viewer import ADMIN, AUDITOR, SYSTEM, Viewer

_WORDS: dict[str, Any] = {
    "empty": _(
        "The file is empty. Choose it again; on a phone, wait until the photo has been loaded from the cloud."
    ),
    "heic": _(
        "HEIC photos cannot be shown everywhere. On an iPhone choose Settings → Camera → Formats → Most Compatible and take "
        "the photo again, or send a screenshot of it."
    ),
    "avif": _("AVIF pictures are not accepted. Send the photo as JPEG or PNG; a screenshot will do."),
    "tiff": _("TIFF and raw pictures are not accepted. Save the photo as JPEG and send that."),
    "bmp": _("BMP pictures are not accepted. Save the picture as JPEG or PNG and send that."),
    "zip": _(
        "Archives and Office documents are not accepted here. Send photos one by one; documents as PDF."
    ),
    "office": _("Office documents are not accepted here. Save the document as PDF and send that."),
    "video": _("Videos and sound are not accepted yet. Send up to twelve photos of what can be seen."),
    "markup": _(
        "This is a web page or an SVG drawing, not a photo. Send a photo or a screenshot (JPEG or PNG)."
    ),
    "script": _("This is a program, not a photo. It was not stored."),
    "unknown": _("This is not a photo that we can read. Send it as JPEG, PNG, WebP or GIF."),
}
_ENDING = {"jpeg": "jpg", "png": "png", "pdf": "pdf"}
_ACTIVE = (b"/JavaScript", b"/JS", b"/Launch", b"/EmbeddedFile", b"/RichMedia", b"/XFA")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file that was checked and is in the store, but of which no row tells yet."""

    digest: str
    original_digest: str
    path: str
    thumbnail: str
    size: int
    mime: str
    width: int | None
    height: int | None


def prepare(upload: Any, *, viewer: Viewer) -> Prepared:
    """Check, clean and store the content; writes no row, so call it before the transaction.

    ``upload``: a Django upload, an open binary file or bytes. Errors: Refused (field "file") with what to do: empty, above
    12 MB, not a picture by its content, damaged, above 60 megapixels (25 for PNG, WebP, GIF), a PDF from somebody who is not
    staff or with active content. RuntimeError inside a transaction.
    """
    if connection.in_atomic_block and not _in_test_wrapper():
        raise RuntimeError(
            "prepare() decodes pictures: call it before the transaction and hand its result to store()"
        )
    content = _read(upload)
    kind = rules.sniff(content[:512])
    if kind == "pdf":
        return _document(content, viewer)
    if kind not in rules.MIME:
        raise _refused(f"files.{kind}", _WORDS[kind])
    try:
        picture = pictures.clean(content, kind)
    except pictures.TooLarge:
        most = (rules.MAX_PIXELS if kind == "jpeg" else rules.MAX_WHOLE) // 1_000_000
        raise _refused(
            "files.pixels",
            _(
                "The picture is larger than %(most)s megapixels. Take it with a smaller size, or send a screenshot of it."
            ),
            most=most,
        ) from None
    except pictures.NoPicture:
        raise _refused(
            "files.damaged",
            _("The picture is damaged or incomplete and cannot be opened. Take or choose it again."),
        ) from None
    digest = hashlib.sha256(picture.content).hexdigest()
    return Prepared(
        digest=digest,
        original_digest=hashlib.sha256(content).hexdigest(),
        path=_keep(digest, "", picture.kind, picture.content),
        thumbnail=_keep(digest, "-s", picture.kind, picture.thumbnail),
        size=len(picture.content),
        mime=rules.MIME[picture.kind],
        width=picture.width,
        height=picture.height,
    )


def store(
    upload: Any,
    *,
    purpose: str,
    viewer: Viewer,
    at: datetime,
    matter_id: int | None = None,
    owner: str = "",
    visibility: str = rules.HANDLERS,
) -> StoredFile:
    """Take a file in: :func:`prepare` unless ``upload`` is :class:`Prepared`, then one INSERT. Errors: those of prepare().

    Who calls it has decided that this viewer may add to the matter.
    """
    if purpose not in rules.PURPOSES or visibility not in (rules.HANDLERS, rules.PUBLIC):
        raise ValueError(f"no such purpose or visibility: {purpose}, {visibility}")
    ready = upload if isinstance(upload, Prepared) else prepare(upload, viewer=viewer)
    return StoredFile.objects.create(
        digest=ready.digest,
        original_digest=ready.original_digest,
        path=ready.path,
        thumbnail=ready.thumbnail,
        size=ready.size,
        mime=ready.mime,
        width=ready.width,
        height=ready.height,
        purpose=purpose,
        visibility=visibility,
        matter_id=matter_id,
        owner=owner,
        uploaded_by=viewer.actor,
        uploaded_at=at,
    )


def attach(file_ids: Sequence[int], *, matter_id: int | None, owner: str, purpose: str) -> list[StoredFile]:
    """Give files stored beforehand to a matter (None: to none) and its ``owner``, in the caller's transaction; returns them in that
    order.

    A file is attached once: one that belongs to something else is refused, so that nobody picks up another person's photo by
    its number (faces hand out ids only inside ``queries.ticket``). Attaching again to the same owner changes nothing.
    """
    wanted = list(dict.fromkeys(file_ids))
    found = {file.pk: file for file in StoredFile.objects.select_for_update().filter(pk__in=wanted)}
    for file_id in wanted:
        file = found.get(file_id)
        if file is None or (file.owner and (file.owner, file.matter_id) != (owner, matter_id)):
            raise _refused(
                "files.gone",
                _("One of the photos is no longer there. Remove it from the form and add it again."),
            )
    StoredFile.objects.filter(pk__in=wanted, owner="").update(
        matter_id=matter_id, owner=owner, purpose=purpose
    )
    for file in found.values():
        if not file.owner:
            file.matter_id, file.owner, file.purpose = matter_id, owner, purpose
    return [found[file_id] for file_id in wanted]


def carry(owners: Iterable[str], *, matter_id: int) -> int:
    """What belongs to these owners goes with them into another matter, in the caller's transaction. Returns how many files."""
    return StoredFile.objects.filter(owner__in=list(owners)).update(matter_id=matter_id)


def set_visibility(file_id: int, visibility: str, *, viewer: Viewer) -> StoredFile:
    """Show a file to everybody or to those who deal with it. Errors: NotThere (also when not the viewer's to see), Forbidden."""
    from gongbi.kernel.files.queries import get

    file = get(file_id, viewer=viewer)
    if not viewer.is_staff or viewer.role == AUDITOR:
        raise Forbidden(
            "files.visibility", _("Only the staff who deal with the matter decide who sees its photos.")
        )
    if visibility not in (rules.HANDLERS, rules.PUBLIC):
        raise ValueError(f"no such visibility: {visibility}")
    StoredFile.objects.filter(pk=file.pk).update(visibility=visibility)
    file.visibility = visibility
    return file


def remove(file_id: int, *, viewer: Viewer) -> None:
    """Delete a file and, when nothing else has the same content, the content. For purges. Errors: Forbidden, NotThere."""
    if viewer.role not in (ADMIN, SYSTEM):
        raise Forbidden("files.remove", _("Only an administrator removes files."))
    file = StoredFile.objects.filter(pk=file_id).first()
    if file is None:
        raise NotThere("files.none", _("There is no such file."))
    _delete([file])


def sweep(*, at: datetime, batch: int = 200) -> int:
    """Delete uploads that nothing was attached to within a day. Returns how many."""
    swept = 0
    before = at - timedelta(hours=rules.UNUSED_HOURS)
    while files := list(
        StoredFile.objects.filter(owner="", matter_id__isnull=True, uploaded_at__lt=before)[:batch]
    ):
        swept += _delete(files)
    return swept


def _delete(files: Sequence[StoredFile]) -> int:
    with transaction.atomic():
        StoredFile.objects.filter(pk__in=[file.pk for file in files]).delete()
    for file in files:
        # After the rows: content without a row is only waste, a row without content is a hole.
        if not StoredFile.objects.filter(digest=file.digest).exists():
            for path in filter(None, (file.path, file.thumbnail)):
                default_storage.delete(path)
    return len(files)


def _read(upload: Any) -> bytes:
    if isinstance(upload, (bytes, bytearray)):
        content = bytes(upload)
    else:
        if getattr(upload, "size", 0) and upload.size > rules.MAX_BYTES:
            raise _too_heavy()
        content = upload.read(rules.MAX_BYTES + 1)
    if len(content) > rules.MAX_BYTES:
        raise _too_heavy()
    return content


def _too_heavy() -> Refused:
    return _refused(
        "files.size",
        _(
            "The file is larger than %(most)s MB. Choose a smaller size when sending, or send a screenshot of the photo."
        ),
        most=rules.MAX_BYTES // 1024 // 1024,
    )


def _document(content: bytes, viewer: Viewer) -> Prepared:
    if not viewer.is_staff:
        raise _refused("files.pdf", _("Only staff can add PDF documents. Send photos of the pages instead."))
    if b"%%EOF" not in content[-2048:]:
        raise _refused("files.damaged", _("The document is incomplete. Save it again as PDF and send that."))
    if any(word in content for word in _ACTIVE):
        raise _refused(
            "files.active",
            _("The PDF contains programs or attachments. Print it to a new PDF and send that."),
        )
    digest = hashlib.sha256(content).hexdigest()
    path = _keep(digest, "", "pdf", content)
    return Prepared(digest, digest, path, "", len(content), rules.MIME["pdf"], None, None)


def _keep(digest: str, suffix: str, kind: str, content: bytes) -> str:
    """Store content under its digest, once. Two that come at the same time may leave two copies, never a wrong one."""
    name = f"{digest[:2]}/{digest[2:4]}/{digest}{suffix}.{_ENDING[kind]}"
    if default_storage.exists(name):
        return name
    return default_storage.save(name, ContentFile(content))


def _refused(code: str, words: Any, **values: Any) -> Refused:
    return Refused(code, words, values=values or None, field="file")


def _in_test_wrapper() -> bool:
    """Whether the only open transaction is the one a test puts around itself."""
    blocks = getattr(connection, "atomic_blocks", [])
    return bool(blocks) and all(getattr(block, "_from_testcase", False) for block in blocks)
