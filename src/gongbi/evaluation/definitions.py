"""docs/evaluation.md, its tables written from the shipped rules: ``python -m gongbi.evaluation.definitions > docs/evaluation.md``.

A test holds the page current.
"""

from __future__ import annotations

import sys
from pathlib import Path

from gongbi.evaluation import shipped
from gongbi.evaluation.fields import FIELDS, LINES

HEAD = Path(__file__).with_name("definitions.head.md")
TAIL = Path(__file__).with_name("definitions.tail.md")


def as_markdown() -> str:
    """The whole page."""
    lines = [HEAD.read_text("utf-8"), "| lines | what |", "| --- | --- |"]
    lines += [f"| `{name}` | {words[0]} – {words[1]} |" for name, (_what, words) in LINES.items()]
    lines += ["", "| field | values | what |", "| --- | --- | --- |"]
    kinds = {"flag": "yes or no", "number": "1–5", "code": "a code"}
    for name, known in FIELDS.items():
        values = ", ".join(known.values) or kinds[known.kind]
        lines.append(f"| `{name}` | {values} | {known.words[0]} – {known.words[1]} |")
    lines += [
        "",
        "## Shipped indicators",
        "",
        "| indicator | numerator | denominator | left out | lines by | formula seen | source |",
    ]
    lines.append("| --- | --- | --- | --- | --- | --- | --- |")
    for code, one in shipped.indicators().items():
        down = " ↓" if one.better == "low" else ""
        lines.append(
            f"| **{one.words[0]}** {one.words[1]} (`{code}`){down} | `{one.numerator}` | `{one.denominator}` | "
            f"{f'`{one.exclusions}`' if one.exclusions else '–'} | {one.basis} | {'yes' if one.verified else 'no'} | {one.source} |"
        )
    lines += [
        "",
        "↓ lower is better.",
        "",
        "## Shipped schemes",
        "",
        "| scheme | classes | made of | source |",
        "| --- | --- | --- | --- |",
    ]
    for code, scheme in shipped.schemes().items():
        made = ", ".join(f"`{item.indicator}` {item.weight}" for item in scheme.items)
        lines.append(
            f"| **{scheme.words[0]}** {scheme.words[1]} (`{code}`) | {', '.join(scheme.classes)} | {made} | {scheme.source} |"
        )
    return "\n".join(lines) + "\n" + TAIL.read_text("utf-8")


if __name__ == "__main__":
    sys.stdout.write(as_markdown())
