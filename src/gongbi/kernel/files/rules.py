"""What a file may be, told from its first bytes, and who may see it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gongbi.kernel.scope import viewer as roles
from gongbi.kernel.scope.viewer import Viewer

MAX_BYTES = 12 * 1024 * 1024
MAX_PIXELS = 60_000_000  # by the header, before anything is decoded
MAX_WHOLE = 25_000_000  # pixels of a format that cannot be decoded smaller: 100 MB in memory
MAX_SIDE = 2048
THUMBNAIL = 320
UNUSED_HOURS = 24  # an upload that nothing was attached to goes after this

Kind = Literal["jpeg", "png", "webp", "gif", "pdf"]
Strange = Literal[
    "heic", "avif", "tiff", "bmp", "zip", "markup", "script", "video", "office", "empty", "unknown"
]
MIME: dict[str, str] = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "gif": "image/gif",
    "pdf": "application/pdf",
}
PURPOSES = ("report", "before", "after", "answer", "check", "document", "other")
HANDLERS, PUBLIC = "handlers", "public"

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"%PDF-", "pdf"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"Rar!", "zip"),
    (b"7z\xbc\xaf", "zip"),
    (b"\x1f\x8b", "zip"),
    (b"BZh", "zip"),
    (b"\xfd7zXZ", "zip"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"BM", "bmp"),
    (b"\xd0\xcf\x11\xe0", "office"),
    (b"\x1aE\xdf\xa3", "video"),
    (b"#!", "script"),
    (b"MZ", "script"),
    (b"\x7fELF", "script"),
)
_HEIF = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")


def sniff(head: bytes) -> str:
    """What a file is by its first 512 bytes: a :data:`Kind` that may come in, or a :data:`Strange` that may not.

    Names and declared types are never asked. Markup hidden behind white space or a byte order mark is still markup.
    """
    if not head:
        return "empty"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return "heic" if brand in _HEIF else "avif" if brand in (b"avif", b"avis") else "video"
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[:512].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        return "markup"
    return "unknown"


def too_large(width: int, height: int, kind: str) -> bool:
    """Whether a picture of that size may not be decoded. JPEG is decoded at a fraction of its size, so it may be larger."""
    most = MAX_PIXELS if kind == "jpeg" else MAX_WHOLE
    return width < 1 or height < 1 or width * height > most


@dataclass(frozen=True, slots=True)
class Seen:
    """What decides who may see a file: its visibility and owner, and where its matter is and with whom.

    ``helpers``: units that share in the matter without having it.
    """

    visibility: str
    owner: str
    uploaded_by: str
    unit_id: int | None = None
    territory: str = ""
    has_matter: bool = False
    helpers: frozenset[int] = frozenset()


def may_see(viewer: Viewer, file: Seen) -> bool:
    """Public files: everybody. Else: who uploaded it, whose report it belongs to, the unit that has the matter and those that
    help it, and the roles that see the matter by its territory (an unplaced one: those who answer for a whole district). Administrators see none.
    """
    if file.visibility == PUBLIC or viewer.role == roles.SYSTEM:
        return True
    if file.owner.startswith("report:") and file.owner in {f"report:{number}" for number in viewer.reports}:
        return True
    if viewer.is_staff and viewer.actor == file.uploaded_by:
        return True
    if not file.has_matter:
        return False
    if viewer.role in roles.BY_UNIT and (file.unit_id in viewer.units or file.helpers & viewer.units):
        return True
    if roles.sees_by(viewer.role, viewer.territories) == "territory":
        return viewer.covers(file.territory) if file.territory else roles.sees_unplaced(viewer.territories)
    return False
