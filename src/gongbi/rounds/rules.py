"""The rules of rounds: plain values in, nothing or a refusal out. No database, no clock.

There is no rule about how many: no count of entries, visits, kilometres or photos is asked of anybody, and no setting could ask it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gongbi.kernel.errors import Refused
from gongbi.science.twins import metres

SORTS: dict[str, tuple[str, str]] = {
    "checkin": ("到点签到", "Check-in"),
    "visit": ("入户走访", "Visit"),
    "report": ("发现问题", "Found"),
}
CARE_KINDS: dict[str, tuple[str, str]] = {
    "alone": ("独居老人", "Elderly living alone"),
    "disabled": ("残疾人", "Disabled"),
    "ill": ("久病在家", "Long ill at home"),
    "left": ("留守儿童", "Children left behind"),
    "new": ("新入住", "New in the grid"),
}
# Why the house may keep somebody on a list (个人信息保护法 §13): asked of the person, of a guardian, or a duty that a law names.
GROUNDS: dict[str, tuple[str, str]] = {
    "consent": ("本人同意", "The person agreed"),
    "guardian": ("监护人同意", "A guardian agreed"),
    "duty": ("法定职责", "A duty by law"),
}
CHILDREN = frozenset({"left"})  # a child's own agreement is none (§31)
CARE_ENDS: dict[str, tuple[str, str]] = {
    "moved": ("迁出本网格", "Moved away"),
    "died": ("已去世", "Died"),
    "over": ("不再需要走访", "Visits are no longer needed"),
    "asked": ("本人或监护人要求退出", "The person or a guardian asked to be taken off"),
}
CARE_PURPOSES: dict[str, tuple[str, str]] = {
    "plan": ("安排走访", "Planning visits"),
    "upkeep": ("核对、更新名单", "Keeping the list right"),
    "emergency": ("应急联络", "Emergency contact"),
}
VERDICTS: dict[str, dict[str, tuple[str, str]]] = {
    "verify": {"true": ("属实", "True"), "untrue": ("不属实", "Not so"), "unclear": ("看不清", "Cannot tell")},
    "check": {"fixed": ("已解决", "Fixed"), "not_fixed": ("没解决", "Not fixed"), "unclear": ("看不清", "Cannot tell")},
}  # fmt: skip
PIECE = 256 * 1024  # the most that one request carries of a photo
FAR_DEGREES = 0.03  # about 3 km around the district: a phone's error is never that
LONGEST_SHIFT = timedelta(hours=16)  # one that nobody ended
ANSWER_WITHIN = timedelta(
    minutes=20
)  # an offered task that is not answered goes to the next, and is shown to who asked
LATE = timedelta(days=30)  # how old an entry may be that was made without signal
MOST_SECONDS = 30 * 60  # a form left open over lunch is no work of typing
UNFINISHED_DAYS = 7  # a photo of which nothing more came
NEXT_HOURS = 14  # how long a bundle may show people: a shift
ALIKE = 0.9
ALIKE_LEAST = 3  # entries alike before anybody is asked about them
ALIKE_CHARACTERS = 6  # shorter notes ("无异常") say the same because there is nothing to say
OFFICE_HOURS = (9, 18)
_ZONE = ZoneInfo("Asia/Shanghai")
_KEY = re.compile(r"^[A-Za-z0-9-]{8,64}$")
_DIGEST = re.compile(r"^[0-9a-f]{64}$")

Point = tuple[float, float]


def check_key(key: str) -> str:
    """A key made on the phone: 8 to 64 letters, digits and hyphens."""
    if not _KEY.match(key):
        raise Refused(
            "rounds.key",
            ("键须为 8–64 位字母、数字或连字符。", "A key has 8 to 64 letters, digits and hyphens."),
            field="key",
        )
    return key


def check_photo(digest: str, size: int, most: int) -> None:
    """A photo is announced with its digest and its size in bytes."""
    if not _DIGEST.match(digest):
        raise Refused(
            "rounds.digest",
            (
                "照片的摘要须为 64 位十六进制（SHA-256）。",
                "The digest of a photo is 64 hexadecimal digits (SHA-256).",
            ),
            field="digest",
        )
    if not 0 < size <= most:
        raise Refused(
            "rounds.size",
            (
                "照片有 %(size)s 字节，须在 1 与 %(most)s 之间。请重新拍一张。",
                "The photo has %(size)s bytes; between 1 and %(most)s are possible. Take it again.",
            ),
            values={"size": size, "most": most},
            field="size",
        )


def check_when(at: datetime, now: datetime, *, field: str = "at") -> None:
    """When something was done: with a zone, not in the future (five minutes of a wrong clock are forgiven), not older than LATE."""
    if at.tzinfo is None:
        raise Refused("rounds.zone", ("时间须带时区。", "A time needs its zone."), field=field)
    if at > now + timedelta(minutes=5) or at < now - LATE:
        raise Refused(
            "rounds.clock",
            (
                "手机时间是 %(time)s，与服务器差得太多。请打开手机的自动对时，再发一次。",
                "The phone says %(time)s, which is too far from the server's time. Set the clock to automatic and send it again.",
            ),
            values={"time": at.isoformat(timespec="minutes")},
            field=field,
        )


def is_far(camera: Point | None, bounds: Sequence[float] | None) -> bool:
    """Whether a picture says that it was taken away from the district (west, south, east, north in degrees)."""
    if camera is None or bounds is None:
        return False
    (lon, lat), (west, south, east, north) = camera, bounds
    inside = (
        west - FAR_DEGREES <= lon <= east + FAR_DEGREES and south - FAR_DEGREES <= lat <= north + FAR_DEGREES
    )
    return not inside


def check_far(far: bool, sure: bool) -> None:
    """A picture from elsewhere is asked about, not swallowed: an old one, a forwarded one, or a camera that was wrong."""
    if far and not sure:
        raise Refused(
            "rounds.photo_far",
            (
                "这张照片自带的位置不在本区。确是这里的，请点“是这里拍的”；不是，请换一张。",
                "By its own record this photo was taken outside the district. If it is of this place, say so; else take another.",
            ),
            field="photos",
        )


# --- Who is nearest --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OnDuty:
    """One worker on duty: the post, who holds it, the grids it answers for, and where it was seen last."""

    post_id: int
    person_id: int | None
    unit_id: int | None
    grids: tuple[str, ...]
    at: Point | None


def next_worker(
    workers: Iterable[OnDuty],
    *,
    territory: str,
    place: Point | None,
    persons: Iterable[int] = (),
    units: Iterable[int] = (),
    declined: Iterable[int] = (),
) -> OnDuty | None:
    """Who is asked: the worker of the duty grid first, then the nearest of the same community, of the same street; else nobody.

    ``persons``, ``units``: who handled the matter; ``declined``: posts that said no.
    """
    no_person, no_unit, no_post = set(persons), set(units), set(declined)
    best: tuple[tuple[int, float, int], OnDuty] | None = None
    for one in workers:
        if one.post_id in no_post or one.person_id in no_person or one.unit_id in no_unit:
            continue
        step = min((_step(territory, grid) for grid in one.grids), default=9)
        if step > 2:
            continue
        away = metres(*one.at, *place) if one.at is not None and place is not None else math.inf
        rank = ((step, away, one.post_id), one)
        if best is None or rank[0] < best[0]:
            best = rank
    return best[1] if best else None


def _step(territory: str, grid: str) -> int:
    if territory and (territory.startswith(grid) or grid.startswith(territory)):
        return 0  # the duty grid; a place known only by its community is in any of its grids
    if territory and territory[:12] == grid[:12]:
        return 1
    return 2 if territory and territory[:9] == grid[:9] else 9


# --- What looks like form for form's sake ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Written:
    """One entry as it is compared: whose, when, which form, where, the words, the digests of its photos."""

    key: int
    actor: str
    at: datetime
    form: str
    place: str
    words: str
    photos: frozenset[str]


@dataclass(frozen=True, slots=True)
class Alike:
    """Entries of one worker that are nearly the same, oldest first; ``photo``: the same picture was used again."""

    actor: str
    form: str
    keys: tuple[int, ...]
    words: str
    photo: bool


def likeness(a: str, b: str) -> float:
    """Share of the pairs of characters that two texts have in common (Jaccard), 0 to 1."""
    first, second = _pairs(a), _pairs(b)
    if not first or not second:
        return float(a == b)
    return len(first & second) / len(first | second)


def _pairs(text: str) -> set[str]:
    plain = re.sub(r"[\W_\d]", "", text)
    return {plain[i : i + 2] for i in range(len(plain) - 1)}


def repeated(entries: Iterable[Written]) -> list[Alike]:
    """Groups of at least ``ALIKE_LEAST`` nearly identical entries of one worker in different places, and pictures used twice.

    It is a question for the shift leader, not a charge: the same words may be true of many doors.
    """
    by_worker: dict[tuple[str, str], list[Written]] = {}
    for one in sorted(entries, key=lambda e: (e.at, e.key)):
        by_worker.setdefault((one.actor, one.form), []).append(one)
    found: list[Alike] = []
    for (actor, form), own in by_worker.items():
        found += _same_words(actor, form, own)
    found += _same_photos(entries=[one for own in by_worker.values() for one in own])
    return found


def _same_words(actor: str, form: str, own: Sequence[Written]) -> list[Alike]:
    left = [one for one in own if len(one.words) >= ALIKE_CHARACTERS]
    groups: list[Alike] = []
    while left:
        head, *rest = left
        same = [head, *(one for one in rest if likeness(head.words, one.words) >= ALIKE)]
        left = [one for one in rest if one not in same]
        if len(same) >= ALIKE_LEAST and len({one.place for one in same}) > 1:
            groups.append(Alike(actor, form, tuple(one.key for one in same), head.words[:60], False))
    return groups


def _same_photos(entries: Sequence[Written]) -> list[Alike]:
    seen: dict[tuple[str, str], list[Written]] = {}
    for one in entries:
        for digest in one.photos:
            seen.setdefault((one.actor, digest), []).append(one)
    return [
        Alike(actor, same[0].form, tuple(one.key for one in same), same[0].words[:60], True)
        for (actor, _digest), same in seen.items()
        if len(same) > 1
    ]


def outside_office_hours(at: datetime) -> bool:
    """Evenings and weekends count, and are shown as what they are."""
    local = at.astimezone(_ZONE)
    return local.weekday() >= 5 or not OFFICE_HOURS[0] <= local.hour < OFFICE_HOURS[1]


def due_on(visited: datetime | None, since: datetime, every_days: int) -> datetime:
    """When somebody on a care list should be looked in on next."""
    return since if visited is None else visited + timedelta(days=every_days)


def check_care(
    *, kind: str, name: str, door: str, grid: str, every_days: int, ground: str, ground_note: str
) -> None:
    """One line of a care list. Refused with the field for what is missing or cannot be."""
    wrong: tuple[str, str, tuple[str, str]] | None = None
    if kind not in CARE_KINDS:
        wrong = ("kind", "rounds.care_kind", ("请选择类别。", "Choose a kind."))
    elif not name:
        wrong = ("name", "rounds.care_name", ("请填写姓名。", "Enter the name."))
    elif not door:
        wrong = (
            "door",
            "rounds.care_door",
            ("请填写门牌，网格员凭它上门。", "Enter the door: the worker goes there."),
        )
    elif len(grid) != 15 or not grid.isdigit():
        wrong = ("grid", "rounds.care_grid", ("网格编号是 15 位数字。", "The code of a grid has 15 digits."))
    elif not 1 <= every_days <= 366:
        wrong = (
            "every_days",
            "rounds.care_every",
            ("走访间隔是 1–366 天。", "There are 1 to 366 days between visits."),
        )
    elif ground not in GROUNDS:
        wrong = (
            "ground",
            "rounds.care_ground",
            (
                "请选择凭什么留存：本人同意、监护人同意或法定职责；都没有，就不能列入名单。",
                "Choose why it may be kept: the person's or a guardian's agreement, or a duty by law. Without any nobody is put on a list.",
            ),
        )
    elif ground == "consent" and kind in CHILDREN:
        wrong = (
            "ground",
            "rounds.care_guardian",
            (
                "儿童本人的同意不作数，须有监护人同意或法定职责。",
                "A child's own agreement is none: a guardian agrees, or a law asks for it.",
            ),
        )
    elif len(ground_note.strip()) < 4:
        wrong = (
            "ground_note",
            "rounds.care_note",
            (
                "请写明同意书的编号或日期，或法律条款（至少 4 个字）。",
                "Name the paper with the agreement or its date, or the article (4 characters at least).",
            ),
        )
    if wrong is not None:
        article = "个人信息保护法 §13, §29, §31" if wrong[0].startswith("ground") else ""
        raise Refused(wrong[1], wrong[2], field=wrong[0], article=article)


def check_answers(form: Mapping[str, Any], answers: Mapping[str, str]) -> dict[str, str]:
    """Answers of a form, with nothing that the form does not ask. Refused with the field for an unknown or missing one."""
    known = {str(one["name"]): one for one in form["fields"]}
    for name in answers:
        if name not in known:
            raise Refused(
                "rounds.form_field",
                ("表单没有“%(name)s”这一项。", "The form has no field “%(name)s”."),
                values={"name": name},
                field=f"answers.{name}",
            )
    for name, one in known.items():
        value = answers.get(name, "")
        if one.get("required") and not value:
            raise Refused(
                "rounds.form_missing",
                ("请填写“%(name)s”。", "Please fill in “%(name)s”."),
                values={"name": _pair(one["words"])},
                field=f"answers.{name}",
            )
        choices = [str(choice[0]) for choice in one.get("choices", ())]
        if value and choices and value not in choices:
            raise Refused(
                "rounds.form_choice",
                ("“%(name)s”没有这个选项。", "“%(name)s” has no such choice."),
                values={"name": _pair(one["words"])},
                field=f"answers.{name}",
            )
    return {name: value for name, value in answers.items() if value}


def _pair(words: Any) -> tuple[str, str]:
    return str(words[0]), str(words[1])
