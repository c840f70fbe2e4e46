"""The lifecycle of an edition of a bulletin, and of a release of open data. An edition that was issued is never changed: a correction is
another edition."""

from gongbi.bulletin import guards
from gongbi.kernel.flow.declare import Flow, State, Transition, register

WRITERS = ("dispatcher", "manager")
ISSUERS = ("manager",)
SYSTEM = "system"

# One line an arrow, so that the table can be read as a table.
# fmt: off
STATES = (
    State("draft", ("草稿", "Draft"), hint=("可以编写文字、重新取数", "Words can be written, figures taken anew")),
    State("checked", ("已审核", "Checked"), "waiting", hint=("等待印发", "Waiting to be issued")),
    State("issued", ("已印发", "Issued"), "closed", hint=("已定稿，更正须另出一版", "Final; a correction is another edition")),
    State("dropped", ("已作废", "Dropped"), "closed", hint=("没有印发", "Never issued")),
)

TRANSITIONS = (
    Transition("draft", ("起草", "Draft"), (), "draft", (*WRITERS, SYSTEM), automatic=True),
    Transition("edit", ("编写文字", "Edit the words"), ("draft",), "=", WRITERS),
    Transition("refresh", ("重新取数", "Take the figures anew"), ("draft",), "=", WRITERS),
    Transition("check", ("审核通过", "Check"), ("draft",), "checked", WRITERS, guards=(guards.not_the_writer,)),
    Transition("send_back", ("退回修改", "Send back"), ("checked",), "draft", WRITERS, needs=("reason",)),
    Transition("issue", ("印发", "Issue"), ("checked",), "issued", ISSUERS),
    Transition("drop", ("作废", "Drop"), ("draft", "checked"), "dropped", WRITERS, needs=("reason",)),
)

OPEN_STATES = (
    State("draft", ("待发布", "To be published"), hint=("核对后发布", "Published once somebody has looked at it")),
    State("published", ("已发布", "Published"), "closed", hint=("公开，更正须另出一版", "Public; a correction is another edition")),
    State("dropped", ("已作废", "Dropped"), "closed", hint=("没有发布", "Never published")),
)

OPEN_TRANSITIONS = (
    Transition("prepare", ("准备", "Prepare"), (), "draft", (*ISSUERS, SYSTEM), automatic=True),
    Transition("publish", ("发布", "Publish"), ("draft",), "published", ISSUERS),
    Transition("drop", ("作废", "Drop"), ("draft",), "dropped", ISSUERS, needs=("reason",)),
)

# fmt: on
BULLETIN = register(Flow("bulletin", ("简报", "Bulletin"), "draft", STATES, TRANSITIONS))
RELEASE = register(Flow("opendata", ("开放数据", "Open data"), "draft", OPEN_STATES, OPEN_TRANSITIONS))
