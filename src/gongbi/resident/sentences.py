"""What a resident reads about the own matter: whole sentences, no officialese, who and until when. Pairs (Chinese, English)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from gongbi.kernel.clock.words import when
from gongbi.resident.rules import Words

Tone = Literal["info", "ok", "soon", "late", "quiet"]

# Which clock carries the promise in each state; the deadline of a unit that signs is its own affair.
PROMISED_BY: Final[dict[str, str]] = {
    "received": "accept",
    "clarifying": "accept",
    "accepted": "dispatch",
    "dispatched": "handle",
    "disputed": "handle",
    "handling": "handle",
    "asking": "handle",
    "suspended": "handle",
    "handled": "check",
    "checked": "callback",
}
SOMEBODY: Final[Words] = ("负责的单位", "the unit in charge")

# state → (with a deadline, without one); {unit} and {when} are filled in.
_NOW: Final[dict[str, tuple[Words, Words]]] = {
    "received": (
        ("我们收到了您说的事，{when} 前告诉您是否受理。", "We have what you said and will tell you by {when} whether we take it on."),
        ("我们收到了您说的事，正在看。", "We have what you said and are reading it."),
    ),
    "accepted": (
        ("这件事已经受理，{when} 前转给负责的单位。", "We have taken this on and will pass it to the unit in charge by {when}."),
        ("这件事已经受理，正在找负责的单位。", "We have taken this on and are finding who is in charge."),
    ),
    "dispatched": (
        ("我们已经转给{unit}，{when} 前给您答复。", "We have passed it on to {unit}; you get an answer by {when}."),
        ("我们已经转给{unit}。", "We have passed it on to {unit}."),
    ),
    "disputed": (
        ("正在确定由哪个单位负责。给您的期限不变：{when} 前答复。", "It is being decided which unit is in charge. Your date stays: an answer by {when}."),
        ("正在确定由哪个单位负责。", "It is being decided which unit is in charge."),
    ),
    "handling": (
        ("{unit}正在办理，{when} 前给您答复。", "{unit} is dealing with it; you get an answer by {when}."),
        ("{unit}正在办理。", "{unit} is dealing with it."),
    ),
    "handled": (
        ("{unit}说已经办好了。现在由别的人去核查，{when} 前有结果。", "{unit} says it is done. Somebody else is checking that; the result comes by {when}."),
        ("{unit}说已经办好了。现在由别的人去核查。", "{unit} says it is done. Somebody else is checking that now."),
    ),
    "checked": (
        ("核查通过了。我们 {when} 前打电话问您是否解决。", "The check was passed. We call you by {when} to ask whether it is solved."),
        ("核查通过了。我们会打电话问您是否解决。", "The check was passed. We will call you to ask whether it is solved."),
    ),
}  # fmt: skip

# States in which the clock stands still, or which are over.
_STILL: Final[dict[str, Words]] = {
    "clarifying": ("我们有一个问题想问您，请在下面回答。等您回答的时间不计入期限。", "We have a question for you, below; your time is not counted."),
    "asking": ("{unit}有一个问题想问您，请在下面回答。等您回答的时间不计入期限。", "{unit} has a question for you, below; your time is not counted."),
    "suspended": ("这件事现在还办不了，先挂起来。{until}自动恢复办理。", "This cannot be done for now. It goes on by itself {until}."),
    "closed": ("已经办结。请您评价：问题解决了吗？", "It is done. Please tell us: is it solved?"),
    "judged": ("谢谢您的评价，这件事到此结束。", "Thank you for your judgement. This matter is finished."),
    "rejected": ("这件事我们不能受理，原因写在下面。", "We cannot take this on; the reason is below."),
    "merged": ("这件事和另一件相同，一起办理。", "This is the same as another matter; the two are handled together."),
    "answered": ("这件事已经当场答复您。", "This was answered at once."),
}  # fmt: skip

_HELD: Final[Words] = ("条件具备时恢复，最迟 {when} ", "when it can, and by {when} at the latest")
_HELD_OPEN: Final[Words] = ("条件具备或到期后", "when it can or when the hold ends")
_PROVISIONAL: Final[Words] = (
    "这个时间是暂定的：期限跨到的年份还没有公布放假安排，公布后可能调整，届时在这里告诉您。",
    "This date is provisional: the days off of that year are not announced yet. If they move it, you read so here.",
)

_ELSEWHERE: Final[dict[str, Words]] = {
    "clarifying": ("正在向反映同一件事的另一位居民了解情况，不需要您做什么。", "We are asking somebody else who reported the same; you need not do anything."),
    "asking": ("{unit}正在向反映同一件事的另一位居民了解情况，不需要您做什么。", "{unit} is asking somebody else who reported the same; you need not do anything."),
}  # fmt: skip

_LATE: Final[Words] = (
    "比答应您的时间（{when}）晚了。事情还在办，晚了多久已经记下来，计入考核。",
    "This is later than the time we promised ({when}). It is still being worked on; the delay is on record and counts.",
)

# Steps as a resident reads them; {unit} is whoever took the step. A step without a sentence is an inner affair.
_HAPPENED: Final[dict[str, tuple[Words, Tone]]] = {
    "open": (("收到您反映的情况", "We received what you said"), "ok"),
    "answer_at_once": (("当场答复", "Answered at once"), "ok"),
    "supplement": (("报送方补充了说明", "The sender added to what was said"), "quiet"),
    "join": (("又有居民反映了同一件事，一起办理", "Somebody else reported the same; handled together"), "quiet"),
    "accept": (("已受理", "Taken on"), "info"),
    "reject": (("不予受理", "Not taken on"), "late"),
    "clarify": (("向报告人提了一个问题", "A question was put to the reporter"), "soon"),
    "clarified": (("问题已补充，继续办理", "The question was answered; it goes on"), "quiet"),
    "merge": (("与另一件相同，并在一起办理", "The same as another matter; put together with it"), "quiet"),
    "unmerge": (("从合并中分出，单独办理", "Taken out again and handled on its own"), "quiet"),
    "split": (("拆成两件，分别办理", "Parted in two, each handled on its own"), "quiet"),
    "contest": (("重新确定由哪个单位负责", "It is being decided anew which unit is in charge"), "quiet"),
    "contest_again": (("由专人裁定由哪个单位负责", "An adjudicator decides which unit is in charge"), "quiet"),
    "dispatch": (("转给{to}办理", "Passed on to {to}"), "info"),
    "sign": (("{unit}已签收，开始办理", "{unit} signed for it and began"), "info"),
    "rule": (("已确定由{to}负责", "It was decided that {to} is in charge"), "info"),
    "ask": (("{unit}向报告人提了一个问题", "{unit} put a question to the reporter"), "soon"),
    "answered_back": (("问题已回答，继续办理", "The question was answered; it goes on"), "quiet"),
    "grant_extension": (("同意延长办理时间", "More time was granted"), "soon"),
    "grant_suspension": (("暂时无法办理，先挂起", "It cannot be done for now and was put on hold"), "soon"),
    "resume": (("恢复办理", "It goes on again"), "info"),
    "finish": (("{unit}办理完成", "{unit} reported it done"), "ok"),
    "solve_on_spot": (("网格员当场解决", "The grid worker solved it on the spot"), "ok"),
    "confirm": (("核查通过，已办结", "The check was passed; closed"), "ok"),
    "confirm_for_callback": (("核查通过，等待回访", "The check was passed; a call-back follows"), "ok"),
    "rework": (("核查没有通过，退回重新办理", "The check was not passed; it is done again"), "soon"),
    "call_back": (("已回访，办结", "Called back; closed"), "ok"),
    "call_back_unsolved": (("回访说没有解决，退回重新办理", "The call-back found it not solved; it is done again"), "soon"),
    "judge": (("一位报告人作了评价", "A reporter judged the result"), "quiet"),
    "reopen": (("报告人说问题还在，重新办理", "A reporter said it is still there; it is done again"), "soon"),
    "deadline_moved": (("放假安排有变，办理期限随之调整", "The working calendar changed, and the deadline with it"), "info"),
    "contacted": (("{unit}联系了报告人", "{unit} contacted the reporter"), "info"),
}  # fmt: skip

LOOKED: Final[dict[str, Words]] = {
    "clerk": ("受理员", "Clerk"),
    "dispatcher": ("受理派遣员", "Dispatcher"),
    "handler": ("承办人", "Handler"),
    "grid_worker": ("网格员", "Grid worker"),
    "checker": ("核查员", "Checker"),
    "system": ("系统任务", "A job of the system"),
}
FIELDS: Final[dict[str, Words]] = {
    "name": ("姓名", "name"),
    "phone": ("电话", "telephone"),
    "earlier": ("以前反映的事项", "earlier matters"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a matter stands: the sentence that answers "has mine moved?", and what to add when it is late or its date is not
    fixed yet.
    """

    now: Words
    late: Words | None = None
    note: Words | None = None


