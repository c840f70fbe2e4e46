"""Examples of the description: bodies that are accepted, and answers whose shape no model declares. All of it is invented."""

from __future__ import annotations

from typing import Any

_REASON = {"reason": "现场复核，路灯正常。", "version": 3}
_REPORT = {
    "text": "劳动路路口的路灯不亮了，晚上很黑",
    "place_words": "劳动路与大庆路口",
    "lon": 108.913,
    "lat": 34.265,
    "crs": "CGCS2000",
    "external": "12345-20261123-000017",
}
BODIES: dict[str, dict[str, Any]] = {
    "/reports": _REPORT,
    "/reports/near": _REPORT,
    "/reports/{link}/answer": {"question": 41, "text": "东北角那一盏。", "photos": []},
    "/reports/{link}/judge": {"solved": True, "grade": 5, "comment": "修得很快，谢谢。"},
    "/reports/{link}/reopen": {"reason": "昨晚又灭了。", "photos": []},
    "/on-spot": _REPORT | {"kind": "C0401", "after": []},
    "/cases/{number}/accept": {"kind": "C0137", "lon": 108.913, "lat": 34.265, "version": 1},
    "/cases/{number}/reject": {"ground": "untrue", "reason": "现场复核，路灯正常。", "version": 1},
    "/cases/{number}/clarify": {"question": "是哪一盏灯？", "version": 1},
    "/cases/{number}/send-back": _REASON,
    "/cases/{number}/dispatch": {"unit": 12, "co_units": [31], "limit": "2工作日", "version": 2},
    "/cases/{number}/rule": {"unit": 12, "reason": "按清单由城管局负责。", "article": "三项清单第 17 项", "precedent": True},
    "/cases/{number}/merge": {"into": "AJ20261123-000017-4", "version": 1},
    "/cases/{number}/unmerge": _REASON,
    "/cases/{number}/split": {"reports": [52], "version": 2},
    "/cases/{number}/sign": {"version": 3},
    "/cases/{number}/contest": {"reason": "该路段由公路部门管养。", "proposed_unit": 44, "version": 3},
    "/cases/{number}/ask": {"question": "是哪一盏灯？", "version": 4},
    "/cases/{number}/contacted": {"report": 52},
    "/cases/{number}/part-done": {"result": "已切断该路段电源。", "version": 4},
    "/cases/{number}/finish": {"result": "更换灯泡，已亮。", "photos": [], "version": 4},
    "/cases/{number}/ask-for": {"kind": "suspension", "reason": "等待配件到货。", "until": "2026-12-20T09:00:00+08:00", "version": 4},
    "/cases/{number}/decide": {"granted": True, "reason": "", "version": 5},
    "/cases/{number}/resume": {"version": 6},
    "/cases/{number}/confirm": {"finding": "现场查看，灯已亮。", "version": 7},
    "/cases/{number}/rework": {"reason": "晚上仍不亮。", "version": 7},
    "/cases/{number}/call-back": {"report": 52, "outcome": "reached", "solved": True, "grade": 5, "version": 8},
    "/cases/{number}/exempt": {"reason": "暴雨红色预警期间。", "version": 8},
    "/warnings/{number}/assess": {"finding": "三天内同一片区集中停水，疑为管网故障。", "version": 1},
    "/warnings/{number}/act": {"text": "请供水公司检查该片区管网。", "kind": "E0501", "division": "610104005001", "version": 2},
    "/warnings/{number}/dismiss": {"reason": "集中录入历史案件所致。", "version": 2},
    "/warnings/{number}/review": {"verdict": "right", "reason": "现场确认管网破裂。", "version": 3},
    "/incidents": {"key": "6e1b0b64", "title": "丰庆路供水主管爆裂", "sort": "accident", "kind": "water_main", "level": 3, "territory": "610104005001"},
    "/incidents/{number}/log": {"key": "c0ffee01", "text": "已关闭上游阀门，路面积水约二十厘米。", "sort": "seen"},
    "/incidents/{number}/plans": {"plan": "water_main"},
    "/incidents/{number}/tasks/{task}": {"note": "阀门已关", "dropped": False},
    "/evaluation/rules/check": {
        "kind": "indicator",
        "definition": {
            "code": "heating_on_time", "words": ["供热按期处置率", "Heating handled on time"], "numerator": "count(below where on_time)",
            "denominator": "count(handling where kind = E05)", "exclusions": "excluded", "source": "区供热保障方案",
        },
    },
    "/evaluation/appeals": {
        "edition": 3, "unit": 12, "case": 1017, "sort": "exempt", "reason": "停水通知在前。", "evidence": "供水公司 3 月 2 日通知，编号 017。",
    },
    "/evaluation/appeals/{number}/{step}": {"text": "通知属实，不计超期。", "version": 1},
    "/orders": {"unit_id": 12, "title": "劳动路路灯全部熄灭", "text": "请立即派人查明原因并恢复照明。", "sort": "supervise", "level": 3, "about": 52},
    "/orders/{number}/sign": {"version": 1},
    "/orders/{number}/arrive": {"version": 2, "lon": 108.913, "lat": 34.265},
    "/orders/{number}/report": {"result": "更换控制柜熔断器，已恢复照明。", "version": 3},
    "/orders/{number}/contest": {"reason": "该路段由公路部门管养。", "version": 2},
    "/orders/{number}/rule": {"upheld": False, "reason": "三项清单已明确由你单位负责。", "version": 3},
    "/orders/{number}/accept": {"version": 4},
    "/orders/{number}/send-back": {"reason": "请补充恢复时间。", "version": 4},
    "/orders/{number}/redirect": {"unit_id": 13, "reason": "职责已划转。", "version": 2},
    "/orders/{number}/withdraw": {"reason": "问题已自行解决。", "version": 2},
    "/duty/rosters/{code}/fill": {"first": "2026-03-16", "last": "2026-03-22"},
    "/duty/turns": {"roster": "street-watch", "post_id": 12, "starts_at": "2026-03-16T20:00:00+08:00", "ends_at": "2026-03-17T08:00:00+08:00"},
    "/duty/turns/{turn}/cancel": {"reason": "活动取消。"},
    "/duty/turns/{turn}/stand-in": {"post_id": 13, "reason": "突发疾病。"},
    "/duty/turns/{turn}/notes": {"text": "劳动路积水已退，留一人看守。", "matters": ["AJ20261123-000017-4"]},
    "/duty/swaps": {"turn": 52, "to_post": 13, "why": "家中有事。"},
    "/duty/swaps/{number}/{step}": {"version": 1, "reason": "当天出差。"},
    "/whistles": {
        "units": [{"unit_id": 12, "lead": True}, {"unit_id": 13, "duty": "疏导交通"}],
        "title": "路面塌陷", "text": "请到场会商", "about": 52, "place_words": "劳动路口"},
    "/whistles/{number}/call-more": {"units": [{"unit_id": 14, "duty": "抢修供水管"}], "version": 1},
    "/whistles/{number}/end": {"result": "已围挡并抢修，交通恢复。", "version": 2},
    "/whistles/{number}/call-off": {"reason": "现场已由社区处置。", "version": 1},
    "/whistles/{number}/review": {"verdict": "warranted", "reason": "涉及三个部门，确需会商。", "version": 3},
    "/channels/reports": {"reports": [{"external": "CG-2026-1023", "text": "劳动路路口井盖破损。", "code": "0107", "lon": 108.913, "lat": 34.265}]},
    "/cases/{number}/exclude": {"ground": "force_majeure", "reason": "暴雨红色预警期间。", "version": 8},
}  # fmt: skip
# Name → (what it is, an example).
PARAMETERS: dict[str, tuple[str, Any]] = {
    "number": ("The number of the case, or of one of its receipts; of the warning, incident, order, whistle, appeal or bulletin.", "AJ20261123-000017-4"),
    "link": ("The private part of the receipt's link. Whoever has it may follow, answer and judge: keep it like a password.", None),
    "Idempotency-Key": ("A value of your own, new for each report (a UUID), the same for each retry of it.", "6e1b0b64-7d0e-4d8e-9a0c-2f6a3f0f2a11"),
    "after": ("`after` of the page before; empty for the first.", None),
    "tab": ("Which queue (warnings: open, review, closed, all): accept, dispatch, requests, sign, handle, check, callback, rule, waiting, open, closed, ended.", "open"),
    "words": ("Words of the text or place, or a number.", "路灯"),
    "kind": ("A kind's code or how it begins; for units the kind of unit.", None),
    "territory": ("The digits of a division, or how they begin.", "610104"),
    "parent": ("The code of the division above.", "610104005"),
    "from": ("First local day.", "2026-11-01"),
    "to": ("Last local day, included.", "2026-11-30"),
    "rate": ("The code of a rate on the board.", None),
    "edition": ("The key of kept results, as the list of editions gives it.", 3),
    "unit": ("The key of a unit; on the board the one it is narrowed to.", 12),
    "indicator": ("The code of an indicator.", "handled_on_time"),
    "step": ("What is done.", "uphold"),
    "part": ("Which lines behind a figure.", "denominator"),
    "scheme": ("The code of a scheme.", "streets"),
    "sort": ("Of bulletins: day, week or month; empty for all.", "month"),
    "state": ("Of bulletins: issued, open (drafts and checked ones) or dropped; of appeals: open, upheld or closed.", None),
    "period": ("A period of evaluation: 2026-10, 2026-Q4 or 2026.", "2026-10"),
}  # fmt: skip
_SHAPES = {
    "type": "object",
    "description": "A GeoJSON FeatureCollection (CGCS2000, longitude first).",
    "properties": {
        "type": {"const": "FeatureCollection"},
        "features": {"type": "array", "items": {"type": "object", "properties": {"type": {"const": "Feature"}}, "required": ["type"]}},
    },
    "required": ["type", "features"],
}  # fmt: skip
# Answers made as bytes or plain dictionaries for speed.
ANSWERS: dict[str, dict[str, Any]] = {
    "/cases/map": {
        "schema": {
            "type": "array",
            "description": "At most 2,000 open cases, newest first.",
            "items": {
                "type": "object",
                "properties": {
                    "pk": {"type": "integer"},
                    "lon": {"type": "number"},
                    "lat": {"type": "number"},
                    "state": {"type": "string"},
                    "kind": {"type": "string"},
                    "title": {"type": "string"},
                    "due_at": {"type": ["string", "null"], "format": "date-time"},
                },
                "required": ["pk", "lon", "lat", "state", "kind", "title", "due_at"],
            },
        }
    },
    "/divisions/map": {"schema": _SHAPES},
    "/kinds": {
        "schema": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "code": {"type": "string"},
                    "name": {"type": "array", "items": {"type": "string"}, "description": "(Chinese, English)"},
                },
                "required": ["code", "name"],
            },
        }
    },
    "/evaluation/editions/{edition}": {
        "schema": {"type": "object", "description": "Canonical JSON, see docs/evaluation.md: every unit with its figures, points, score, place and interval."}
    },
    "/bulletins/{number}": {"schema": {"type": "object", "description": "Canonical JSON, see docs/bulletin.md: parts with figures, tables and charts."}},
    "/board": {"schema": {"type": "object", "description": "See docs/rates.md: every rate with its two numbers, never the quotient alone."}},
}  # fmt: skip
