"""The review on paper: Word for editing (docxtpl, from ``data/review.docx``, which a district may change), PDF for the file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from docxtpl import DocxTemplate
from fpdf import FPDF
from fpdf.fonts import FontFace
from pylopdf_fonts_zh_cn import sans_path

from gongbi.incidents.review import Draft, Part
from gongbi.incidents.words import TEXTS
from gongbi.kernel.errors import in_language

TEMPLATE = Path(__file__).resolve().parent / "data" / "review.docx"
FONT = "sc"
_MARGIN, _HEAD, _BODY, _SMALL = 18, 16, 10.5, 8.5  # mm; points


def word(draft: Draft) -> bytes:
    """The review as a Word document (Office Open XML)."""
    template = DocxTemplate(TEMPLATE)
    context = {
        "heading": in_language(TEXTS["review"]),
        "title": draft.title,
        "number": draft.number,
        "mark": draft.mark,
        "facts": [{"name": name, "value": value} for name, value in draft.facts],
        "parts": [
            {"heading": part.heading, "said": part.said, "columns": part.columns, "rows": part.rows}
            for part in draft.parts
        ],
        "empty": in_language(TEXTS["nothing_there"]),
        "lessons": draft.lessons,
        "finding": draft.finding or "　",
    }
    template.render(context, autoescape=True)
    kept = io.BytesIO()
    template.save(kept)
    return kept.getvalue()


class _Paper(FPDF):
    """A4 with the number and the page below, and above what says that it is a drill, on every page."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(format="A4")
        self.draft = draft
        self.add_font(FONT, "", sans_path())
        self.set_margins(_MARGIN, _MARGIN)
        self.set_auto_page_break(True, _MARGIN)
        self.set_title(f"{draft.number} {draft.title}")
        self.set_creator("Gongbi")

    def header(self) -> None:
        if self.draft.mark:
            self.set_font(FONT, size=_SMALL)
            self.multi_cell(0, 5, self.draft.mark, border=1, align="C", new_x="LMARGIN", new_y="NEXT")
            self.ln(3)

    def footer(self) -> None:
        self.set_y(-12)
        self.set_font(FONT, size=_SMALL)
        self.cell(0, 6, f"{self.draft.number} · {self.page_no()}/{{nb}}", align="C")


def pdf(draft: Draft) -> bytes:
    """The review as PDF, A4, with its fonts inside."""
    paper = _Paper(draft)
    paper.add_page()
    _text(paper, in_language(TEXTS["review"]), _HEAD, 8)
    _text(paper, f"{draft.title}　{draft.number}", 12, 7)
    paper.ln(2)
    _rows(paper, (), draft.facts, (1, 4))
    for part in draft.parts:
        _part(paper, part)
    _heading(paper, draft.lessons)
    _text(paper, draft.finding or "—", _BODY, 6)
    return bytes(paper.output())


def _text(paper: FPDF, text: str, size: float, height: float) -> None:
    paper.set_font(FONT, size=size)
    paper.multi_cell(0, height, text, align="L", new_x="LMARGIN", new_y="NEXT")


def _heading(paper: FPDF, text: str) -> None:
    paper.ln(3)
    if paper.will_page_break(25):
        paper.add_page()
    _text(paper, text, 13, 8)


def _part(paper: FPDF, part: Part) -> None:
    _heading(paper, part.heading)
    if part.said:
        _text(paper, part.said, _BODY, 6)
    if part.rows:
        _rows(paper, part.columns, part.rows, None)
    else:
        _text(paper, in_language(TEXTS["nothing_there"]), _BODY, 6)


def _rows(paper: FPDF, columns: Any, rows: Any, widths: tuple[int, ...] | None) -> None:
    paper.set_font(FONT, size=_SMALL)
    told = [columns, *rows] if columns else list(rows)
    longest = [max(len(row[place]) for row in told) for place in range(len(told[0]))]
    shares = widths or tuple(min(max(one, 8), 40) for one in longest)
    with paper.table(
        col_widths=shares, line_height=5, first_row_as_headings=bool(columns), headings_style=FontFace(), text_align="LEFT",
        borders_layout="HORIZONTAL_LINES",
    ) as table:  # fmt: skip
        for row in told:
            line = table.row()
            for cell in row:
                line.cell(cell)
