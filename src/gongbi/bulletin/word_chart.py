"""A chart inside a Word file that Word itself can edit: DrawingML with its numbers in an embedded workbook (ECMA-376 Part 1, clause 21.2).

Filled and hatched series, numbers at every bar: readable in black and white.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from xml.sax.saxutils import escape

import xlsxwriter
from docx.document import Document
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.shared import Cm
from docx.text.paragraph import Paragraph
from lxml import etree
from xlsxwriter.utility import xl_col_to_name

from gongbi.bulletin.shown import Drawn

_CHART = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WIDE, _TALL, _EACH = Cm(16), Cm(6.5), Cm(0.62)
_NAMES = (
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    f'xmlns:r="{_RELATED}"'
)
_INK = "262626"
_FILLS = (
    f'<a:solidFill><a:srgbClr val="{_INK}"/></a:solidFill>',
    f'<a:pattFill prst="wdUpDiag"><a:fgClr><a:srgbClr val="{_INK}"/></a:fgClr><a:bgClr><a:srgbClr val="FFFFFF"/></a:bgClr></a:pattFill>',
)


def add(document: Document, paragraph: Paragraph, chart: Drawn, number: int) -> None:
    """Put a chart into a paragraph. ``number``: its own within the document."""
    book = Part(
        PackURI(f"/word/embeddings/chart{number}.xlsx"), _SHEET, _workbook(chart), document.part.package
    )
    part = Part(PackURI(f"/word/charts/chart{number}.xml"), _CHART, b"", document.part.package)
    link = part.relate_to(book, f"{_RELATED}/package")
    part._blob = _xml(chart, link).encode()
    key = document.part.relate_to(part, f"{_RELATED}/chart")
    bars = chart.kind == "bars"
    tall = int(_EACH) * (len(chart.labels) * len(chart.series) + 3) if bars else int(_TALL)
    paragraph.add_run()._r.append(_inline(key, number, chart, int(_WIDE), tall))


def _workbook(chart: Drawn) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        sheet = book.add_worksheet("data")
        for row, label in enumerate(chart.labels, 1):
            sheet.write_string(row, 0, label)
        for column, (name, values) in enumerate(chart.series, 1):
            sheet.write_string(0, column, name)
            for row, value in enumerate(values, 1):
                if value is not None:
                    sheet.write_number(row, column, value)
    return out.getvalue()


def _inline(key: str, number: int, chart: Drawn, wide: int, tall: int) -> etree._Element:
    found: etree._Element = parse_xml(
        '<w:drawing xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
        'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
        f'<wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{wide}" cy="{tall}"/>'
        f'<wp:docPr id="{1000 + number}" name="{_said(chart.caption)}" descr="{_said(chart.alt)}"/><wp:cNvGraphicFramePr/>'
        '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart">'
        f'<c:chart {_NAMES} r:id="{key}"/></a:graphicData></a:graphic></wp:inline></w:drawing>'
    )
    return found


def _said(text: str) -> str:
    return escape(text, {'"': "&quot;", "\n": " "})


def _text(size: int) -> str:
    return (
        f'<c:txPr><a:bodyPr/><a:lstStyle/><a:p><a:pPr><a:defRPr sz="{size}" b="0"><a:solidFill><a:srgbClr val="{_INK}"/></a:solidFill></a:defRPr>'
        '</a:pPr><a:endParaRPr lang="zh-CN"/></a:p></c:txPr>'
    )


def _points(values: Sequence[str]) -> str:
    return "".join(
        f'<c:pt idx="{at}"><c:v>{value}</c:v></c:pt>' for at, value in enumerate(values) if value != ""
    )


def _series(chart: Drawn, at: int) -> str:
    name, values = chart.series[at]
    column, last = xl_col_to_name(at + 1), len(chart.labels) + 1
    labels = _points([_said(label) for label in chart.labels])
    numbers = _points(["" if value is None else f"{value:g}" for value in values])
    return (
        f'<c:ser><c:idx val="{at}"/><c:order val="{at}"/>'
        f'<c:tx><c:strRef><c:f>data!${column}$1</c:f><c:strCache><c:ptCount val="1"/>{_points([_said(name)])}</c:strCache></c:strRef></c:tx>'
        f'<c:spPr>{_FILLS[at % 2]}<a:ln w="9525"><a:solidFill><a:srgbClr val="{_INK}"/></a:solidFill></a:ln></c:spPr><c:invertIfNegative val="0"/>'
        f'<c:dLbls><c:spPr><a:noFill/><a:ln><a:noFill/></a:ln></c:spPr>{_text(800)}<c:dLblPos val="outEnd"/><c:showLegendKey val="0"/>'
        '<c:showVal val="1"/><c:showCatName val="0"/><c:showSerName val="0"/><c:showPercent val="0"/><c:showBubbleSize val="0"/></c:dLbls>'
        f'<c:cat><c:strRef><c:f>data!$A$2:$A${last}</c:f><c:strCache><c:ptCount val="{len(chart.labels)}"/>{labels}</c:strCache></c:strRef></c:cat>'
        f"<c:val><c:numRef><c:f>data!${column}$2:${column}${last}</c:f><c:numCache><c:formatCode>General</c:formatCode>"
        f'<c:ptCount val="{len(values)}"/>{numbers}</c:numCache></c:numRef></c:val></c:ser>'
    )


def _xml(chart: Drawn, book: str) -> str:
    bars = chart.kind == "bars"
    series = "".join(_series(chart, at) for at in range(len(chart.series)))
    # Lying bars are drawn from below; turned round, the first stands at the top.
    order = "maxMin" if bars else "minMax"
    legend = (
        f'<c:legend><c:legendPos val="t"/><c:overlay val="0"/>{_text(900)}</c:legend>'
        if len(chart.series) > 1
        else ""
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><c:chartSpace {_NAMES}><c:roundedCorners val="0"/><c:chart>'
        '<c:autoTitleDeleted val="1"/><c:plotArea><c:layout/>'
        f'<c:barChart><c:barDir val="{"bar" if bars else "col"}"/><c:grouping val="clustered"/><c:varyColors val="0"/>{series}'
        '<c:gapWidth val="45"/><c:axId val="111"/><c:axId val="222"/></c:barChart>'
        f'<c:catAx><c:axId val="111"/><c:scaling><c:orientation val="{order}"/></c:scaling><c:delete val="0"/><c:axPos val="{"l" if bars else "b"}"/>'
        f'<c:numFmt formatCode="General" sourceLinked="0"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/>{_text(800)}'
        '<c:crossAx val="222"/><c:crosses val="autoZero"/><c:auto val="0"/><c:lblAlgn val="ctr"/><c:lblOffset val="100"/><c:noMultiLvlLbl val="1"/></c:catAx>'
        f'<c:valAx><c:axId val="222"/><c:scaling><c:orientation val="minMax"/><c:min val="0"/></c:scaling><c:delete val="1"/><c:axPos val="{"b" if bars else "l"}"/>'
        '<c:numFmt formatCode="General" sourceLinked="0"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/>'
        '<c:crossAx val="111"/><c:crosses val="autoZero"/></c:valAx></c:plotArea>'
        f'{legend}<c:plotVisOnly val="1"/><c:dispBlanksAs val="gap"/></c:chart>'
        f'<c:externalData r:id="{book}"><c:autoUpdate val="0"/></c:externalData></c:chartSpace>'
    )
