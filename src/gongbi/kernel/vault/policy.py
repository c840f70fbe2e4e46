"""Who may open which sealed field: rooms register it; what nobody registered opens for nobody.

policy.allow(Report, "phone", lambda viewer, report: viewer.role == CLERK and viewer.covers(report.territory))
policy.subject(Report, lambda viewer, report: report.pk in viewer.reports)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Model

from gongbi.kernel.scope.viewer import Viewer

Rule = Callable[[Viewer, Any], bool]
_allowed: dict[tuple[type[Model], str], list[Rule]] = {}
_subjects: dict[type[Model], Rule] = {}


def allow(model: type[Model], field: str, rule: Rule) -> None:
    """Add a rule by which ``field`` of a row of ``model`` may be opened (any one rule is enough)."""
    _allowed.setdefault((model, field), []).append(rule)


def subject(model: type[Model], rule: Rule) -> None:
    """Say who is the person that a row of ``model`` is about: they may see who opened what."""
    _subjects[model] = rule


def forget(model: type[Model]) -> None:
    """Take every rule of ``model`` back."""
    _subjects.pop(model, None)
    for key in [key for key in _allowed if key[0] is model]:
        del _allowed[key]


def may_unseal(viewer: Viewer, obj: Model, field: str) -> bool:
    """Whether some registered rule lets ``viewer`` open ``field`` of ``obj``."""
    rules = [rule for base in type(obj).__mro__ for rule in _allowed.get((base, field), ())]
    return any(rule(viewer, obj) for rule in rules)


def is_subject(viewer: Viewer, obj: Model) -> bool:
    """Whether ``obj`` is about ``viewer``."""
    return any(_subjects[base](viewer, obj) for base in type(obj).__mro__ if base in _subjects)
