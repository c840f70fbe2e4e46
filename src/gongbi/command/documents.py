"""The numbered notice as paper: Word (the district edits it) and PDF, from the words kept when it was issued."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import Any

from docxtpl import DocxTemplate
from fpdf import FPDF
from pylopdf_fonts_zh_cn import sans_path

from gongbi.command import rules, words
from gongbi.command.models import Notice

TEMPLATE = Path(__file__).parent / "data" / "notice.docx"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF = "application/pdf"
_TITLES = {rules.URGE: "催办通知书", rules.SUPERVISE: "督办通知书"}


def name_of(notice: Notice, ending: str) -> str:
    """The file's name: the notice's number."""
    return f"{notice.number}.{ending}"


def facts_of(notice: Notice) -> dict[str, Any]:
    """What the paper says, all of it as text."""
    told = notice.words
    sort, level = told["sort"], told["level"]
    marks = [
        pair[0] for key, pair in (("drill", words.DRILL), ("synthetic", words.SYNTHETIC)) if told.get(key)
    ]
    return {
        "number": notice.number,
        "heading": _TITLES[sort],
        "level": f"{words.LEVELS[level][0]}督办" if level else "",
        "to": told["to"],
        "issuer": told["issuer"],
        "about": told["about"],
        "opened_at": _moment(told["opened_at"]),
        "due_at": _moment(told["due_at"]),
        "title": told["title"],
        "text": told["text"],
        "order": told["order"],
        "sign_by": _moment(told["sign_by"]),
        "report_by": _moment(told["report_by"]),
        "issued_at": f"{datetime.fromisoformat(told['issued_at']):%Y年%-m月%-d日}",
        "mark": "　".join(f"【{one}】" for one in marks),
    }


def _moment(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y年%-m月%-d日 %H:%M}" if text else "—"


def as_word(notice: Notice) -> bytes:
    """The notice as a Word file, made from ``data/notice.docx``."""
    template = DocxTemplate(TEMPLATE)
    template.render(facts_of(notice), autoescape=True)
    out = io.BytesIO()
    template.save(out)
    return out.getvalue()


def as_pdf(notice: Notice) -> bytes:
    """The notice as PDF, A4, one page or more, with its font inside; the same notice gives the same bytes."""
    told = facts_of(notice)
    paper = FPDF(format="A4")
    paper.set_creation_date(notice.issued_at)
    paper.set_title(f"{told['heading']} {told['number']}")
    paper.set_lang("zh-CN")
    paper.set_margins(28, 37, 26)
    paper.set_auto_page_break(True, margin=35)
    paper.add_font("zh", "", sans_path())
    paper.add_page()

    def line(text: str, size: float, *, align: str = "L", after: float = 2.0) -> None:
        paper.set_font("zh", size=size)
        paper.multi_cell(0, size * 0.62, text, align=align, new_x="LMARGIN", new_y="NEXT")
        paper.ln(after)

    if told["mark"]:
        line(told["mark"], 12, align="R")
    line(told["issuer"], 18, align="C", after=3)
    line(told["heading"], 22, align="C", after=3)
    line(told["number"], 14, align="C", after=4)
    paper.line(28, paper.get_y(), 184, paper.get_y())
    paper.ln(6)
    line(f"{told['to']}：", 14, after=3)
    line(f"　　{told['title']}", 14, after=3)
    line(f"　　{told['text']}", 14, after=4)
    for name, value in lines_of(told):
        line(f"　　{name}：{value}", 12, after=1)
    paper.ln(14)
    line(told["issuer"], 14, align="R")
    line(told["issued_at"], 14, align="R", after=6)
    line(f"指令编号 {told['order']}", 9, after=0)
    return bytes(paper.output())


def lines_of(told: dict[str, Any]) -> list[tuple[str, str]]:
    """The particulars below the text, as the paper and the page list them."""
    found = [("级别", told["level"])] if told["level"] else []
    return [
        *found, ("事项编号", told["about"]), ("受理时间", told["opened_at"]), ("原定期限", told["due_at"]),
        ("签收期限", told["sign_by"]), ("反馈期限", told["report_by"]),
    ]  # fmt: skip
