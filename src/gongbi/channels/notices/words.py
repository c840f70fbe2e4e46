"""What this room says to people."""

from __future__ import annotations

from gongbi.channels.notices.gateways import FILE, ROBOT, SMTP, WEB
from gongbi.channels.notices.rules import Words

TRANSPORTS: dict[str, Words] = {
    FILE: ("试运行：只写成文件", "Test mode: written to a file"),
    SMTP: ("邮件服务器", "Mail server"),
    WEB: ("短信网关", "SMS gateway"),
    ROBOT: ("群机器人", "Group robot"),
}
STANDINGS: dict[str, Words] = {
    "waiting": ("待发送", "Waiting"),
    "quiet": ("等到早上", "Waits for the morning"),
    "sent": ("已发送", "Sent"),
    "dead": ("未能送达", "Given up"),
    "nowhere": ("没有可用的网关", "No gateway for it"),
}
NAMES: dict[str, Words] = {
    "receipt": ("已收到（回执）", "Received (receipt)"),
    "*": ("其余各种变化", "Every other change"),
    "rework": ("返工", "Rework"),
    "reopen": ("反映人重开", "Reopened by the reporter"),
    "issue": ("发来指令、吹哨", "An order or a call"),
    "send_back": ("反馈被退回", "Report sent back"),
    "climbed": ("超时升级", "Escalated"),
    "transferred": ("超时接管", "Taken over when late"),
}
LANGUAGES: dict[str, Words] = {"zh-hans": ("中文", "Chinese"), "en": ("英文", "English")}
TEXTS: dict[str, Words] = {
    "notices": ("通知", "Notices"),
    "about": (
        "每一次变化，每个人只通知一次，按各自选择的方式和时段。文字里没有个人信息，详情都在链接后面。",
        "Every change is told once to each person, by the way and at the hours they chose. The texts hold nothing personal; what there is "
        "to know stands behind the link.",
    ),
    "gateways": ("网关", "Gateways"),
    "no_gateways": ("还没有配置网关", "No gateway is configured yet"),
    "no_gateways_told": (
        "通知先存着，有了网关会自动发出（最多存三天）。",
        "Notices are kept and go out by themselves as soon as there is one, for three days.",
    ),
    "gateway": ("网关", "Gateway"),
    "ways": ("方式", "Ways"),
    "how": ("怎样送出", "How"),
    "quiet": ("静默时段", "Quiet hours"),
    "waiting": ("待发送", "Waiting"),
    "given_up": ("未能送达", "Given up"),
    "error": ("最近的错误", "Last error"),
    "dead": ("未能送达的通知", "Notices that were given up"),
    "choose": ("选择", "Choose"),
    "when": ("时间", "When"),
    "attempts": ("次数", "Attempts"),
    "again": ("重新发送所选", "Send the chosen ones again"),
    "again_done": ("已重新排队 %(n)s 条。", "%(n)s are sent again."),
    "again_none": ("请至少选择一条。", "Choose at least one."),
    "latest": ("最近的通知", "The latest notices"),
    "none_yet": ("还没有通知", "No notices yet"),
    "matter": ("事项", "Matter"),
    "what": ("内容", "What"),
    "to": ("收件人", "To"),
    "standing": ("结果", "Result"),
    "templates": ("通知模板", "Templates"),
    "templates_about": (
        "按对象、状态和语言各一份。每次修改都是新的一版，旧版保留。",
        "One for each audience, state and language. Every change is a new version; old ones are kept.",
    ),
    "template": ("模板", "Template"),
    "audience": ("对象", "Audience"),
    "name": ("状态或步骤", "State or step"),
    "language": ("语言", "Language"),
    "version": ("版本", "Version"),
    "shipped": ("出厂", "as shipped"),
    "subject": ("标题（邮件用）", "Subject (for e-mail)"),
    "body": ("正文", "Text"),
    "body_hint": (
        "最多 300 个字。只能用下面列出的字段；方括号里的一段，遇到其中字段为空就整段省略。",
        "At most 300 characters. Only the fields below; a part in [brackets] is left out when one of its fields is empty.",
    ),
    "fields": ("可用的字段", "Fields"),
    "preview": ("预览", "Preview"),
    "save": ("保存为新的一版", "Save as a new version"),
    "saved": ("已保存第 %(n)s 版，从现在起使用。", "Version %(n)s is in force from now on."),
    "history": ("各个版本", "Versions"),
    "by": ("修改人", "Changed by"),
    "mine": ("我的通知", "My notices"),
    "mine_about": (
        "与您的岗位有关的变化，怎样告诉您。不设置就不发，工作台上照样看得到。",
        "How you are told of changes that concern your post. Nothing is sent unless you choose; the desk shows everything anyway.",
    ),
    "no_way": ("不通知", "None"),
    "way": ("通知方式", "Way"),
    "address": ("地址、号码或机器人密钥", "Address, number or robot's key"),
    "address_hint": (
        "加密保存，只在发送时打开。不改就留空。",
        "Kept sealed and opened only to send. Leave it empty to keep the one there is.",
    ),
    "now": ("现在：%(way)s %(hint)s", "Now: %(way)s %(hint)s"),
    "hours": ("时段", "Hours"),
    "kept": ("已保存。", "Saved."),
    "units": ("单位的通知", "Notices to units"),
    "units_about": (
        "单位值班邮箱、手机或工作群。新派遣、返工和重开会发到这里。",
        "A unit's duty mailbox, telephone or group. New dispatches, rework and reopened cases are sent here.",
    ),
    "unit": ("单位", "Unit"),
    "no_units": ("还没有单位设置", "No unit has one yet"),
    "save_plain": ("保存", "Save"),
    "unserved": ("有 %(n)s 条通知没有可用的网关。", "%(n)s notices have no gateway for their way."),
    "example_street": ("青年路街道", "Qingnianlu Street"),
    "example_unit": ("城市管理局", "Urban management bureau"),
}
