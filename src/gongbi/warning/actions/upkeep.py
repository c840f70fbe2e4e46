"""What the district sets for its warnings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from gongbi.kernel.errors import Forbidden, Refused
from gongbi.kernel.scope.viewer import ADMIN, SYSTEM, Viewer
from gongbi.warning.models import WarningSetting
from gongbi.warning.settings import DEFAULTS, read


@transaction.atomic
def change_settings(values: Mapping[str, str], *, viewer: Viewer, at: datetime) -> None:
    """Set some of :data:`gongbi.warning.settings.DEFAULTS`; an empty value goes back to the shipped one.

    Errors: Forbidden (administrators only), Refused with the field for a setting there is not or a value that makes no sense.
    """
    if viewer.role not in (ADMIN, SYSTEM):
        raise Forbidden(
            "warning.settings",
            ("只有系统管理员可以修改预警设置。", "Only an administrator changes the settings of warnings."),
        )
    for key in values:
        if key not in DEFAULTS:
            raise _wrong(key, ("没有这个设置。", "There is no such setting."))
    given = dict(WarningSetting.objects.values_list("key", "value"))
    for key, value in values.items():
        try:
            read({**given, key: value.strip()})
        except ValueError:
            words = (
                "“%(name)s”不能填这个值，请照默认值的样子填写：%(like)s。",
                "“%(name)s” does not take this value; write it like the shipped one: %(like)s.",
            )
            raise _wrong(key, words) from None
        given[key] = value.strip()
    for key, value in values.items():
        if value.strip():
            WarningSetting.objects.update_or_create(
                key=key, defaults={"value": value.strip(), "set_at": at, "actor": viewer.actor}
            )
        else:
            WarningSetting.objects.filter(key=key).delete()


def _wrong(key: str, words: tuple[str, str]) -> Refused:
    default = DEFAULTS.get(key)
    values = {"name": default.words if default else key, "like": default.value if default else ""}
    return Refused("warning.setting", words, values=values, field=key)
