"""Counterparts and what their codes mean: set by an administrator."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping as Values
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction

from gongbi.cases.wording import clean_text
from gongbi.channels import rules
from gongbi.channels.adapters import adapter_of, parse
from gongbi.channels.models import Mapping, Source
from gongbi.duties import queries as duties
from gongbi.kernel.errors import Forbidden, Refused
from gongbi.kernel.scope.viewer import ADMIN, SYSTEM, Viewer
from gongbi.kernel.vault import actions as vault

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,23}")


def _keeper(viewer: Viewer) -> None:
    if viewer.role not in (ADMIN, SYSTEM):
        raise Forbidden(
            "channels.keep", ("只有系统管理员可以修改渠道。", "Only an administrator changes channels.")
        )


@transaction.atomic
def save_source(
    *,
    code: str,
    name: str,
    kind: str,
    viewer: Viewer,
    at: datetime,
    direction: str = "in",
    name_en: str = "",
    settings: Values[str, Any] | None = None,
    unit_id: int | None = None,
    enabled: bool = True,
    joins_at: float | None = None,
    synthetic: bool = False,
) -> Source:
    """Make a source, or change the one of that code (its kind stays). Refused with the field for what cannot be."""
    _keeper(viewer)
    if not _CODE.fullmatch(code):
        raise Refused(
            "channels.code",
            (
                "代码只用小写字母、数字、连字符和下划线，最多 24 个字符。",
                "A code has small letters, digits, hyphens and underscores, 24 at most.",
            ),
            field="code",
        )
    if kind not in rules.KINDS:
        raise Refused("channels.kind", ("没有这种渠道。", "There is no such kind of channel."), field="kind")
    if direction not in rules.DIRECTIONS:
        raise Refused("channels.direction", ("请选择方向。", "Choose a direction."), field="direction")
    if not name.strip():
        raise Refused("channels.name", ("请填写名称。", "Enter a name."), field="name")
    if joins_at is not None and not 0 < joins_at <= 1:
        raise Refused(
            "channels.joins_at",
            (
                "自动并入的概率须在 0 和 1 之间。",
                "The probability above which reports join lies between 0 and 1.",
            ),
            field="joins_at",
        )
    source = Source.objects.select_for_update().filter(code=code).first() or Source(
        code=code, kind=kind, created_at=at
    )
    if source.kind != kind:
        raise Refused(
            "channels.kind_stays",
            (
                "代码 %(code)s 已用于另一种渠道，请换一个代码。",
                "The code %(code)s belongs to a channel of another kind; choose another.",
            ),
            values={"code": code},
            field="code",
        )
    source.settings = asdict(parse(adapter_of(kind).settings, settings or {}))
    source.name, source.name_en, source.direction = name.strip()[:80], name_en.strip()[:120], direction
    source.unit_id, source.enabled, source.joins_at = unit_id, enabled, joins_at  # type: ignore[attr-defined,unused-ignore]
    source.synthetic, source.changed_at = synthetic, at
    source.save()
    return source


def own_source(kind: str, *, name: str, name_en: str, at: datetime) -> Source:
    """The one source of a door of the house's own (``rules.OWN_KINDS``), made when it is first needed; its code is its kind."""
    found = Source.objects.filter(code=kind).first()
    if found is not None:
        return found
    fresh = {
        "kind": kind,
        "name": name,
        "name_en": name_en,
        "direction": "in",
        "created_at": at,
        "changed_at": at,
    }
    return Source.objects.get_or_create(code=kind, defaults=fresh)[0]


@transaction.atomic
def save_secret(source_id: int, values: Values[str, str], *, viewer: Viewer, at: datetime) -> Source:
    """Seal secrets of a source by their names; an empty one is taken out, one not named stays. Refused for an unknown name."""
    _keeper(viewer)
    source = Source.objects.select_for_update().get(pk=source_id)
    known = adapter_of(source.kind).secrets
    for name in values:
        if name not in known:
            raise Refused(
                "channels.unknown_setting",
                ("没有名为 %(name)s 的设置。", "There is no setting called %(name)s."),
                values={"name": name},
                field=name,
            )
    merged = secrets_of(source) | dict(values)
    source.secrets = json.dumps({name: value for name, value in merged.items() if value})
    source.changed_at = at
    source.save(update_fields=["secrets", "changed_at"])
    return source


def secrets_of(source: Source) -> dict[str, str]:
    """The secrets of a source by their names, for its adapter alone."""
    from gongbi.kernel.scope.viewer import system

    text = vault.machine_reads(source, "secrets", viewer=system("channels"))
    return dict(json.loads(text)) if text else {}


@transaction.atomic
def map_code(
    source_id: int, theirs: str, *, kind: str, viewer: Viewer, name: str = "", net: str = ""
) -> Mapping:
    """Say which kind of ours a code of theirs means; "" leaves it to triage. Refused for a kind that does not exist."""
    _keeper(viewer)
    theirs, name, net = clean_text(theirs), clean_text(name), clean_text(net)
    if not theirs or len(theirs) > 80:
        raise Refused(
            "channels.theirs",
            ("请填写对方的代码（最多 80 个字符）。", "Enter their code, 80 characters at most."),
            field="theirs",
        )
    if kind and duties.kind(kind) is None:
        raise Refused(
            "cases.kind",
            (
                "没有代码为 %(code)s 的类别，请从目录中选择或留空。",
                "There is no kind with the code %(code)s; choose one from the catalogue or leave it empty.",
            ),
            values={"code": kind},
            field="kind",
        )
    row, _made = Mapping.objects.update_or_create(
        source_id=source_id,
        theirs=theirs,
        defaults={"kind": kind, "name": name[:160], "net": net[:24]},
    )
    return row
