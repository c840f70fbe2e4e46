"""What every action here begins or ends with."""

from __future__ import annotations

import secrets

from gongbi.duties import catalogue
from gongbi.duties.models import Token
from gongbi.kernel.errors import Forbidden
from gongbi.kernel.scope.viewer import ADMIN, SYSTEM, Viewer


def keeper(viewer: Viewer) -> None:
    """Only administrators and the machine itself change lists, rules and classifiers."""
    if viewer.role not in (ADMIN, SYSTEM):
        raise Forbidden(
            "duties.admin_only",
            ("只有系统管理员可以修改清单和规则。", "Only an administrator may change lists and rules."),
        )


def lock() -> None:
    """Take the one lock of this room: changes of lists, rulings and classifiers queue up behind each
    other.
    """
    Token.objects.get_or_create(pk=1)
    Token.objects.select_for_update().get(pk=1)


def changed() -> None:
    """Make every process read the lists again."""
    catalogue.suspect()
    Token.objects.update_or_create(pk=1, defaults={"value": secrets.randbits(62)})
