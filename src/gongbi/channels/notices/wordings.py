"""The texts as shipped: short, plain, without a word about who reported or what. A district edits them at the desk.

Looked up by audience, then by the step's name, then by the state after it, then ``*``.
"""

from __future__ import annotations

from gongbi.channels.notices.rules import CLIMBED, ISSUER, ORDERED, REPORTER, STAFF, UNIT

Shipped = tuple[str, str]  # (subject, body)

_SUBJECT_ZH, _SUBJECT_EN = "您反映的事项 {number}：{state}", "Your matter {number}: {state}"
_HEAD_ZH, _HEAD_EN = "【{district}】您反映的事项 {number}", "{district}: your matter {number}"


def _zh(text: str) -> Shipped:
    return _SUBJECT_ZH, f"{_HEAD_ZH}{text}查看进度：{{link}}"


def _en(text: str) -> Shipped:
    return _SUBJECT_EN, f"{_HEAD_EN} {text} Follow it: {{link}}"


RECEIPT = "receipt"
SHIPPED: dict[tuple[str, str, str], Shipped] = {
    (REPORTER, RECEIPT, "zh-hans"): (
        "已收到，回执编号 {number}",
        "【{district}】已收到您反映的情况，回执编号 {number}。凭下面的专属链接可查看进度、补充和评价，请勿转给他人：{link}",
    ),
    (REPORTER, RECEIPT, "en"): (
        "Received, receipt {number}",
        "{district}: we received what you told us. Receipt {number}. With this private link you follow, add and judge; keep it to "
        "yourself: {link}",
    ),
    (REPORTER, "*", "zh-hans"): _zh("现在的状态是“{state}”：{meaning}。"),
    (REPORTER, "*", "en"): _en("is now “{state}”: {meaning}."),
    (REPORTER, "accepted", "zh-hans"): _zh("已立案，正在找负责的单位。"),
    (REPORTER, "accepted", "en"): _en("was accepted; we are finding who is responsible."),
    (REPORTER, "dispatched", "zh-hans"): _zh("已转给[{unit}]办理。"),
    (REPORTER, "dispatched", "en"): _en("was passed on[ to {unit}]."),
    (REPORTER, "handling", "zh-hans"): _zh("正在处置[，{unit}负责][，期限 {due}]。"),
    (REPORTER, "handling", "en"): _en("is being handled[ by {unit}][, until {due}]."),
    (REPORTER, "clarifying", "zh-hans"): _zh("需要您补充：请点开链接回答一个问题。"),
    (REPORTER, "clarifying", "en"): _en("needs a word from you: open the link and answer one question."),
    (REPORTER, "asking", "zh-hans"): _zh("需要您补充：请点开链接回答一个问题。"),
    (REPORTER, "asking", "en"): _en("needs a word from you: open the link and answer one question."),
    (REPORTER, "suspended", "zh-hans"): _zh("暂时无法处理，原因和恢复时间请看链接。"),
    (REPORTER, "suspended", "en"): _en("cannot be done for now; the link says why and until when."),
    (REPORTER, "closed", "zh-hans"): _zh("已办结。请评价结果；问题还在也可以从这里重开。"),
    (REPORTER, "closed", "en"): _en("is done. Please judge the result, or reopen it if it is still there."),
    (REPORTER, "rejected", "zh-hans"): _zh("不能受理，原因请看链接。"),
    (REPORTER, "rejected", "en"): _en("could not be taken on; the link says why."),
    (UNIT, "*", "zh-hans"): ("案件 {number}：{state}", "【{district}】案件 {number} 转到贵单位：{state}[，期限 {due}]。{link}"),
    (UNIT, "*", "en"): ("Case {number}: {state}", "{district}: case {number} is with your unit: {state}[, due {due}]. {link}"),
    (UNIT, "rework", "zh-hans"): ("案件 {number}：返工", "【{district}】案件 {number} 核查未通过，请返工[，期限 {due}]。{link}"),
    (UNIT, "rework", "en"): ("Case {number}: rework", "{district}: case {number} did not pass the check, please redo it[, due {due}]. {link}"),
    (UNIT, "reopen", "zh-hans"): ("案件 {number}：问题还在", "【{district}】反映人说案件 {number} 的问题还在，已重新转到贵单位[，期限 {due}]。{link}"),
    (UNIT, "reopen", "en"): ("Case {number}: still there", "{district}: case {number} is still there; it is yours again[, due {due}]. {link}"),
    (STAFF, "*", "zh-hans"): ("案件 {number}：{state}", "【{district}】案件 {number} 等您处理：{state}[，期限 {due}]。{link}"),
    (STAFF, "*", "en"): ("Case {number}: {state}", "{district}: case {number} waits for you: {state}[, due {due}]. {link}"),
    (ORDERED, "*", "zh-hans"): ("[【{drill}】]{what} {number}：{state}", "【{district}】[【{drill}】]{what} {number}：{state}。{link}"),
    (ORDERED, "*", "en"): ("[{drill}: ]{what} {number}: {state}", "{district}[, {drill}]: {what} {number}: {state}. {link}"),
    (ORDERED, "issue", "zh-hans"): (
        "[【{drill}】]{what} {number}，请签收",
        "【{district}】[【{drill}】][{issuer}]发来{what} {number}[，请于 {come} 前到场][，{due} 前签收]。{link}",
    ),
    (ORDERED, "issue", "en"): (
        "[{drill}: ]{what} {number}, please sign for it",
        "{district}[, {drill}]: {what} {number}[ from {issuer}][, be there by {come}][, sign by {due}]. {link}",
    ),
    (ORDERED, "send_back", "zh-hans"): (
        "[【{drill}】]{what} {number}：请重新反馈",
        "【{district}】[【{drill}】]{what} {number} 的反馈被退回，请重新反馈[，期限 {due}]。{link}",
    ),
    (ORDERED, "send_back", "en"): (
        "[{drill}: ]{what} {number}: report again",
        "{district}[, {drill}]: the report on {what} {number} was sent back, please report again[ by {due}]. {link}",
    ),
    (ISSUER, "*", "zh-hans"): (
        "[【{drill}】]{what} {number}：{state}",
        "【{district}】[【{drill}】]{what} {number}：[{unit}]{state}[，下一期限 {due}]。{link}",
    ),
    (ISSUER, "*", "en"): (
        "[{drill}: ]{what} {number}: {state}",
        "{district}[, {drill}]: {what} {number}[, {unit}]: {state}[, next due {due}]. {link}",
    ),
    (CLIMBED, "*", "zh-hans"): (
        "[【{drill}】]{number} 超时，已升级到贵单位",
        "【{district}】[【{drill}】]{number} [{unit}]超时未办，已升级到贵单位，请督促。{link}",
    ),
    (CLIMBED, "*", "en"): (
        "[{drill}: ]{number} is overdue and has come up to you",
        "{district}[, {drill}]: {number}[ with {unit}] is overdue and has come up to your unit. {link}",
    ),
    (CLIMBED, "transferred", "zh-hans"): (
        "[【{drill}】]{number} 超时，已转由贵单位接手",
        "【{district}】[【{drill}】]{number} [{unit}]超时未办，已转由贵单位接手，请签收办理。{link}",
    ),
    (CLIMBED, "transferred", "en"): (
        "[{drill}: ]{number} is overdue and is yours now",
        "{district}[, {drill}]: {number}[ with {unit}] is overdue; your unit has taken it over. {link}",
    ),
}  # fmt: skip


def names() -> list[tuple[str, str]]:
    """(audience, name) of every template there is, in their order."""
    return list(dict.fromkeys((audience, name) for audience, name, _language in SHIPPED))
