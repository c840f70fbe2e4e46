"""Reading files: what a viewer may see, and signed addresses that work for a short while."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Literal

from django.core import signing
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from gongbi.kernel.errors import Forbidden, NotThere
from gongbi.kernel.files import rules
from gongbi.kernel.files.models import StoredFile
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.scope.viewer import HANDLER, Viewer

Size = Literal["full", "small"]
_SALT, _TICKET = "gongbi.files", "gongbi.files.ticket"
SECONDS = 600
_helpers: list[Callable[[int], Iterable[int]]] = []


def helpers(rule: Callable[[int], Iterable[int]]) -> Callable[[int], Iterable[int]]:
    """Register which units share in a matter (by its key) without having it: they see its files as the one that has it does."""
    if rule not in _helpers:
        _helpers.append(rule)
    return rule


def _seen(matter_id: int | None, viewer: Viewer, files: Iterable[StoredFile]) -> list[rules.Seen]:
    """What decides about these files of one matter. Asks who helps only for those whom it can matter to."""
    where = (
        Matter.objects.filter(pk=matter_id).values_list("unit_id", "territory").first() if matter_id else None
    )
    unit, territory = where or (None, "")
    helping: frozenset[int] = frozenset()
    if where is not None and viewer.role == HANDLER and unit not in viewer.units:
        helping = frozenset(unit for rule in _helpers for unit in rule(matter_id or 0))
    return [
        rules.Seen(
            file.visibility, file.owner, file.uploaded_by, unit, territory, where is not None, helping
        )
        for file in files
    ]  # fmt: skip


def get(file_id: int, *, viewer: Viewer) -> StoredFile:
    """The file's row. Errors: NotThere when there is none or it is not the viewer's to see (the answer is the same)."""
    file = StoredFile.objects.filter(pk=file_id).first()
    if file is None or not rules.may_see(viewer, _seen(file.matter_id, viewer, [file])[0]):
        raise NotThere("files.none", _("There is no such file."))
    return file


def of_matter(matter_id: int, *, viewer: Viewer) -> list[StoredFile]:
    """The files of one matter that the viewer may see, in the order they came. Two queries, three for a unit that only helps."""
    files: QuerySet[StoredFile] = StoredFile.objects.filter(matter_id=matter_id).order_by("pk")
    seen = _seen(matter_id, viewer, files)
    return [file for file, told in zip(files, seen, strict=True) if rules.may_see(viewer, told)]


def open_for(viewer: Viewer, file_id: int, size: Size = "full") -> tuple[StoredFile, File[Any]]:
    """Row and open content (close it, or hand it to ``files.pages.respond``). Errors: NotThere."""
    return _open(get(file_id, viewer=viewer), size)


def sign(file: StoredFile, *, at: datetime, size: Size = "full", seconds: int = SECONDS) -> str:
    """A token for an address that opens this file for ``seconds``, whoever has it: for <img> and object stores."""
    return signing.dumps([file.pk, size, int(at.timestamp()) + seconds], salt=_SALT)


def open_signed(token: str, *, at: datetime) -> tuple[StoredFile, File[Any]]:
    """Row and content for a token of :func:`sign`. Errors: Forbidden (forged or run out), NotThere (deleted since)."""
    try:
        file_id, size, until = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        raise Forbidden(
            "files.token", _("This address is not valid. Reload the page that shows the picture.")
        ) from None
    if at.timestamp() > until:
        raise Forbidden("files.token", _("This address has run out. Reload the page that shows the picture."))
    file = StoredFile.objects.filter(pk=file_id).first()
    if file is None:
        raise NotThere("files.none", _("There is no such file."))
    return _open(file, size)


def ticket(file: StoredFile, *, at: datetime) -> str:
    """What a form carries for an upload that is not attached yet: good for a day, worthless for any other file."""
    return signing.dumps([file.pk, int(at.timestamp()) + rules.UNUSED_HOURS * 3600], salt=_TICKET)


def from_tickets(tickets: Iterable[str], *, at: datetime) -> list[int]:
    """The ids behind tickets, for ``actions.attach``. Errors: NotThere when one is forged or run out."""
    ids = []
    for text in tickets:
        try:
            file_id, until = signing.loads(text, salt=_TICKET)
        except (signing.BadSignature, ValueError, TypeError):
            until = 0.0
        if at.timestamp() > until:
            raise NotThere(
                "files.gone",
                _("One of the photos is no longer there. Remove it from the form and add it again."),
                field="file",
            )
        ids.append(int(file_id))
    return ids


def _open(file: StoredFile, size: str) -> tuple[StoredFile, File[Any]]:
    path = file.thumbnail if size == "small" and file.thumbnail else file.path
    try:
        return file, default_storage.open(path, "rb")
    except FileNotFoundError:
        raise NotThere("files.none", _("There is no such file.")) from None
