"""The columns of the lists: what a spreadsheet of each may hold. One declaration reads, writes and
explains.
"""

from gongbi.kernel.tables import Column

YES_NO = ("是", "否", "yes", "no", "1", "0")
_FROM = Column(
    "valid_from",
    "生效日期",
    "Valid from",
    note=("空白：用导入时选的日期", "empty: the day chosen"),
    example="2026-01-01",
)
_TO = Column(
    "valid_to",
    "失效日期",
    "Valid until",
    note=("从这天起不再有效；一般空白", "not in force from that day on; mostly empty"),
)
_SOURCE = Column("source", "来源", "Source", note=("文字的出处", "where the text comes from"))
_VERIFIED = Column(
    "verified",
    "已核对",
    "Verified",
    choices=YES_NO,
    note=("只有读过原文才填“是”", "only if read in the source"),
)
_BASIS = Column("basis", "依据", "Basis")
_TAIL = (_FROM, _TO, _SOURCE, _VERIFIED)

KIND_COLUMNS = (
    Column(
        "code",
        "编码",
        "Code",
        required=True,
        note=(
            "C部件/E事件/H热线+大类2位+小类2位；本地小类自99倒排",
            "C, E or H, class, sub-class; local ones count down from 99",
        ),
        example="C0137",
    ),
    Column("national", "国家类别", "National", choices=YES_NO),
    Column("major_zh", "大类", "Class", required=True, example="公用设施"),
    Column("major_en", "大类英文", "Class in English"),
    Column("name_zh", "名称", "Name", required=True, example="路灯"),
    Column("name_en", "英文名称", "Name in English"),
    Column(
        "words",
        "常用词",
        "Words",
        note=("分号隔开；“路灯+不亮”表示两词都要出现", "separated by semicolons; a+b: both must occur"),
        example="路灯；路灯+不亮",
    ),
    Column(
        "handler",
        "承办",
        "Handler",
        required=True,
        note=("street、community、department:代码、unit:代码", "a selector"),
        example="department:urban_management",
    ),
    Column("anonymous", "允许匿名", "Anonymous allowed", choices=YES_NO),
    Column("informer", "举报保密", "Informer hidden", choices=YES_NO),
    Column("on_spot", "可现场办结", "May be solved on the spot", choices=YES_NO),
    Column("reply", "答复方式", "Reply", choices=("callback", "message", "none")),
    *_TAIL,
)
STANDARD_COLUMNS = (
    Column("kind", "类别编码", "Kind", required=True, example="C0137"),
    Column("number", "序号", "Number", required=True, example="1"),
    Column("filing_zh", "立案条件", "Filing condition", required=True),
    Column("filing_en", "立案条件英文", "Filing condition in English"),
    Column("closing_zh", "结案条件", "Closing condition", required=True),
    Column("closing_en", "结案条件英文", "Closing condition in English"),
    Column(
        "evidence",
        "证据",
        "Evidence",
        note=("before、after、document、callback，分号隔开", "separated by semicolons"),
        example="before;after",
    ),
    Column("limit", "处置时限", "Limit", required=True, example="2紧急工作时"),
    Column("words", "程度用词", "Words of severity"),
    Column(
        "season",
        "适用季节",
        "Season",
        note=("月-日..月-日，分号隔开", "MM-DD..MM-DD"),
        example="11-15..03-15",
    ),
    _BASIS,
    *_TAIL,
)
LIST_COLUMNS = (
    Column("code", "编号", "Code", required=True, example="P001"),
    Column(
        "list",
        "清单",
        "List",
        required=True,
        note=("perform履职、actfor代办、assist协办", "perform, actfor, assist"),
        choices=("perform", "actfor", "assist", "履职", "代办", "协办"),
    ),
    Column("name_zh", "事项", "Item", required=True),
    Column("name_en", "事项英文", "Item in English"),
    Column("description_zh", "说明", "Description"),
    Column("description_en", "说明英文", "Description in English"),
    Column(
        "kinds",
        "对应类别",
        "Kinds",
        note=("类别编码或其开头，分号隔开", "codes or their beginnings"),
        example="E0136;C03",
    ),
    Column("lead", "主办单位类型", "Leading sort of unit", choices=("community", "street", "department")),
    _BASIS,
    Column("territory", "适用区划", "Territory", note=("空白：全区", "empty: the whole district")),
    *_TAIL,
)
QUESTION_COLUMNS = (
    Column("kinds", "类别", "Kinds", required=True, example="C0137;C0138"),
    Column("key", "代号", "Key", required=True, example="lamps"),
    Column("zh", "问题", "Question", required=True),
    Column("en", "问题英文", "Question in English"),
    Column("type", "类型", "Type", required=True, choices=("choice", "text", "number")),
    Column(
        "choices",
        "选项",
        "Choices",
        note=("值=中文/英文，竖线隔开", "value=Chinese/English, separated by bars"),
        example="yes=是/yes|no=否/no",
    ),
    Column("required", "必答", "Must be answered", choices=YES_NO),
    *_TAIL,
)
ROUTE_COLUMNS = (
    Column("code", "规则编号", "Rule", required=True, example="R010"),
    Column("position", "次序", "Position", required=True, example="10"),
    Column("kinds", "类别", "Kinds", required=True, example="E0301"),
    Column("territories", "区划", "Territories"),
    Column("place_types", "场所类型", "Sorts of place"),
    Column("sources", "来源网", "Source nets"),
    Column("hours", "时段", "Hours", example="22:00-06:00"),
    Column("words", "用词", "Words"),
    Column("lead", "主办", "Lead", required=True, example="street"),
    Column("co", "协办", "Co-handlers", example="department:housing"),
    Column("limit", "时限", "Limit"),
    Column("reason_zh", "理由", "Reason", required=True),
    Column("reason_en", "理由英文", "Reason in English"),
    Column("article", "条款", "Article"),
    *_TAIL,
)
WORD_COLUMNS = (
    Column("group", "组", "Group", required=True, choices=("emergency", "special", "safety")),
    Column("key", "代号", "Key", required=True, example="119"),
    Column("patterns", "词语", "Words"),
    Column("negatives", "排除语境", "Not near"),
    Column("reply_zh", "答复", "Reply", required=True),
    Column("reply_en", "答复英文", "Reply in English"),
    Column("article", "条款", "Article"),
    *_TAIL,
)  # fmt: skip
