"""docs/rates.md, written from the catalogue: ``python -m gongbi.insight.definitions > docs/rates.md``. A test holds it current."""

from __future__ import annotations

import sys

from gongbi.insight.catalogue import PERIOD, rates
from gongbi.insight.rates import SCORE_WORDS, Config

HEAD = """# Rates: what each number of the board counts

*This page is written from `src/gongbi/insight/catalogue.py` by `python -m gongbi.insight.definitions`.*

## How everything is counted

* **The record alone.** Every figure is a fold over the cases' ledgers (`insight/fold.py`). Deadlines are those the ledger names
  (`due` of the step that started, extended or resumed the clock); the board never computes one from a calendar.
* **Lines.** What is counted is a *line*: one thing that was owed or happened once (a report, a filing, a dispatch, a round of
  handling, a check, a closing, a first contact, a verdict). A case that is reworked owes two rounds of handling; a case is owed
  one closing at a time, whatever happened before.
* **The period** is half-open, whole local days, and decided by one time of the line, named in the table.
* **As of the end of the period.** A line is counted as it was known at the period's end. What came later – an appeal upheld, a
  reopening, a merge, an exclusion – counts in its own period. So last March gives the same bytes for ever (while the settings
  stay), and `gongbi board --recount` proves it against a recount by code of its own.
* **On time** includes the very minute of the deadline: 16:30:59 is on time for 16:30. A line whose deadline stands still (asked
  back, suspended) owes nothing until it goes on, unless the deadline had passed before.
* **Exempt** (an appeal against "late" was upheld): not late any more, still in the totals.
* **Excluded** (a listed ground): leaves numerator and denominator of the rates marked so, and is listed beside each of them.
* **Nothing below the line** shows "—": neither 0 % nor 100 %, and no rank.
* **Where and whose.** A line belongs to the place, kind and unit of its time; an open line follows its case. A unit that hands
  a case on keeps what it did; what is still open goes along.
* **Merged cases** are not counted twice: the merged case keeps only its report (as a repeat); its reporters are contacted and
  judge at the case that goes on, and count there.
* **The interval** is Wilson's, 95 %. Below {fewest} lines nothing is ranked; peers are units of one class (streets with streets).
* **Who counts what**: a viewer counts lines of the own territory, a handler those of the own units.

## The rates
"""

TAIL = """
## {score} ({score_en})

Σ weight × rate of 响应率, 解决率, 满意率. Default weights {weights} (准格尔旗, seen); settings `weight_response`, `weight_solved`,
`weight_satisfied` must add up to 1 or the board refuses. Without one of the three rates there is no score. Whether 基本满意 counts
as satisfied is the setting `fairly_counts` (default: yes). With .95, .80 and .90 the score is .88.

The one published composite score of a region that was found has weights that add up to 70 % and punishes a high closing rate; it
was not copied. `insight.rates.composite` takes any weights that add up to 1.

## Not on the board, and why

| rate | why |
| --- | --- |
| 接通率, 15 秒应答率 | need the telephone system's own statistics (calls asked for, answered, waiting time), which come with another issue |
| 知识库更新数, 直接答复率 | need the knowledge base and the clerks' call log |
| 漏报率 | "missed" can only be told by an independent inspection of the same grid; counting residents' reports against a grid worker would be a quota in disguise |
| 按时核实率 | verification before filing is no task of its own in this flow |
| 社区化解率, 网上办比例, 最多跑一次 | belong to mediation and the service centre |

## Choices that the sources leave open

* 响应率: the term runs from the dispatch to the unit that holds the case (a returned dispatch starts it anew for the next unit);
  by the city's own limit, default 24 hours around the clock. The step that gives the case to the unit, or the report to the case,
  writes the deadline into the ledger (`due.response`), so office hours and days off count as they stood. Reports by grid workers
  and devices are owed no contact. A caller reached in the call-back was contacted then.
* 解决率, 满意率: over reports judged, by the reporter or for them in a call-back; only the last verdict after a reopening counts.
* 返工率: over rounds of handling owed (some cities take handled cases).
* 结案率: owed from the moment the case is handled; due with the check, and with the call-back where one is owed.
* 一次办结率: a verdict "unsolved" or a grade of 1–2 counts against it.
* 准确派遣率: a return that a ruling overturned was no wrong dispatch; rulings themselves are no dispatches of a dispatcher.
"""

_YES, _NO = "yes", "no"


def as_markdown() -> str:
    """The whole page."""
    config = Config()
    lines = [
        HEAD.replace("{fewest}", str(config.fewest)),
        "| rate | numerator | denominator | period decided by | excluded cases leave | source | formula seen |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for rate in rates(config):
        cells = (
            f"**{rate.words[0]}** {rate.words[1]} (`{rate.code}`)" + (" ↓" if rate.better == "low" else ""),
            f"{rate.above_words[0]}<br>{rate.above_words[1]}",
            f"{rate.below_words[0]}<br>{rate.below_words[1]}",
            f"{PERIOD[rate.what][0]}<br>{PERIOD[rate.what][1]}",
            _YES if rate.excludable else _NO,
            rate.source,
            _YES if rate.verified else _NO,
        )
        lines.append("| " + " | ".join(cells) + " |")
    weights = " / ".join(f"{weight:.2f}" for weight in config.weights)
    tail = TAIL.replace("{score}", SCORE_WORDS[0]).replace("{score_en}", SCORE_WORDS[1])
    return "\n".join(lines) + "\n\n↓ lower is better.\n" + tail.replace("{weights}", weights)


if __name__ == "__main__":
    sys.stdout.write(as_markdown())
