"""What the board says, in the reader's language: its own texts, and the names of what it is divided by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from gongbi.cases.rules import EXCLUSION_GROUNDS
from gongbi.duties import queries as duties
from gongbi.insight.lines import FAIRLY, SATISFIED, VERDICTS, Result, What
from gongbi.insight.queries import Row
from gongbi.kernel.errors import in_language
from gongbi.parties import queries as parties
from gongbi.territory import queries as territory

BY: dict[str, Any] = {
    "street": _("street"),
    "community": _("community"),
    "unit": _("unit"),
    "kind": _("kind of matter"),
    "channel": _("channel"),
    "net": _("network"),
}
CHANNELS: dict[str, Any] = {
    "web": _("web page"),
    "hotline": _("hotline"),
    "hall": _("service hall"),
    "field": _("grid worker"),
    "mail": _("e-mail"),
    "api": _("other system"),
    "import": _("file import"),
    "device": _("device"),
}
PERIODS: dict[str, Any] = {
    "today": _("Today"),
    "week": _("This week"),
    "month": _("This month"),
    "last_month": _("Last month"),
}
PARTS: dict[str, Any] = {
    "numerator": _("Counted above the line"),
    "rest": _("Below the line only"),
    "denominator": _("All below the line"),
    "excluded": _("Excluded, with the ground"),
}
GROUPS: dict[str, Any] = {
    "unit": _("Units"),
    "centre": _("The centre's own work"),
    "caller": _("What reporters say"),
}
# When a line counts, as a column heading: see lines.What.
AT: dict[What, Any] = {
    What.REPORTED: _("Reported"),
    What.FILING: _("To be filed by"),
    What.DISPATCH: _("Dispatched"),
    What.HANDLING: _("To be handled by"),
    What.CHECK: _("To be checked by"),
    What.CLOSING: _("To be closed by"),
    What.RESPONSE: _("To be contacted by"),
    What.VERDICT: _("Judged"),
    What.FILED: _("Filed"),
    What.CHECKED: _("Checked"),
    What.CLOSED: _("Closed"),
}
# They happened; there was no time by which they had to.
HAPPENED = frozenset({What.DISPATCH, What.VERDICT, What.FILED, What.CHECKED, What.CLOSED})
TEXTS: dict[str, Any] = {
    "board": _("Board"),
    "period": _("Period"),
    "from": _("From"),
    "to": _("To"),
    "territory": _("Territory"),
    "everywhere": _("My whole field"),
    "by": _("Compare by"),
    "rate": _("Rate"),
    "show": _("Show"),
    "share": _("Share"),
    "above": _("Numerator"),
    "below": _("Denominator"),
    "low": _("Lower end"),
    "high": _("Upper end"),
    "rank": _("Rank in its class"),
    "few": _("too few to rank"),
    "excluded": _("Excluded"),
    "unknown": _("not known"),
    "day": _("Day"),
    "number": _("Number"),
    "said": _("What was said"),
    "unit": _("Unit"),
    "place": _("Place"),
    "kind": _("Kind"),
    "done": _("Done"),
    "outcome": _("What became of it"),
    "late": _("late"),
    "in_time": _("on time"),
    "open": _("not yet"),
    "outside": _("outside your field now"),
    "ground": _("Ground of exclusion"),
    "none": _("Nothing to list here."),
    "none_hint": _("No matter falls into this part in this period. Choose a longer period or another part."),
    "parts": _("Parts of the figure"),
    "back": _("Back to the board"),
    "download": _("Download"),
    "definition": _("What this counts"),
    "counted_by": _("The period is decided by"),
    "source": _("Source"),
    "formula": _("Formula"),
    "verified": _("seen in the source"),
    "unverified": _("not seen in its source; a city may define it otherwise"),
    "closer": _("Look closer"),
    "score_note": _("Weighted: response, solved, satisfied"),
    "weights": _("Weights"),
    "field": _("Counted: the matters of your own field, each where it lay and whose it was at that time."),
    "as_of": _(
        "Every number is as it was known at the end of the period; what came later does not change it."
    ),
}
# What became of a line: by what it is about, then when it came to nothing; by its kind where that says all.
SPOILED: dict[What, Any] = {
    What.REPORTED: _("not accepted"),
    What.DISPATCH: _("returned"),
    What.HANDLING: _("sent back"),
    What.CHECKED: _("failed"),
    What.CLOSED: _("judged unsolved or bad"),
}
# What became of what happened, where nothing came to nothing.
KEPT: dict[What, Any] = {What.DISPATCH: _("kept"), What.CHECKED: _("passed")}
KINDS: dict[int, Any] = {
    Result.JOINED: _("joined a known matter"),
    Result.MERGED: _("merged"),
    Result.ANSWERED: _("answered at once"),
    Result.ANSWERED_REPEAT: _("answered at once: nothing new"),
    Result.PUBLIC: _("raised by the public"),
    Result.OWN: _("raised by own people or instruments"),
    Result.TAINTED: _("sent on, reworked or reopened before"),
}
GRADES: dict[int, Any] = {
    5: _("very satisfied"),
    4: _("satisfied"),
    3: _("fairly satisfied"),
    2: _("dissatisfied"),
    1: _("very dissatisfied"),
}


def marks(what: What, row: Row) -> list[tuple[Any, str]]:
    """What became of a line, as (words, tone of a chip): late, sent back, exempt, joined, a verdict …"""
    if what == What.VERDICT:
        solved, grade = divmod(row.result - VERDICTS, 10)
        first = (_("solved"), "ok") if solved else (_("not solved"), "late")
        return [first, (GRADES[grade], "ok" if grade >= SATISFIED else "soon" if grade == FAIRLY else "late")]
    found: list[tuple[Any, str]] = []
    if row.result in KINDS:
        found.append((KINDS[row.result], "quiet"))
    if row.exempt:
        found.append((_("exempt after an appeal"), "info"))
    elif row.late:
        found.append((TEXTS["late"], "late"))
    elif row.done_at is not None and what != What.REPORTED:
        found.append((TEXTS["in_time"], "ok"))
    if row.spoiled and what in SPOILED:
        found.append((SPOILED[what], "late"))
    elif what in KEPT:
        found.append((KEPT[what], "ok"))
    return found


def change(before: float | None, now: float | None) -> Any:
    """The difference to the period before in percentage points, in words; "" where one of the two is not there."""
    if before is None or now is None:
        return ""
    points = f"{100 * (now - before):+.1f}"
    return _("%(points)s points on the period before (%(was)s%%)") % {
        "points": points,
        "was": f"{100 * before:.1f}",
    }


def tally(counts: Mapping[str, int]) -> str:
    """Excluded lines by ground: ``Force majeure 2, …``."""
    return "、".join(f"{ground(code)} {count}" for code, count in sorted(counts.items()))


def ground(code: str) -> str:
    """An exclusion's ground in words."""
    return in_language(EXCLUSION_GROUNDS[code]) if code in EXCLUSION_GROUNDS else code


