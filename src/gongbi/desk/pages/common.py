"""What the pages of the desk share: htmx or a whole page, ways back, photos that survive a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from gongbi.cases.rules import MAX_PHOTOS
from gongbi.desk.frame import frame, viewer_of
from gongbi.kernel import scope
from gongbi.kernel.errors import NotThere, Refused
from gongbi.kernel.files import actions as file_actions
from gongbi.kernel.files import pages as file_pages
from gongbi.kernel.files import queries as files
from gongbi.kernel.files.models import StoredFile
from gongbi.look.furniture import Picture


def is_piece(request: HttpRequest) -> bool:
    """Whether htmx asks for a piece of the page that is open."""
    return request.headers.get("HX-Request") == "true"


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, here: str = "", status: int = 200
) -> HttpResponse:
    """A whole page of the desk. It holds what residents said: no cache keeps it."""
    answer = render(request, template, frame(request, here) | context, status=status)
    return unkept(answer)


def piece(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A piece of a page, for htmx."""
    return unkept(render(request, template, context, status=status))


def unkept(answer: HttpResponse) -> HttpResponse:
    answer["Cache-Control"] = "no-store"
    return answer


def place_bounds(lon: float | None, lat: float | None) -> str:
    """The window of a small map: about 400 m around a point (degrees, CGCS2000), "" without one."""
    if lon is None or lat is None:
        return ""
    return f"{lon - 0.0045:.5f},{lat - 0.0036:.5f},{lon + 0.0045:.5f},{lat + 0.0036:.5f}"


def point_json(title: str, words: str, lon: float | None, lat: float | None) -> JsonResponse:
    """One point as GeoJSON, for a small map; none where there is none."""
    place = {"type": "Point", "coordinates": [lon, lat]}
    point = {
        "type": "Feature",
        "properties": {"title": title, "words": words, "tone": "info"},
        "geometry": place,
    }
    answer = JsonResponse({"type": "FeatureCollection", "features": [point] if lon is not None else []})
    unkept(answer)
    return answer


def way_back(request: HttpRequest, default: str = "") -> str:
    """Where the person came from, as the page itself said (``from``): an address of the desk or the field, nothing else."""
    given = request.POST.get("from") or request.GET.get("from") or ""
    parts = urlsplit(given)
    ours = (
        given.startswith(("/desk/", "/field/"))
        and not parts.netloc
        and not parts.scheme
        and "\\" not in given
    )
    return given if ours else default


@dataclass(frozen=True, slots=True)
class KeptPhoto:
    """An upload that belongs to nothing yet; the form carries ``ticket``."""

    id: int
    ticket: str
    thumb: str


def take_photos(
    request: HttpRequest, form: forms.Form, field: str = "photos", *, at: datetime
) -> list[KeptPhoto]:
    """The photos of a form: those kept from before, and the new ones. What is wrong with one stands beside the field; the
    others are kept all the same. At most ``MAX_PHOTOS``.
    """
    dropped = set(request.POST.getlist("drop"))
    kept: list[KeptPhoto] = []
    for ticket in dict.fromkeys(request.POST.getlist(f"{field}_kept")):
        if ticket in dropped or len(kept) >= MAX_PHOTOS:
            continue
        try:
            kept.append(_kept(files.from_tickets([ticket], at=at)[0], ticket, at))
        except NotThere as gone:
            form.add_error(field, gone.message)
    for place, upload in enumerate(request.FILES.getlist(field), start=1):
        if len(kept) >= MAX_PHOTOS:
            form.add_error(
                field, _("At most %(most)s photos; the others were left out.") % {"most": MAX_PHOTOS}
            )
            break
        try:
            file = file_actions.store(upload, purpose="report", viewer=viewer_of(request), at=at)
        except Refused as refusal:
            name = (upload.name or "")[:40]
            said = {"place": place, "name": name, "why": refusal.message}
            form.add_error(field, _("Photo %(place)s (%(name)s): %(why)s") % said)
        else:
            kept.append(_kept(file.pk, files.ticket(file, at=at), at))
    return kept


def _kept(file_id: int, ticket: str, at: datetime) -> KeptPhoto:
    return KeptPhoto(file_id, ticket, picture_href(StoredFile(pk=file_id), at, "small"))


def picture_href(file: StoredFile, at: datetime, size: files.Size = "full") -> str:
    """An address that shows the picture for ten minutes."""
    return reverse("desk:picture", args=[files.sign(file, at=at, size=size)])


def pictures(stored: Sequence[StoredFile], at: datetime, alt: Any, label: Any = "") -> list[Picture]:
    """Stored files as a gallery takes them."""
    return [
        Picture(picture_href(file, at), picture_href(file, at, "small"), alt, label, file.uploaded_at)
        for file in stored
    ]


@scope.endpoint("desk.picture", roles=scope.STAFF)
def picture(request: HttpRequest, token: str) -> FileResponse:
    """One picture, by a signed address that the page of its matter made."""
    return file_pages.respond(*files.open_signed(token, at=timezone.now()))
