"""What the district sets: settings, rungs of the ladder, rules of scores."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction

from gongbi.command import refusals, rules
from gongbi.command.models import CommandSetting, Rung, ScoreRule
from gongbi.command.settings import DEFAULTS, check
from gongbi.kernel.errors import Forbidden, Refused
from gongbi.kernel.flow.declare import all_flows
from gongbi.kernel.scope.viewer import ADMIN, SYSTEM, Viewer
from gongbi.parties import directory


def _keeper(viewer: Viewer) -> None:
    if viewer.role not in (ADMIN, SYSTEM):
        raise Forbidden(
            "command.settings",
            (
                "只有系统管理员可以修改指挥规则和时限。",
                "Only an administrator changes the rules and limits of command.",
            ),
        )


@transaction.atomic
def change_settings(values: Mapping[str, str], *, viewer: Viewer, at: datetime) -> None:
    """Set some of :data:`gongbi.command.settings.DEFAULTS`; an empty value goes back to the shipped one. Clocks that run stay as they are.

    Errors: Forbidden (administrators only), Refused with the field.
    """
    _keeper(viewer)
    for key, value in values.items():
        default = DEFAULTS.get(key)
        if default is None:
            raise Refused("command.setting", ("没有这个设置。", "There is no such setting."), field=key)
        if not value.strip():
            CommandSetting.objects.filter(key=key).delete()
            continue
        try:
            text = check(key, value)
        except (ValueError, Refused):
            raise refusals.setting(default.words, default.value, key) from None
        CommandSetting.objects.update_or_create(
            key=key, defaults={"value": text, "set_at": at, "actor": viewer.actor}
        )


@transaction.atomic
def save_rung(
    *,
    flow: str,
    clock: str,
    minutes: int,
    to: str,
    transfer: bool,
    notice: str,
    source: str,
    verified: bool,
    valid_from: date,
    valid_to: date | None,
    viewer: Viewer,
) -> tuple[Rung, str]:
    """Keep one rung; returns it and ``new``, ``changed`` or ``same``. Errors: Forbidden, Refused with the column that is wrong."""
    _keeper(viewer)
    fault = rules.rung_fault(flow=flow, clock=clock, minutes=minutes, transfer=transfer, notice=notice)
    if flow not in {one.name for one in all_flows()}:
        fault = "flow"
    elif to not in rules.REACHES and to not in directory.current().by_code:
        fault = "to"
    if fault:
        raise Refused(
            f"command.rung_{fault}",
            {
                "flow": ("没有这种事项。", "There is no such kind of matter."),
                "clock": ("没有这种计时。", "There is no such clock."),
                "minutes": ("分钟数应为 0 到一年之间的整数。", "The minutes are a whole number from 0 to a year's."),
                "to": ("没有这个升级对象：填“单位负责人”“属地街道”“区级”或单位代码。", "Nobody is reached so: head, street, district or a unit's code."),
                "transfer": ("只有指令可以自动移交；案件由人重新派遣。", "Only orders change hands by themselves; people dispatch a case anew."),
                "notice": ("通知只能是 urge、supervise1、supervise2、supervise3 或空。", "A notice is urge, supervise1 to supervise3, or none."),
            }[fault],
            field=fault,
        )  # fmt: skip
    _source(source)
    key = {"flow": flow, "clock": clock, "minutes": minutes, "to": to, "valid_from": valid_from}
    values = {
        "transfer": transfer,
        "notice": notice,
        "source": source,
        "verified": verified,
        "valid_to": valid_to,
    }
    _period(valid_from, valid_to)
    known = Rung.objects.select_for_update().filter(**key).first()
    if known is None:
        return Rung.objects.create(**key, **values), "new"
    if all(getattr(known, name) == value for name, value in values.items()):
        return known, "same"
    for name, value in values.items():
        setattr(known, name, value)
    known.save()
    return known, "changed"


@transaction.atomic
def save_score_rule(
    *,
    code: str,
    points: int,
    source: str,
    verified: bool,
    valid_from: date,
    valid_to: date | None,
    viewer: Viewer,
) -> tuple[ScoreRule, str]:
    """Keep one rule of scores; returns it and ``new``, ``changed`` or ``same``. Errors: Forbidden, Refused with the column."""
    _keeper(viewer)
    if code not in rules.MARKS:
        raise Refused("command.mark", ("没有这种扣分情形。", "There is no such mark."), field="code")
    if not 0 <= points <= rules.FULL:
        raise Refused(
            "command.points", ("分值在 0 到 100 之间。", "Points lie between 0 and 100."), field="points"
        )
    _source(source)
    _period(valid_from, valid_to)
    values = {"points": points, "source": source, "verified": verified, "valid_to": valid_to}
    known = ScoreRule.objects.select_for_update().filter(code=code, valid_from=valid_from).first()
    if known is None:
        return ScoreRule.objects.create(code=code, valid_from=valid_from, **values), "new"
    if all(getattr(known, name) == value for name, value in values.items()):
        return known, "same"
    for name, value in values.items():
        setattr(known, name, value)
    known.save()
    return known, "changed"


def _source(source: str) -> None:
    if not source.strip() or len(source) > 160:
        raise Refused("command.source", ("请写明依据，最多 160 字。", "Say where the rule comes from, in at most 160 characters."), field="source")  # fmt: skip


def _period(since: date, until: date | None) -> None:
    if until is not None and until <= since:
        raise Refused("command.period", ("截止日应在起始日之后。", "The end lies after the beginning."), field="valid_to")  # fmt: skip
