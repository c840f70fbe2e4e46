"""What photos from the field app say of themselves, as those read it who judge a result: when, how far from the matter, the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from gongbi.kernel.errors import in_language
from gongbi.kernel.files.models import StoredFile
from gongbi.kernel.scope.viewer import Viewer
from gongbi.look.furniture import Fact
from gongbi.look.templatetags.look import chip, said
from gongbi.rounds import queries

NEAR = 200  # metres: beyond it somebody should look twice, a phone between houses errs by that much
QUESTION = (
    "这张照片自带的位置不在本区；网格员确认是这里拍的，请核对。",
    "By its own record this photo was taken outside the district; the grid worker said that it is of this place.",
)


def told(case: Any, stored: Sequence[StoredFile], viewer: Viewer) -> dict[int, tuple[list[Fact], Any]]:
    """By the file's key: facts, and a question or ""; nothing for photos that came another way, or for who does not judge."""
    place = (case.lon, case.lat) if case.lon is not None and case.lat is not None else None
    found = queries.taken([file.pk for file in stored], viewer, place=place) if stored else {}
    return {
        file.pk: (_facts(file, found[file.pk]), QUESTION if found[file.pk].elsewhere else "")
        for file in stored
        if file.pk in found
    }


def _facts(file: StoredFile, one: queries.Taken) -> list[Fact]:
    same = file.original_digest == one.digest
    verified = (
        chip(said(("与手机登记一致", "as the phone announced it")), "ok")
        if same
        else chip(said(("与手机登记不一致", "not what the phone announced")), "late")
    )
    return [
        Fact(("拍摄时间", "Taken"), f"{timezone.localtime(one.at):%Y-%m-%d %H:%M}"),
        Fact(("离案件位置", "From the matter"), _away(one)),
        Fact("SHA-256", verified, file.original_digest),
    ]


def _away(one: queries.Taken) -> Any:
    if one.away is None:
        return ("不详", "not known")
    sure = f" ±{one.accuracy:.0f}" if one.accuracy is not None else ""
    words = in_language((f"约 {one.away} 米{sure}", f"about {one.away} m{sure}"))
    return chip(words, "soon") if one.away > NEAR + (one.accuracy or 0) else words