def fill(pair: Words, zh: dict[str, str], en: dict[str, str]) -> Words:
    """Both sentences of a pair with their places filled; an English one starts with a capital."""
    english = pair[1].format(**en)
    return pair[0].format(**zh), english[:1].upper() + english[1:]


def standing(
    state: str,
    unit: Words | None,
    due_at: datetime | None,
    now: datetime,
    *,
    asked: bool = True,
    judged: bool = False,
    until: datetime | None = None,
    provisional: bool = False,
) -> Standing:
    """The sentence of a state. ``due_at``: of the clock that carries the promise, None when it stands still or none runs.

    ``asked``: whether the open question is this person's own; ``judged``: whether this person has judged; ``until``: the end of
    the hold of a suspended matter; ``provisional``: whether ``due_at`` was counted over days that no notice has fixed.
    """
    who = unit or SOMEBODY
    moment = when(due_at, now) if due_at is not None else ("", "")
    end = when(until, now) if until is not None else None
    held = (_HELD[0].format(when=end[0]), _HELD[1].format(when=end[1])) if end else _HELD_OPEN
    zh = {"unit": who[0], "when": moment[0], "until": held[0]}
    en = {"unit": who[1], "when": moment[1], "until": held[1]}
    if state == "closed" and judged:
        return Standing(_STILL["judged"])
    if state in _ELSEWHERE and not asked:
        return Standing(fill(_ELSEWHERE[state], zh, en))
    if state in _STILL:
        return Standing(fill(_STILL[state], zh, en))
    promised, plain = _NOW[state]
    if due_at is None:
        return Standing(fill(plain, zh, en))
    if now.replace(second=0, microsecond=0) > due_at:
        return Standing(fill(plain, zh, en), fill(_LATE, zh, en))
    return Standing(fill(promised, zh, en), note=_PROVISIONAL if provisional else None)


