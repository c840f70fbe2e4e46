"""The numbered notice as paper: Word (the district edits it) and PDF, from the words kept when it was issued."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from docxtpl import DocxTemplate
from fpdf import FPDF

from gongbi.command import rules, words
from gongbi.command.models import Notice
from gongbi.kernel.errors import Refused

TEMPLATE = Path(__file__).parent / "data" / "notice.docx"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF = "application/pdf"
# Where systems keep a font with Chinese letters; the setting PDF_FONT names another. In a collection the second number is its place.
FONTS: tuple[tuple[str, int], ...] = (
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc", 0),
    ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 0),
    ("/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf", 0),
    ("C:/Windows/Fonts/simfang.ttf", 0),
    ("C:/Windows/Fonts/simsun.ttc", 0),
    ("/System/Library/Fonts/STHeiti Light.ttc", 0),
)
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


def font() -> tuple[str, int]:
    """A font with Chinese letters and its place in its collection. Refused where this machine has none."""
    chosen = getattr(settings, "PDF_FONT", "")
    for path, place in ((chosen, 0), *FONTS):
        if path and Path(path).is_file():
            return path, place
    raise Refused(
        "command.no_font",
        (
            "这台服务器没有中文字体，不能生成 PDF。请下载 Word，或请管理员安装中文字体（如 fonts-noto-cjk）后再试。",
            "This server has no Chinese font, so no PDF can be made. Take the Word file, or ask for one to be installed (fonts-noto-cjk).",
        ),
    )


def as_pdf(notice: Notice) -> bytes:
    """The notice as PDF, A4, one page or more; the same notice gives the same bytes. Refused without a Chinese font."""
    told = facts_of(notice)
    path, place = font()
    paper = FPDF(format="A4")
    paper.set_creation_date(notice.issued_at)
    paper.set_title(f"{told['heading']} {told['number']}")
    paper.set_lang("zh-CN")
    paper.set_margins(28, 37, 26)
    paper.set_auto_page_break(True, margin=35)
    paper.add_font("zh", fname=path, collection_font_number=place)
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
