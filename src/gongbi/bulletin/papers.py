"""A bulletin on paper: Word for the district to edit (from ``data/bulletin.docx``, which it may change), PDF for the file.

Both show what was kept, in the reader's language; charts are filled or hatched, every bar has its number, and the table of the same stands near.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Length, Pt
from docx.table import Table
from docx.text.paragraph import Paragraph
from docxtpl import DocxTemplate
from fpdf import FPDF
from fpdf.fonts import FontFace
from pylopdf_fonts_zh_cn import sans_path

from gongbi.bulletin import drawing, shown, word_chart
from gongbi.bulletin.models import Bulletin
from gongbi.bulletin.shape import Plain
from gongbi.bulletin.shown import Drawn, Part, Shown
from gongbi.bulletin.words import TEXTS
from gongbi.kernel.errors import in_language

T = TEXTS
TEMPLATE = Path(__file__).resolve().parent / "data" / "bulletin.docx"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF = "application/pdf"
MARK = "@@BODY@@"  # the paragraph of the template that the parts take the place of
_FONT = "sc"
_MARGIN, _SMALL, _BODY = 18, 8.0, 10.5  # mm; points
_GREY = 38
_PAGE = 16.0  # cm between the margins of the template


def name_of(bulletin: Bulletin, ending: str) -> str:
    """The file's name: number and edition."""
    return f"{bulletin.number}-{bulletin.edition}.{ending}"


# --- Word ---------------------------------------------------------------------------------------------------------------


def word(bulletin: Bulletin, plain: Plain) -> bytes:
    """The bulletin as a Word document: headings, real tables, charts that Word edits, each with its text for who cannot see it."""
    template = DocxTemplate(TEMPLATE)
    context = {
        "title": shown.title(bulletin),
        "span": shown.span(bulletin),
        "marks": "　".join(f"【{one}】" for one in shown.marks(bulletin)),
        "facts": [{"name": name, "value": value} for name, value in shown.head(bulletin)],
        "words_heading": in_language(T["words"]),
        "paragraphs": bulletin.text.split("\n") if bulletin.text else [in_language(T["no_words"])],
        "body": MARK,
    }
    template.render(context, autoescape=True)
    document: Document = template.docx
    _Body(document).fill(bulletin, plain)
    core = document.core_properties
    core.title, core.author, core.comments = shown.title(bulletin), shown.issuer(), bulletin.number
    kept = io.BytesIO()
    document.save(kept)
    return kept.getvalue()


