"""The lists of this room that people keep: the catalogue, standards, the three lists, questions, routing rules, words."""

from __future__ import annotations

from functools import partial

from gongbi.duties import actions, exchange
from gongbi.kernel.keeping import Kept, keep

# name → (what the room calls it, words, what it holds)
_LISTS = {
    "kinds": (
        "kinds",
        ("案件类别", "Kinds"),
        ("代码、名称、用词、主管单位", "Codes, names, words, who is in charge"),
    ),
    "standards": (
        "standards",
        ("立案标准", "Filing standards"),
        ("立案、结案条件，证据，时限", "When to file, when to close, evidence, limits"),
    ),
    "duty-list": (
        "lists",
        ("三项清单", "The three lists"),
        ("履职、代办、协办事项", "Perform, act for, assist"),
    ),
    "questions": (
        "questions",
        ("补充问题", "Questions"),
        ("按类别向反映人提的问题", "What is asked of reporters by kind"),
    ),
    "routes": (
        "routes",
        ("派遣规则", "Routing rules"),
        ("按次序，先试算再生效", "In order; tried before use"),
    ),
    "words": (
        "words",
        ("紧急与特殊用词", "Emergency and special words"),
        ("转 110/119/120/122 的用词", "Words that lead to 110/119/120/122"),
    ),
}


for _rank, (_name, (_own, _words, _hint)) in enumerate(_LISTS.items(), start=30):
    keep(
        _name,
        Kept(
            _words,
            _hint,
            partial(actions.import_list, _own),
            exchange.LISTS[_own],
            partial(exchange.list_rows, _own),
            rank=_rank,
            tried=_name == "routes",
        ),
    )
