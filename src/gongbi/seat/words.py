"""What this room says to people."""

from __future__ import annotations

from gongbi.seat.rules import Words

TEXTS: dict[str, Words] = {
    "knowledge": ("知识库", "Knowledge"),
    "about": (
        "接电话时可以照读的答复。一人写，另一人审；过期的会标出，不再推荐。",
        "Answers that can be read out on the telephone. One writes, another reviews; what has expired is marked and not proposed any more.",
    ),
    "search": ("查找", "Look up"),
    "new": ("写一条知识", "Write an article"),
    "title": ("标题", "Title"),
    "standing": ("状态", "State"),
    "until": ("有效至", "Valid until"),
    "uses": ("使用次数", "Times used"),
    "version": ("版本", "Version"),
    "none": ("还没有知识", "No articles yet"),
    "none_found": ("没有找到", "Nothing was found"),
    "answer": ("标准答复（照读）", "Standard answer (to read out)"),
    "answer_hint": (
        "来电人听得懂的一段话，最多 500 个字。",
        "A passage that a caller understands, 500 characters at most.",
    ),
    "body": ("补充说明（只给受理员看）", "What else the operator should know"),
    "words": ("来电人的说法", "How callers say it"),
    "words_hint": ("用空格隔开，查找时用。", "Separated by spaces; used for looking up."),
    "kind": ("案件类别代码", "Code of the kind"),
    "basis": ("依据", "Basis"),
    "valid_until": ("有效期的最后一天", "Its last day"),
    "another": ("写新的一版", "Write another version"),
    "save": ("保存为待审核的一版", "Save as a draft for review"),
    "saved": ("已保存，等别人审核后生效。", "Saved; it counts once somebody else has reviewed it."),
    "review": ("审核通过，开始使用", "Reviewed: put it in force"),
    "reviewed": ("已生效。", "It is in force."),
    "withdraw": ("撤下", "Withdraw"),
    "withdrawn": ("已撤下。", "Withdrawn."),
    "versions": ("各个版本", "Versions"),
    "author": ("撰写", "Written by"),
    "reviewer": ("审核", "Reviewed by"),
    "propose": ("知识库里的答复", "Answers from the knowledge base"),
    "take": ("采用这条答复", "Take this answer over"),
    "taken": ("已采用，并写入来电内容。", "Taken over, and written into what was said."),
    "told": (
        "已答复（知识库 KB%(article)s 第 %(version)s 版）：",
        "Answered (knowledge KB%(article)s, version %(version)s): ",
    ),
    "due": (
        "有 %(count)s 条等待审核、已过期或将在 %(days)s 天内过期，排在最前。请撰写人更新，由受理派遣员或系统管理员审核。",
        "Waiting for review, expired or expiring within %(days)s days: %(count)s; they stand first. Whoever wrote one renews it, "
        "a dispatcher or administrator reviews it.",
    ),
    "calls": ("话务统计", "Calls"),
    "calls_about": (
        "电话系统每日统计，用 gongbi import calls 或“清单”页导入。接通率 = 接通 / 请求人工；15 秒应答率 = 15 秒内应答 / 接通。",
        "Counted by the telephone system day by day, imported with gongbi import calls or on the page of lists. Connected / asked for a "
        "person; answered within 15 s / connected.",
    ),
    "day": ("日期", "Day"),
    "offered": ("请求人工", "Asked for a person"),
    "connected": ("接通", "Connected"),
    "connect_rate": ("接通率", "Connect rate"),
    "answer_rate": ("15 秒内应答率", "Answered within 15 s"),
    "below": ("低于 %(least)s", "below %(least)s"),
    "all_days": ("合计", "Together"),
    "no_calls": ("这 30 天没有导入话务统计", "No call statistics were imported for these 30 days"),
    "limits": ("下限", "Limits"),
    "limits_kept": ("下限已保存。", "The limits are kept."),
    "source": ("来源", "Source"),
    "pop_wrong": (
        "电话系统传来的号码签名不对或已过期，没有采用。请手工输入。",
        "The number from the telephone system is not signed as it should be, or is old: it was not taken. Type it in.",
    ),
    "show_titles": ("显示内容（会记录查看）", "Show what they were about (the look is recorded)"),
}