def happened(step: str, unit: Words | None, to: Words | None) -> tuple[Words, Tone] | None:
    """The sentence and tone of one step, or None for one that is no resident's affair."""
    if step not in _HAPPENED:
        return None
    pair, tone = _HAPPENED[step]
    who, whom = unit or SOMEBODY, to or SOMEBODY
    return fill(pair, {"unit": who[0], "to": whom[0]}, {"unit": who[1], "to": whom[1]}), tone


def together(others: int) -> Words | None:
    """That the same was reported several times, by people or devices; None when it was not."""
    if others <= 0:
        return None
    more = "another" if others == 1 else f"{others} others"
    return (
        f"您反映的和另外 {others} 条反映是同一件事，一起办理。每一位都会收到答复，各自评价。",
        f"Your report and {more} are about one matter, handled together. Everybody is answered and judges alone.",
    )


def kept(days: int | None) -> Words:
    """How long something is kept, as people say it: whole years where the days make them, else days; None is for good."""
    if days is None:
        return "长期", "For good"
    years = round(days / 365.25)
    if years and abs(days - years * 365.25) < 2:
        return f"{years} 年", f"{years} year{'' if years == 1 else 's'}"
    return f"{days} 天", f"{days} day{'' if days == 1 else 's'}"


def counted(why: Words, amount: int, *, days: bool) -> Words:
    """Why a stretch counts or does not, and for how much: minutes told as hours; a day that counts for one needs no figure."""
    if not amount or (days and amount == 1):
        return why
    if days:
        return f"{why[0]}：{amount} 天", f"{why[1]}: {amount} days"
    hours, minutes = divmod(amount, 60)
    zh = [f"{hours} 小时"] * bool(hours) + [f"{minutes} 分钟"] * bool(minutes)
    en = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes)
    return f"{why[0]}：{' '.join(zh)}", f"{why[1]}: {' '.join(en)}"
