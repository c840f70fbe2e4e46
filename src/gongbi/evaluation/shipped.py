"""The indicators and schemes that come with the house: every rate of the board, written in the language, and the weights that were seen.

Sources and tags: domain dossier §4.6 and §5.3. A test proves each equal to the board's own rate. A district overrides any of them with a
version of its own. Pure data.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from gongbi.evaluation.rules import PLACE, Indicator, Item, Scheme
from gongbi.insight.catalogue import rates
from gongbi.insight.rates import Config

LEFT = "excluded"
_SOLVED = "count(below where solved)"
# code → (numerator, denominator, exclusions, further values). Names, sources and tags of verification are those of the board.
_DEFINED: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "filed": ("count(below where done)", "count(reported where sort = new)", "", {"basis": PLACE}),
    "filed_on_time": ("count(below where on_time)", "count(filing)", "", {"basis": PLACE}),
    "public": ("count(below where sort = public)", "count(filed)", "", {"basis": PLACE}),
    "valid": (
        "count(below where not spoiled)",
        "count(reported where sort = new and (done or spoiled) or sort in (answered, answered_repeat))",
        "",
        {"basis": PLACE},
    ),
    "repeated": ("count(below where sort in (joined, merged, answered_repeat))", "count(reported)", "", {"basis": PLACE}),
    "dispatch_right": ("count(below where not spoiled)", "count(dispatch where sort = chosen)", "", {}),
    "returned": ("count(below where spoiled)", "count(dispatch)", LEFT, {}),
    "handled": ("count(below where done)", "count(handling)", LEFT, {}),
    "handled_on_time": ("count(below where on_time)", "count(handling)", LEFT, {}),
    "settled_on_time": ("count(below where on_time and not spoiled)", "count(handling)", LEFT, {}),
    "reworked": ("count(below where spoiled)", "count(handling)", LEFT, {}),
    "check_passed": ("count(below where not spoiled)", "count(checked)", "", {}),
    "checked_on_time": ("count(below where on_time)", "count(check)", "", {}),
    "closed": ("count(below where done)", "count(closing)", LEFT, {}),
    "closed_on_time": ("count(below where done and (exempt or not late))", "count(closing)", LEFT, {}),
    "first_time": ("count(below where sort = clean and not spoiled)", "count(closed)", LEFT, {}),
    "responded": ("count(below where done and not late)", "count(response)", LEFT, {}),
    "solved": (_SOLVED, "count(verdict)", LEFT, {}),
    "satisfied": ("count(below where grade >= 3)", "count(verdict)", LEFT, {}),
}  # fmt: skip
_THREE = (Item("responded", "0.30"), Item("solved", "0.35"), Item("satisfied", "0.35"))
_SEEN = "准格尔旗 12345 考核办法（30 / 35 / 35）；本区自己的权重请在此另立版本 · weights seen at Jungar Banner; set your own as a new version"


@lru_cache(maxsize=1)
def indicators() -> dict[str, Indicator]:
    """Every shipped indicator by its code, in the order of the board."""
    found = {}
    for rate in rates(Config()):
        above, below, left, more = _DEFINED[rate.code]
        found[rate.code] = Indicator(
            rate.code, rate.words, above, below, left, better=rate.better, source=rate.source, verified=rate.verified, **more
        )  # fmt: skip
    return found


@lru_cache(maxsize=1)
def schemes() -> dict[str, Scheme]:
    """Every shipped scheme by its code: units of one class with units of that class."""
    made = (
        Scheme("streets", ("街道三率考评", "Streets: three rates"), ("street",), _THREE, source=_SEEN),
        Scheme(
            "departments", ("部门三率考评", "Departments: three rates"), ("department",), _THREE, source=_SEEN
        ),
        Scheme(
            "communities", ("社区三率考评", "Communities: three rates"), ("community",), _THREE, source=_SEEN
        ),
    )
    return {one.code: one for one in made}
