"""What this room says to people."""

from __future__ import annotations

from gongbi.channels.devices.kinds import MATTERS

Words = tuple[str, str]
KINDS = MATTERS
STANDINGS: dict[str, Words] = {
    "": ("全部", "All"),
    "alarm": ("报警中", "In alarm"),
    "silent": ("失联", "Silent"),
    "never": ("从未上报", "Never heard"),
}
HELD: dict[str, Words] = {
    "quiet": ("安静时段，早上仍在才上报", "Quiet hours: told in the morning if it is still on"),
    "silence": ("检修静默中", "Silenced for maintenance"),
    "closed": ("渠道已停用", "The channel is switched off"),
}
WAS_HELD: dict[str, Words] = {
    "quiet": ("安静时段内已解除，未上报", "Over within the quiet hours: not told"),
    "silence": ("检修静默期间，未上报", "During a silence for maintenance: not told"),
    "closed": ("渠道停用期间，未上报", "While the channel was off: not told"),
}
FATES: dict[str, Words] = {
    "taken": ("已收下", "Taken"),
    "late": ("乱序（已存，不参与判断）", "Out of order (kept, not judged)"),
    "line": ("多数设备同时失联，按线路中断处理", "Most were silent at once: taken for a cut line"),
}
TEXTS: dict[str, Words] = {
    "devices": ("物联设备", "Devices"),
    "about": (
        "只接入烟雾、燃气、积水、电梯困人、电动车充电、井盖倾斜、消防通道七类；不接入人脸、车牌、声音。",
        "Smoke, gas, water level, lifts, e-bike charging, manholes and fire lanes only; no faces, no number plates, no sound.",
    ),
    "number": ("设备编号", "Number"),
    "kind": ("类型", "Kind"),
    "place": ("位置", "Place"),
    "standing": ("状态", "State"),
    "now": ("最新读数", "Last reading"),
    "heard": ("最近通信", "Last heard"),
    "fine": ("正常", "In order"),
    "none": ("没有设备", "No devices"),
    "none_hint": ("在“清单 — 物联设备”中导入名录。", "Import the register under “Lists — Devices”."),
    "narrow": ("筛选", "Narrow"),
    "any": ("不限", "Any"),
    "words": ("编号或位置", "Number or place"),
    "events": ("设备事件", "Events of devices"),
    "events_about": (
        "同一处、同一类、十分钟内的报警算一件；一件只上报一次，解除时补记在案件上。办理情况同时告知设备网关。",
        "Alarms of one kind at one place within ten minutes are one event; it is told once, and its end is noted on the case. "
        "How the case goes on is told to the gateway.",
    ),
    "no_events": ("没有设备事件", "No events of devices"),
    "begun": ("开始", "Began"),
    "ended": ("结束", "Ended"),
    "goes_on": ("仍在", "Goes on"),
    "count": ("设备数", "Devices"),
    "case": ("案件", "Case"),
    "stands": ("办理情况", "How it stands"),
    "waits": ("待处理", "Waiting"),
    "intake": ("读数收取", "Intake of readings"),
    "intake_about": (
        "最近七天收到的读数各是什么结果；被拒的写明原因，同批其余照收。",
        "What became of the readings of the last seven days; what was refused has its reason, the rest of its batch was taken.",
    ),
    "fate": ("结果", "What became of it"),
    "how_many": ("条数", "Readings"),
    "last": ("最近一次", "Last time"),
    "nothing_came": ("七天内没有读数", "No readings within seven days"),
    "waiting": ("已收下、尚未归档", "Received, not yet written away"),
    "clocks": ("时钟不准的设备", "Devices with a wrong clock"),
    "skew": ("最近一次偏差（秒）", "Last error (s)"),
    "skewed": ("次数", "Times"),
    "purpose": ("用途", "Purpose"),
    "owner": ("权属单位", "Owner"),
    "contact": ("联系电话", "Telephone"),
    "sign": ("公示牌", "Sign"),
    "keep": ("读数保存", "Readings are kept"),
    "limits": ("报警值 / 恢复值", "Alarm / clearing value"),
    "rule": ("判断", "Judged by"),
    "readings": ("读数", "Readings"),
    "no_readings": ("还没有读数", "No readings yet"),
    "time": ("时间", "Time"),
    "value": ("读数", "Reading"),
    "yes": ("是", "Yes"),
    "no": ("否", "No"),
    "alarms": ("报警记录", "Alarms"),
    "newest_first": ("最近的在前", "The newest first"),
    "no_alarms": ("没有报警", "No alarms"),
    "flaps": ("反复", "Came back"),
    "no_silence": ("现在没有静默。", "Nothing is silenced now."),
    "silences": ("检修静默", "Silences for maintenance"),
    "silence_hint": (
        "静默期间报警照记，不上报；到期仍在则立即上报。这类设备最多 %s 小时。",
        "While it is silenced an alarm is kept, not told; what is still on afterwards is told at once. At most %s hours for this kind.",
    ),
    "scope": ("范围", "What"),
    "this_device": ("这台设备", "This device"),
    "whole_place": ("同一位置的全部设备", "All devices of this place"),
    "hours": ("时长（小时）", "Hours"),
    "reason": ("原因", "Reason"),
    "silence": ("开始静默", "Silence it"),
    "until": ("至", "until"),
    "end_silence": ("结束静默", "End the silence"),
    "silenced": ("已设静默。", "It is silenced."),
    "silence_ended": ("静默已结束。", "The silence is over."),
    "retire": ("停用这台设备", "Take out of use"),
    "retire_hint": (
        "停用后不再接收它的读数；重新导入即恢复。",
        "Its readings are taken no more; importing it again brings it back.",
    ),
    "retired": ("已停用。", "It is out of use."),
    "out_of_use": ("已停用", "Out of use"),
    "open": ("查看电话", "Show the telephone"),
    "open_reason": ("查看原因（留痕）", "Why (this is kept)"),
    "back": ("返回物联设备", "Back to devices"),
    "synthetic": ("合成", "Synthetic"),
}
