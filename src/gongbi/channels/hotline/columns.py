"""The columns of the two spreadsheets for hotlines without an interface: work orders in; what each side believes, in and out."""

from __future__ import annotations

from gongbi.channels.hotline.rules import KINDS, STANDINGS, URGENCIES
from gongbi.kernel.tables import Column

_SOURCE = Column(
    "source", "渠道", "Channel", note=("只有一个热线渠道时可不填", "May be left out where there is only one hotline"), example="xa12345"
)  # fmt: skip
_NUMBER = Column(
    "number", "工单编号", "Order number", required=True, example="XA-20261123-000123", also=("工单号",)
)
_VERSION = Column("version", "版本", "Version", note=("不填为 1", "1 when left out"), example="1")


def _both(known: dict[str, tuple[str, str]]) -> tuple[str, ...]:
    return tuple(name for code, words in known.items() for name in (words[0], code))


ORDERS = (
    _NUMBER,
    _VERSION,
    Column("kind", "工单类型", "Kind of order", choices=_both(KINDS), example="投诉"),
    Column("urgency", "紧急程度", "Urgency", choices=_both(URGENCIES), example="一般"),
    Column("category", "类别代码", "Category code", example="0107"),
    Column("title", "标题", "Title", example="井盖破损"),
    Column("text", "诉求内容", "What was said", required=True, example="劳动路路口的井盖破损，有坠落危险"),
    Column("place", "地址", "Place", example="劳动路与大庆路路口"),
    Column("lon", "经度", "Longitude", note=("CGCS2000", "CGCS2000")),
    Column("lat", "纬度", "Latitude", note=("CGCS2000", "CGCS2000")),
    Column("name", "诉求人", "Caller"),
    Column("phone", "联系电话", "Telephone", note=("诉求人不留号码的填“匿名”", "“匿名” where the caller gave none")),
    Column("confidential", "保密", "Confidential", choices=("是", "否", "yes", "no"), example="否"),
    Column("said_at", "诉求时间", "When it was said", required=True, example="2026-11-23 09:30"),
    Column("due", "办理时限", "Limit", note=("不填按时限表计算", "Counted by the terms when left out"), example="2026-11-30 18:00"),
    _SOURCE,
)  # fmt: skip

BELIEFS = (
    _NUMBER,
    _VERSION,
    Column("standing", "状态", "Standing", required=True, choices=_both(STANDINGS), example="办理中"),
    Column("due", "办理时限", "Limit", example="2026-11-30 18:00"),
    Column("answer", "办理结果", "Answer"),
    Column("text_digest", "内容摘要", "Digest of the words"),
    Column("sent_at", "派单时间", "Sent out", example="2026-11-23 09:35"),
    _SOURCE,
)

TERMS = (
    Column("kind", "工单类型", "Kind of order", choices=_both(KINDS), note=("不填为全部", "Any when left out"), example="投诉"),
    Column("urgency", "紧急程度", "Urgency", choices=_both(URGENCIES), note=("不填为全部", "Any when left out"), example="一般"),
    Column("answer", "答复时限", "Answer within", required=True, example="5个法定工作日"),
    Column("giving_back", "退单期限", "Return within", required=True, example="1个法定工作日"),
    Column("extensions", "可延期次数", "Extensions", example="1"),
    Column("basis", "依据", "Basis", required=True, example="《济南市12345市民服务热线条例》第二十四条"),
    Column("source", "渠道", "Channel", note=("不填为所有热线", "Every hotline when left out"), example=""),
)  # fmt: skip