class _Body:
    """The parts, put before the marked paragraph of the template, which then goes."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.place = next(one for one in document.paragraphs if one.text.strip() == MARK)
        self.charts = 0

    def fill(self, bulletin: Bulletin, plain: Plain) -> None:
        if bulletin.corrects is not None:
            self.heading(in_language(T["changes"]))
            found = shown.changes(bulletin)
            if found.rows:
                self.table(found)
            else:
                self.said(in_language(T["no_changes"]))
        for part in shown.parts(plain):
            self.part(part)
        self.heading(in_language(T["definitions"]))
        for name, told in shown.definitions(plain):
            self.said(f"{name}：{told}")
        self.place._p.getparent().remove(self.place._p)

    def heading(self, text: str, style: str = "Heading 1") -> None:
        self.place.insert_paragraph_before(text, style=style)

    def said(self, text: str) -> Paragraph:
        return self.place.insert_paragraph_before(text)

    def part(self, part: Part) -> None:
        self.heading(part.heading)
        if part.said:
            self.said(part.said)
        if part.figures is not None:
            self.table(part.figures)
        for chart in part.charts:
            self.heading(chart.caption, "Heading 2")
            self.charts += 1
            word_chart.add(self.document, self.said(""), chart, self.charts)
            if chart.note:
                self.said(chart.note)
        for table in part.tables:
            if table.caption and table.caption != part.heading:
                self.heading(table.caption, "Heading 2")
            if table.rows:
                self.table(table)
            else:
                self.said(in_language(T["nothing"]))
            if table.note:
                self.said(table.note)

    def table(self, shown_: Shown) -> None:
        made: Table = self.document.add_table(rows=1 + len(shown_.rows), cols=len(shown_.columns))
        made.style = "Table Grid"
        made.autofit = False
        widths = _widths(shown_)
        for column, width in zip(made.columns, widths, strict=True):
            column.width = width
        head = made.rows[0]._tr.get_or_add_trPr()
        head.append(_flag("w:tblHeader"))
        # Cells at once: python-docx looks a cell up anew each time it is asked for.
        for line, row in zip(made.rows, (shown_.columns, *shown_.rows), strict=True):
            line._tr.get_or_add_trPr().append(_flag("w:cantSplit"))
            for at, (cell, text) in enumerate(zip(line.cells, row, strict=True)):
                cell.width = widths[at]
                paragraph = cell.paragraphs[0]
                paragraph.paragraph_format.line_spacing = 1.0
                run = paragraph.add_run(text)
                run.font.size = Pt(9)
                run.bold = row is shown_.columns
                paragraph.paragraph_format.space_after = Pt(0)
                if at in shown_.numbers:
                    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        self.place._p.addprevious(made._tbl)
        self.said("").paragraph_format.space_after = Pt(2)


def _widths(found: Shown) -> list[Length]:
    """Each column its share of the page, by its longest text."""
    longest = _longest([found.columns, *found.rows])
    return [Cm(_PAGE * one / sum(longest)) for one in longest]


def _longest(told: Sequence[Sequence[str]]) -> list[float]:
    longest = (max(drawing.wide(row[at]) for row in told) for at in range(len(told[0])))
    return [min(max(one, 4.0), 22.0) for one in longest]


def _flag(name: str) -> Any:
    found = OxmlElement(name)
    found.set(qn("w:val"), "true")
    return found


# --- PDF ----------------------------------------------------------------------------------------------------------------


class _Paper(FPDF):
    """A4; above on every page what nobody may overlook, below number, edition and page."""

    def __init__(self, bulletin: Bulletin) -> None:
        super().__init__(format="A4")
        self.bulletin, self.marks = bulletin, shown.marks(bulletin)
        self.add_font(_FONT, "", sans_path())
        self.set_margins(_MARGIN, _MARGIN)
        self.set_auto_page_break(True, _MARGIN)
        self.set_title(f"{shown.title(bulletin)} {bulletin.number}")
        self.set_creator("Gongbi")
        self.set_lang("en" if shown.is_english() else "zh-CN")
        self.set_creation_date(bulletin.issued_at or bulletin.taken_at)

    def header(self) -> None:
        if self.marks:
            self.set_font(_FONT, size=_SMALL)
            self.multi_cell(0, 5, "　".join(self.marks), border=1, align="C", new_x="LMARGIN", new_y="NEXT")
            self.ln(3)

    def footer(self) -> None:
        self.set_y(-12)
        self.set_font(_FONT, size=_SMALL)
        edition = in_language(T["bulletin_no"]) % {"edition": self.bulletin.edition}
        self.cell(0, 6, f"{self.bulletin.number} · {edition} · {self.page_no()}/{{nb}}", align="C")


def pdf(bulletin: Bulletin, plain: Plain) -> bytes:
    """The bulletin as PDF, A4, with its fonts inside; the same edition gives the same bytes."""
    paper = _Paper(bulletin)
    paper.add_page()
    _text(paper, shown.title(bulletin), 20, 10, align="C")
    _text(paper, shown.span(bulletin), 12, 8, align="C")
    paper.ln(2)
    _grid(paper, Shown("", (), list(shown.head(bulletin))), (1, 4))
    if bulletin.corrects is not None:
        _heading(paper, in_language(T["changes"]))
        found = shown.changes(bulletin)
        _table(paper, found, in_language(T["no_changes"]))
    _heading(paper, in_language(T["words"]))
    for line in bulletin.text.split("\n") if bulletin.text else [in_language(T["no_words"])]:
        _text(paper, line, _BODY, 6)
    for part in shown.parts(plain):
        _part(paper, part)
    _heading(paper, in_language(T["definitions"]))
    for name, told in shown.definitions(plain):
        _text(paper, f"{name}：{told}", _SMALL + 0.5, 5)
    return bytes(paper.output())


def _text(paper: FPDF, text: str, size: float, height: float, align: str = "L") -> None:
    paper.set_font(_FONT, size=size)
    paper.multi_cell(0, height, text, align=align, new_x="LMARGIN", new_y="NEXT")


def _heading(paper: FPDF, text: str, size: float = 13, room: float = 30) -> None:
    paper.ln(3)
    if paper.will_page_break(room):
        paper.add_page()
    paper.start_section(text, level=0 if size > 12 else 1)
    _text(paper, text, size, size * 0.6)


def _part(paper: FPDF, part: Part) -> None:
    # A heading goes to the next page with the chart that it would be left without.
    first = part.charts[0] if part.charts and part.figures is None else None
    made = None if first is None else drawing.draw(first.kind, first.labels, first.series)
    _heading(paper, part.heading, room=30 if made is None else 42 + made.height * paper.epw / made.width)
    if part.said:
        _text(paper, part.said, _SMALL + 0.5, 5)
        paper.ln(1)
    if part.figures is not None:
        _table(paper, part.figures, "")
    for chart in part.charts:
        _chart(paper, chart)
    for table in part.tables:
        if table.caption and table.caption != part.heading:
            _heading(paper, table.caption, 11, 22)
        _table(paper, table, in_language(T["nothing"]))


def _table(paper: FPDF, found: Shown, empty: str) -> None:
    if found.rows:
        _grid(paper, found, None)
    else:
        _text(paper, empty, _BODY, 6)
    if found.note:
        _text(paper, found.note, _SMALL, 5)


def _grid(paper: FPDF, found: Shown, widths: tuple[float, ...] | None) -> None:
    paper.set_font(_FONT, size=_SMALL)
    told = [found.columns, *found.rows] if found.columns else list(found.rows)
    shares = widths or tuple(_longest(told))
    aligns = tuple("RIGHT" if at in found.numbers else "LEFT" for at in range(len(told[0])))
    with paper.table(
        col_widths=shares, line_height=5, first_row_as_headings=bool(found.columns), headings_style=FontFace(), text_align=aligns,
        borders_layout="HORIZONTAL_LINES",
    ) as table:  # fmt: skip
        for row in told:
            line = table.row()
            for cell in row:
                line.cell(cell)
    paper.ln(1)


def _chart(paper: FPDF, chart: Drawn) -> None:
    made = drawing.draw(chart.kind, chart.labels, chart.series)
    scale = paper.epw / made.width  # millimetres for one unit of the drawing
    _heading(paper, chart.caption, 11, made.height * scale + 12)
    left, top = paper.l_margin, paper.get_y() + 1
    paper.set_draw_color(_GREY)
    paper.set_fill_color(_GREY)
    paper.set_line_width(0.2)
    for box in made.boxes:
        filled = box.fill == drawing.FILLED
        paper.rect(
            left + box.x * scale, top + box.y * scale, box.width * scale, box.height * scale, style="F" if filled else "D"
        )  # fmt: skip
        for line in () if filled else drawing.hatching(box):
            _stroke(paper, line, left, top, scale)
    for line in made.lines:
        _stroke(paper, line, left, top, scale)
    for label in made.labels:
        paper.set_font(_FONT, size=label.size * scale / 0.3528)
        wide = paper.get_string_width(label.text)
        shift = {"start": 0.0, "middle": wide / 2, "end": wide}[label.anchor]
        paper.text(left + label.x * scale - shift, top + label.y * scale, label.text)
    paper.set_fill_color(255)
    paper.set_draw_color(0)
    paper.set_y(top + made.height * scale + 1)
    if chart.note:
        _text(paper, chart.note, _SMALL, 5)


def _stroke(paper: FPDF, line: drawing.Line, left: float, top: float, scale: float) -> None:
    paper.line(left + line.x1 * scale, top + line.y1 * scale, left + line.x2 * scale, top + line.y2 * scale)
