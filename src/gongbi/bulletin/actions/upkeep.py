"""What the district sets for bulletins and open data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from gongbi.bulletin.models import BulletinSetting
from gongbi.bulletin.settings import DEFAULTS, check
from gongbi.kernel.errors import Forbidden, Refused
from gongbi.kernel.scope.viewer import ADMIN, SYSTEM, Viewer


@transaction.atomic
def change_settings(values: Mapping[str, str], *, viewer: Viewer, at: datetime) -> None:
    """Set some of :data:`gongbi.bulletin.settings.DEFAULTS`; an empty value goes back to the shipped one. What was published stays.

    Errors: Forbidden (administrators only), Refused with the field.
    """
    if viewer.role not in (ADMIN, SYSTEM):
        raise Forbidden(
            "bulletin.settings",
            ("只有系统管理员可以修改简报和开放数据的设置。", "Only an administrator changes the settings of bulletins and open data."),
        )  # fmt: skip
    for key, value in values.items():
        default = DEFAULTS.get(key)
        if default is None:
            raise Refused("bulletin.setting", ("没有这个设置。", "There is no such setting."), field=key)
        if not value.strip():
            BulletinSetting.objects.filter(key=key).delete()
            continue
        try:
            text = check(key, value)
        except ValueError as error:
            raise Refused(
                "bulletin.setting_value",
                (
                    "“%(name)s”不能这样写，例如：%(like)s。",
                    "“%(name)s” cannot be that; for example: %(like)s.",
                ),
                values={"name": default.words, "like": default.value},
                field=key,
            ) from error
        BulletinSetting.objects.update_or_create(
            key=key, defaults={"value": text, "set_at": at, "actor": viewer.actor}
        )
