"""Which rows a viewer may see. A room registers one rule per model; every query goes through :func:`visible`.

    @scope.rows(Case)
    def _cases(viewer, purpose): return Q(...) | scope.NOTHING | scope.EVERYTHING | None

A rule that returns None says "this viewer has no rule here", and the query raises: forgetting a role is loud.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeVar

from django.db.models import Manager, Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from gongbi.kernel import statements
from gongbi.kernel.errors import Forbidden, NotThere
from gongbi.kernel.scope.viewer import Viewer

M = TypeVar("M", bound=Model)
Rule = Callable[[Viewer, str], Q | None]

NOTHING = Q(pk__in=[])  # Django knows that it is empty and does not ask the database
EVERYTHING = Q()

_rules: dict[type[Model], Rule] = {}
_more: dict[type[Model], list[Rule]] = {}


class Unscoped(LookupError):
    """Nobody registered who may see the rows of this model. A mistake of ours, never of the person."""


def rows(model: type[Model]) -> Callable[[Rule], Rule]:
    """Register the rule of ``model`` and of its subclasses that have none of their own."""

    def keep(rule: Rule) -> Rule:
        if _rules.get(model, rule) is not rule:
            raise ValueError(f"{model.__name__} has a scope rule already: {_rules[model].__qualname__}")
        _rules[model] = rule
        return rule

    return keep


def also(model: type[Model]) -> Callable[[Rule], Rule]:
    """Register rows shown in addition to the rule of ``model``: co-handlers, own reports. NOTHING adds none.

    Reach a to-many relation by ``Q(pk__in=<subquery>)``, not by a join: a join would give a row twice.
    """

    def keep(rule: Rule) -> Rule:
        _more.setdefault(model, []).append(rule)
        return rule

    return keep


def rule_for(model: type[Model]) -> Rule:
    """The rule of ``model`` or of its nearest base. Raises Unscoped."""
    for base in model.__mro__:
        if base in _rules:
            return _rules[base]
    raise Unscoped(f"{model.__name__} has no scope rule: register one with @scope.rows({model.__name__})")


def condition(model: type[Model], viewer: Viewer, purpose: str = "read") -> Q:
    """The rules as a condition on ``model``. Raises Unscoped (no rule), Forbidden (none for this viewer)."""
    answers = [rule_for(model)(viewer, purpose)]
    answers += [rule(viewer, purpose) for base in model.__mro__ for rule in _more.get(base, ())]
    given = [answer for answer in answers if answer is not None]
    if not given:
        raise Forbidden(
            "scope.viewer",
            _("Your post has no access to “%(what)s”. Switch to a post that has, or ask the administrator.")
            % {"what": model._meta.verbose_name},
        )
    if EVERYTHING in given:
        return EVERYTHING
    wanted = [answer for answer in given if answer != NOTHING]
    return functools.reduce(Q.__or__, wanted) if wanted else NOTHING


def visible(source: QuerySet[M] | Manager[M] | type[M], viewer: Viewer, purpose: str = "read") -> QuerySet[M]:
    """The rows of ``source`` (a model, manager or query set) that ``viewer`` may see for ``purpose``.

    Purposes: ``read``, ``list``, ``board``, ``export``; rules may treat them alike. Raises as condition().
    """
    found: QuerySet[M] = source if isinstance(source, QuerySet) else _start(source)
    where = condition(found.model, viewer, purpose)
    if where == EVERYTHING:
        return found.all()
    if where == NOTHING:
        return found.none()
    return found.filter(where)


def _start(source: Manager[M] | type[M]) -> QuerySet[M]:
    if isinstance(source, type):
        return source._default_manager.all()
    return source.all()


def one(
    source: QuerySet[M] | Manager[M] | type[M], viewer: Viewer, purpose: str = "read", **lookup: Any
) -> M:
    """The one visible row, or NotThere: who may not see a row does not learn that it exists."""
    unwritable = any(
        "\0" in value if isinstance(value, str) else isinstance(value, int) and abs(value) >= 2**63
        for value in lookup.values()
    )  # no row can hold it, and a database would break over it
    row = None if unwritable else visible(source, viewer, purpose).filter(**lookup).first()
    if row is None:
        raise NotThere(
            "scope.not_there", _("There is no such record, or it lies outside your field. Check the number.")
        )
    return row


def by_key(
    model: type[M],
    viewer: Viewer,
    key: int,
    purpose: str = "read",
    *,
    lock: bool = False,
    related: tuple[str, ...] = (),
) -> M | None:
    """The visible row of that key with its ``related`` rows, or None; ``lock``: until the transaction ends.

    As ``visible(model, viewer, purpose).filter(pk=key)``, with the statement made once for each viewer; those who hold private links
    share one, into which their reports are put. For models whose rules look nothing up while they are asked.
    """
    held = sorted(viewer.reports)

    def make(pk: int, *reports: int) -> QuerySet[M]:
        asker = replace(alike, reports=frozenset(reports))
        found = visible(model, asker, purpose).filter(pk=pk)
        found = found.select_related(*related) if related else found
        return found.select_for_update() if lock else found

    # The actor of a link is its report, which would make every link another viewer.
    alike = replace(viewer, actor="", reports=frozenset()) if held else viewer
    shape = ("by_key", model, purpose, lock, related, alike, len(held))
    return statements.fetch_one(shape, make, key, *held)


def sees(row: Model, viewer: Viewer, purpose: str = "read") -> bool:
    """Whether ``viewer`` may see this saved row (one query)."""
    return visible(type(row), viewer, purpose).filter(pk=row.pk).exists()


def after(prefix: str) -> str:
    """The smallest code of this length behind everything below ``prefix``; empty when there is none.

    Codes are digits only, so text order is number order in any collation: ``"610109"`` → ``"610110"``.
    """
    if not prefix.isascii() or not prefix.isdigit():
        raise ValueError(f"a division code is digits: {prefix!r}")
    following = str(int(prefix) + 1).zfill(len(prefix))
    return following if len(following) == len(prefix) else ""


def below(field: str, prefixes: Iterable[str]) -> Q:
    """Rows whose ``field`` (division or grid code) lies in ``prefixes``: as ranges, so an index serves it."""
    short = sorted(set(prefixes))
    kept = [p for p in short if not any(p != other and p.startswith(other) for other in short)]
    if not kept:
        return NOTHING
    where = Q()
    for prefix in kept:
        bound = after(prefix)
        span = Q(**{f"{field}__gte": prefix})
        where |= span & Q(**{f"{field}__lt": bound}) if bound else span
    return where
