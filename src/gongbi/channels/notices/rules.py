"""Ways, hours, templates and merging as plain decisions. Knows no database."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from gongbi.channels.rules import Outcome

Words = tuple[str, str]
NONE, EMAIL, SMS, WECOM, DINGTALK, FEISHU = "none", "email", "sms", "wecom", "dingtalk", "feishu"
WAYS: dict[str, Words] = {
    NONE: ("不通知，我自己看专属链接", "None: I look at my private link"),
    EMAIL: ("电子邮件", "E-mail"),
    SMS: ("短信", "Text message"),
    WECOM: ("企业微信群机器人", "WeCom group robot"),
    DINGTALK: ("钉钉群机器人", "DingTalk group robot"),
    FEISHU: ("飞书群机器人", "Feishu group robot"),
}
RESIDENT_WAYS = (NONE, SMS, EMAIL)
CHATS = frozenset({WECOM, DINGTALK, FEISHU})
DAY, ANY = "day", "any"
HOURS: dict[str, Words] = {
    DAY: ("只在白天（紧急事项除外）", "By day only, unless it is urgent"),
    ANY: ("任何时间", "At any hour"),
}
REPORTER, UNIT, STAFF = "reporter", "unit", "staff"
ORDERED, ISSUER, CLIMBED = (
    "ordered",
    "issuer",
    "climbed",
)  # of orders and whistles, and of what climbed the ladder
AUDIENCES: dict[str, Words] = {
    REPORTER: ("反映人", "Reporter"),
    UNIT: ("承办单位和网格员", "Unit and grid workers"),
    STAFF: ("受理、核查、裁定人员", "Desk, checkers, adjudicators"),
    ORDERED: ("接到指令、吹哨的单位", "Units that are ordered or called"),
    ISSUER: ("发令、吹哨的人和单位", "Who gave an order or blew a whistle"),
    CLIMBED: ("超时升级到的单位", "Units that an overdue matter climbed to"),
}
LANGUAGES = ("zh-hans", "en")
# Everything that a template may name. Nothing here says who reported, what was said or where somebody lives.
FIELDS: dict[str, Words] = {
    "number": ("回执编号或事项编号", "number of the receipt or of the matter"),
    "state": ("现在的状态", "the state now"),
    "meaning": ("这个状态的含义", "what that state means"),
    "unit": ("承办单位", "the unit in charge"),
    "due": ("办结期限", "the deadline"),
    "district": ("本区名称", "the district's name"),
    "what": ("指令、吹哨、催办或督办", "order, whistle, urge or supervision"),
    "issuer": ("发令单位", "the unit that gave it"),
    "come": ("到场时间", "when to be there"),
    "drill": ("演练时为“演练”，否则为空", "“drill” in a drill, else empty"),
    "link": ("专属链接（工作人员：事项页）", "the private link (staff: the page of the matter)"),
}
LONGEST_SUBJECT, LONGEST_BODY = 80, 300
_FIELD = re.compile(r"\{([^{}]*)\}")
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_EMAIL = re.compile(
    r"[^\s@<>\"',;:()\\\x00-\x1f]{1,64}@(?:[^\s@<>\"',;:()\\.\x00-\x1f-](?:[^\s@<>\"',;:()\\.\x00-\x1f]{0,62})\.)+[^\s@<>\"',;:()\\.\d\x00-\x1f]{2,24}"
)
_PHONE = re.compile(r"\+?\d{5,15}")


def is_email(text: str) -> bool:
    """Whether ``text`` is one plain address, without a name, a list or a line break in it."""
    return len(text) <= 190 and bool(_EMAIL.fullmatch(text))


def plain_phone(text: str) -> str:
    """The digits of a telephone number (a leading + stays), or "" when it is none."""
    digits = re.sub(r"[\s()\-‐–]", "", text)
    return digits if _PHONE.fullmatch(digits) else ""


def hint(way: str, address: str) -> str:
    """What the addressee may be shown of an address, so that it can be recognised and not read: 138****5678, z***@example.com."""
    if way == EMAIL:
        name, _at, host = address.rpartition("@")
        return f"{name[:1]}***@{host}"
    if way == SMS:
        digits = re.sub(r"\D", "", address)
        return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 11 else f"****{digits[-2:]}"
    return "****" if address else ""


def quiet_until(now: datetime, starts: time, ends: time) -> datetime | None:
    """When the quiet hours that ``now`` (local, aware) lies in are over; None outside of them. ``starts == ends``: never quiet.

    Quiet hours begin at ``starts`` and no longer hold at ``ends``; they may run over midnight.
    """
    if starts == ends:
        return None
    clock = now.time().replace(tzinfo=None)
    if starts < ends:
        inside = starts <= clock < ends
    else:
        inside = clock >= starts or clock < ends
    if not inside:
        return None
    over = now.replace(hour=ends.hour, minute=ends.minute, second=0, microsecond=0)
    return over if over > now else over + timedelta(days=1)


def unknown_fields(text: str) -> list[str]:
    """The names in braces that no template may have, and stray braces or brackets as they stand there."""
    wrong = [name for name in _FIELD.findall(text) if name not in FIELDS]
    rest = _FIELD.sub("", text)
    wrong += [sign for sign in "{}" if sign in rest]
    plain = _OPTIONAL.sub("", rest)
    return wrong + [sign for sign in "[]" if sign in plain]


def fill(text: str, values: Mapping[str, str]) -> str:
    """A template with its fields filled. A part in [brackets] is left out when one of its fields is empty."""

    def put(part: str) -> str:
        return _FIELD.sub(lambda found: values.get(found[1], ""), part)

    def maybe(found: re.Match[str]) -> str:
        names = _FIELD.findall(found[1])
        return put(found[1]) if all(values.get(name) for name in names) else ""

    # One pass over the template alone: what stands in a value is never read as a field or a bracket.
    made, last = [], 0
    for found in _OPTIONAL.finditer(text):
        made += [put(text[last : found.start()]), maybe(found)]
        last = found.end()
    return "".join([*made, put(text[last:])])


@dataclass(frozen=True, slots=True)
class Change:
    """One change, as a merged message lists it. ``at``: local."""

    at: datetime
    number: str
    state: str


def together(text: str, changes: Sequence[Change], language: str) -> str:
    """The newest change's text, and below it what happened before it; alone when there is one change only."""
    if len(changes) < 2:
        return text
    same = len({one.number for one in changes}) == 1
    lines = [f"{one.at:%m-%d %H:%M} {one.state if same else f'{one.number} {one.state}'}" for one in changes]
    if language == "en":
        return f"{text}\n{len(changes)} changes since we last wrote: {'; '.join(lines)}."
    return f"{text}\n期间共 {len(changes)} 次变化：{'；'.join(lines)}。"


def not_taken(status: int, wait: str, *, repeatable: bool) -> Outcome:
    """What an HTTP status other than 2xx of a gateway means; ``wait``: its Retry-After.

    ``repeatable``: it recognises a repetition. Where it does not, a 5xx may come from a proxy after the text was taken: a person decides.
    """
    rests = status in (408, 425, 429, 503)
    if status >= 500 and not rests and not repeatable:
        return Outcome(False, error=f"uncertain: HTTP {status}; it may have been taken", again=False)
    after = int(wait) if wait.isascii() and wait.isdigit() else 0
    return Outcome(False, error=f"HTTP {status}", again=rests or status >= 500, after=after)
