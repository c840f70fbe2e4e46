"""Writes docs/law.md and docs/cases-flow.md from the declarations: rule → article → where → tests. ``--check`` only compares."""

from __future__ import annotations

import ast
import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "gongbi"
_ARTICLE = re.compile(r"《[^》]+》[^\"'。；;,)]*|GB/T \d+[^\"'。；;,)]*|规范 第\d+条")


def rules() -> list[tuple[str, str, str]]:
    """(module, function, articles) of every pure rule that names one, in code or docstring."""
    found = []
    for path in sorted(SOURCE.glob("**/rules.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = {
            target.id: ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name) and isinstance(node.value.value, str)
        }
        for node in tree.body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            named = [
                constants[name.id]
                for name in ast.walk(node)
                if isinstance(name, ast.Name) and name.id in constants
            ]
            named += _ARTICLE.findall(ast.get_docstring(node) or "")
            articles = sorted({text.strip() for text in named if _ARTICLE.search(text)})
            if articles:
                found.append((path.relative_to(SOURCE).as_posix(), node.name, "; ".join(articles)))
    return found


def tests_of(name: str, code: dict[str, str]) -> str:
    """Test files that mention a rule's function or the refusal that it raises."""
    refusal = {
        "check_contest_open": "cases.ruled", "check_extensions": "cases.extensions_used",
        "check_suspensions": "cases.suspended_before", "check_suspension_until": "cases.until_",
        "check_before": "cases.overdue", "check_other_person": "cases.own_request", "check_four_eyes": "cases.four_eyes",
        "check_callback": "cases.callback_owed", "check_reject_ground": "cases.no_ground",
        "check_community_lists": "duties.community", "weigh_lists": "duties.community",
    }.get(name, name)  # fmt: skip
    said = re.compile(rf"rules\.{name}\b|\b{name}\(|\"{re.escape(refusal)}")
    files = sorted(path for path, text in code.items() if said.search(text))
    return ", ".join(f"`{path}`" for path in files) or "—"


def law() -> str:
    code = {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "tests").glob("**/test_*.py"))
    }
    lines = [
        "# Rules and the law they rest on",
        "",
        "Made by `python scripts/law_table.py` from the `rules.py` of each room and the flows; not written by hand. What the domain",
        "dossier does not mark as seen is a setting, not law, and says so where it is shown.",
        "",
        "## Rules",
        "",
        "| rule | article or standard | tests |",
        "| --- | --- | --- |",
    ]
    lines += [
        f"| `{module}:{name}` | {articles} | {tests_of(name, code)} |" for module, name, articles in rules()
    ]
    lines += [
        "",
        "## Steps of a case",
        "",
        "| step | from → to | who | article |",
        "| --- | --- | --- | --- |",
    ]
    from gongbi.cases.flow import CASE

    for arrow in CASE.transitions:
        if arrow.article:
            where = f"{', '.join(arrow.from_) or '·'} → {arrow.to}"
            lines.append(
                f"| {arrow.words[0]} `{arrow.name}` | {where} | {', '.join(arrow.who)} | {arrow.article} |"
            )
    return "\n".join(lines) + "\n"


def _without_tests(text: str) -> str:
    """The text without the column of tests: a new test makes the page old, but not wrong."""
    return re.sub(r"^(\| `[^|]*\|[^|]*\|).*$", r"\1", text, flags=re.MULTILINE)


def drawing() -> str:
    from gongbi.cases.flow import CASE
    from gongbi.kernel.flow.queries import mermaid

    return f"# How a case flows\n\nMade by `python scripts/law_table.py` from `cases/flow.py`.\n\n```mermaid\n{mermaid(CASE)}\n```\n"


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongbi.ops.settings")
    import django

    django.setup()
    stale = []
    for name, text in (("law.md", law()), ("cases-flow.md", drawing())):
        path = ROOT / "docs" / name
        if "--check" in sys.argv:
            if not path.exists() or _without_tests(path.read_text(encoding="utf-8")) != _without_tests(text):
                stale.append(name)
        else:
            path.write_text(text, encoding="utf-8")
    if stale:
        sys.stderr.write(f"docs/{', docs/'.join(stale)}: out of date; run python scripts/law_table.py\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