def labels(by: str, keys: Iterable[str], on: date) -> dict[str, str]:
    """Names of groups on a day, in the reader's language. A key without a name stands for itself."""
    wanted = list(keys)
    found: dict[str, str] = {}
    if by in ("street", "community"):
        found = territory.names([key for key in wanted if key], on=on)
    elif by == "unit":
        units = {key: parties.unit_by_id(int(key)) for key in wanted if key.isdigit()}
        found = {key: unit.label for key, unit in units.items() if unit is not None}
    elif by == "kind":
        kinds = {key: duties.kind(key, on=on) for key in wanted}
        found = {key: in_language(kind.name) for key, kind in kinds.items() if kind is not None}
    elif by == "channel":
        found = {key: str(CHANNELS[key]) for key in wanted if key in CHANNELS}
    return {key: found.get(key) or key or str(TEXTS["unknown"]) for key in wanted}


def classes(by: str, keys: Iterable[str]) -> dict[str, str]:
    """The class of peers of each unit (streets with streets); other divisions are one class."""
    if by != "unit":
        return {}
    units = {key: parties.unit_by_id(int(key)) for key in keys if key.isdigit()}
    return {key: unit.ranking_class or unit.kind for key, unit in units.items() if unit is not None}


def is_chinese() -> bool:
    """Whether the reader reads Chinese."""
    return not (get_language() or "zh").startswith("en")
