"""What this room says to people."""

from __future__ import annotations

from gongbi.wall.rules import Words

TEXTS: dict[str, Words] = {
    "wall": ("指挥大屏", "Wall"),
    "about": (
        "只有地点、类别、数量和时间，没有任何人的姓名、电话、位置或轨迹。",
        "Places, kinds, counts and times only: nobody's name, number, position or track.",
    ),
    "desk": ("回工作台", "To the desk"),
    "map": ("地图", "Map"),
    "table": ("表格", "Table"),
    "view": ("看法", "View"),
    "where": ("当前范围", "Where"),
    "headline": ("今日主要指标", "Today's rates"),
    "headline_hint": (
        "今日到期或发生的；走势为近 14 天，每天单独计算。",
        "What fell due or happened today; the course is of 14 single days.",
    ),
    "new": ("新到", "New"),
    "late": ("新超期", "Newly late"),
    "doing": ("正在处置", "Being dealt with"),
    "none_doing": ("没有事件、吹哨和超时指令", "No incident, whistle or overdue order"),
    "none_new": ("还没有案件", "No case yet"),
    "none_late": ("没有超期的案件", "No case is late"),
    "place": ("地方", "Place"),
    "open": ("在办", "Open"),
    "overdue": ("超期", "Late"),
    "today": ("今日新到", "New today"),
    "warnings": ("预警", "Warnings"),
    "alarm": ("设备告警", "Devices in alarm"),
    "incidents": ("突发事件", "Incidents"),
    "duty": ("在岗", "On duty"),
    "roster": ("值班", "Duty roster"),
    "roster_none": ("此刻没有排班", "Nobody is on the roster at this moment"),
    "sum": ("合计", "All"),
    "elsewhere": ("未细分到下一级", "Not placed more finely"),
    "replay": ("回放", "Replay"),
    "day": ("日期", "Day"),
    "play": ("播放", "Play"),
    "pause": ("暂停", "Pause"),
    "step": ("前进一步", "Next change"),
    "back": ("后退一步", "Change before"),
    "speed": ("速度", "Speed"),
    "time": ("时刻", "Time of day"),
    "live": ("回到现在", "Back to now"),
    "no_days": (
        "还没有可以回放的日子：每天零点后准备好前一天。",
        "No day can be played yet: each is ready after its midnight.",
    ),
    "full": ("全屏", "Full screen"),
    "more": ("显示与语言", "Display and language"),
    "legend": (
        "底色越深在办越多；▲ 超期，◆ 预警，● 设备告警，■ 在岗人数，★ 突发事件（演练另写明）。每个数都写在图上或表里。",
        "The darker the ground, the more is open; ▲ late, ◆ warnings, ● devices in alarm, ■ people on duty, ★ incidents (drills are said to "
        "be drills). Every figure is written out.",
    ),
    "synthetic": ("网格边界为演示合成。", "Grid boundaries are made up for the demonstration."),
    "script": (
        "地图、实时更新和回放需要 JavaScript；下表是打开时的数。",
        "Map, live figures and replay need JavaScript; the table is as of now.",
    ),
    # Screens
    "screens": ("大屏链接", "Wall screens"),
    "screens_about": (
        "给指挥室墙上的屏幕一个长期链接：只看一个地方的大屏，别的什么都打不开；随时可以收回，十分钟内失效。",
        "A lasting link for a screen in a command room: it shows the wall of one place and opens nothing else. Taken back, it ends within "
        "ten minutes.",
    ),
    "hangs": ("挂在哪里", "Where it hangs"),
    "hangs_hint": ("例如：区指挥中心东墙", "For example: command centre, east wall"),
    "shows": ("显示哪个地方", "Which place it shows"),
    "make": ("生成链接", "Make a link"),
    "ready": ("链接已生成", "The link is ready"),
    "ready_hint": (
        "现在就在那块屏的浏览器里打开它。链接只显示这一次；丢了请收回重做。",
        "Open it now in that screen's browser. It is shown only this once; whoever loses it takes it back and makes another.",
    ),
    "made_at": ("发放", "Made"),
    "seen_at": ("最近在线", "Last on"),
    "state": ("状态", "State"),
    "in_use": ("使用中", "In use"),
    "ended": ("已收回", "Taken back"),
    "take_back": ("收回", "Take back"),
    "taken_back": ("“%(name)s”的链接已收回。", "The link of “%(name)s” is taken back."),
    "what": ("可做的事", "What to do"),
    "no_screens": ("还没有大屏链接", "No wall screen yet"),
}
