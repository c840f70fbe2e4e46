"""What the pages share: photos that survive a refusal, the lists of places, shapes for the maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from gongbi.cases.rules import MAX_PHOTOS
from gongbi.kernel import scope, turnstile
from gongbi.kernel.errors import NotThere, Refused, TooMany, in_language
from gongbi.kernel.files import actions as file_actions
from gongbi.kernel.files import pages as file_pages
from gongbi.kernel.files import queries as files
from gongbi.kernel.files.models import StoredFile
from gongbi.kernel.scope.viewer import Viewer
from gongbi.resident.forms import Refusable
from gongbi.territory import queries as territory
from gongbi.territory.rules import Level

HOUR = 3600


@dataclass(frozen=True, slots=True)
class KeptPhoto:
    """An upload that belongs to nothing yet; the form carries ``ticket``."""

    id: int
    ticket: str


@dataclass(frozen=True, slots=True)
class Places:
    """Streets with their communities, as (code, name); ``synthetic``: their boundaries are invented."""

    streets: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    synthetic: bool


def viewer_of(request: HttpRequest) -> Viewer:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    return viewer


def told(answer: HttpResponse, often: TooMany | None) -> HttpResponse:
    """The page of a form that came too often: with what was typed, the status, and when to send it again."""
    if often is not None:
        answer.status_code = often.status
        answer["Retry-After"] = str(often.after)
    return answer


def private(answer: HttpResponse) -> HttpResponse:
    """A page that belongs to the holder of its link: kept by no cache, found by no search engine."""
    answer["Cache-Control"] = "no-store"
    answer["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def places(now: datetime) -> Places:
    """The list to choose a place from without any map; two queries."""
    streets = territory.divisions(level="street", on=now)
    below: dict[str, list[tuple[str, str]]] = {street.code: [] for street in streets}
    communities = territory.divisions(level="community", on=now)
    for community in communities:
        below.setdefault(community.parent, []).append((community.code, community.name))
    synthetic = any(one.synthetic for one in (*streets, *communities))
    return Places([(street.name, below[street.code]) for street in streets if below[street.code]], synthetic)


def invented(now: datetime) -> bool:
    """Whether this installation shows a demonstration: some division of its district was made up."""
    return any(one.synthetic for one in territory.divisions(level="street", on=now)) or any(
        one.synthetic for one in territory.divisions(level="community", on=now)
    )


def take_photos(request: HttpRequest, form: Refusable, *, at: datetime) -> list[KeptPhoto]:
    """The photos of a form: those kept from before, without the dropped ones, and the new ones. What is wrong with a photo
    stands beside the field; the others are kept all the same. At most ``MAX_PHOTOS``.
    """
    dropped = set(request.POST.getlist("drop"))
    kept: list[KeptPhoto] = []
    for ticket in dict.fromkeys(request.POST.getlist("kept")):
        if ticket in dropped or len(kept) >= MAX_PHOTOS:
            continue
        try:
            kept.append(KeptPhoto(files.from_tickets([ticket], at=at)[0], ticket))
        except NotThere as gone:
            form.add_error("photos", gone.message)
    uploads = request.FILES.getlist("photos")
    if uploads:
        try:
            turnstile.enter(request, "photo", at=at, n=min(len(uploads), MAX_PHOTOS))
        except TooMany as often:
            form.refuse(often, field="photos")
            return kept
    for place, upload in enumerate(uploads, start=1):
        if len(kept) >= MAX_PHOTOS:
            form.add_error(
                "photos", _("At most %(most)s photos; the others were left out.") % {"most": MAX_PHOTOS}
            )
            break
        try:
            file = file_actions.store(upload, purpose="report", viewer=viewer_of(request), at=at)
        except Refused as refusal:
            name = (upload.name or "")[:40]
            form.add_error(
                "photos",
                _("Photo %(place)s (%(name)s): %(why)s")
                % {"place": place, "name": name, "why": refusal.message},
            )
        else:
            kept.append(KeptPhoto(file.pk, files.ticket(file, at=at)))
    return kept


@scope.endpoint("resident.kept_photo", roles=scope.ANYONE)
@turnstile.guessing
def kept_photo(request: HttpRequest, ticket: str) -> FileResponse:
    """The thumbnail of an upload that is not attached yet, for whoever holds its ticket."""
    now = timezone.now()
    [file_id] = files.from_tickets([ticket], at=now)
    token = files.sign(StoredFile(pk=file_id), at=now, size="small", seconds=60)
    return file_pages.respond(*files.open_signed(token, at=now))


@scope.endpoint("resident.outlines", roles=scope.ANYONE)
def outlines(request: HttpRequest) -> JsonResponse:
    """Streets and communities as GeoJSON, to see where one is."""
    now = timezone.now()
    features: list[dict[str, Any]] = []
    levels: tuple[Level, ...] = ("street", "community")
    for level in levels:
        shapes = territory.map_geojson(level, on=now)["features"]
        features += [{**shape, "properties": {**shape["properties"], "level": level}} for shape in shapes]
    answer = JsonResponse({"type": "FeatureCollection", "features": features})
    answer["Cache-Control"] = f"public, max-age={HOUR}"
    return answer


@scope.endpoint("resident.locate", roles=scope.ANYONE)
def locate(request: HttpRequest) -> JsonResponse:
    """``?lon=&lat=`` (CGCS2000 degrees): which place that is, in words, and whether it is inside the district."""
    try:
        lon, lat = float(request.GET.get("lon", "")), float(request.GET.get("lat", ""))
        placed = territory.locate(lon, lat, on=timezone.now())
    except ValueError:
        return JsonResponse({"words": _("This is not a point on the map."), "inside": False}, status=422)
    except Refused as refusal:
        return JsonResponse({"words": refusal.message, "inside": False})
    if placed is None:
        outside = _("This point lies outside %(district)s. Choose it again, or write the place in words.")
        return JsonResponse({"words": outside % {"district": district_name()}, "inside": False})
    return JsonResponse({"words": placed.name or placed.district_name, "inside": True, "code": placed.code})


def district_name() -> str:
    """The district's name in the reader's language."""
    return in_language(tuple(settings.DISTRICT_NAME))
