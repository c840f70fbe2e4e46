"""Who may enter which door. Every view and API operation is declared; the whole matrix can be tested.

    @router.get("/cases/{number}")            @scope.endpoint("desk.queue", roles={DISPATCHER, CLERK})
    @scope.endpoint("api.case", roles=...)    def queue(request): ...
    def case(request, number: str): ...

The innermost decorator is ours, so that everything above it sees a function that already refuses.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.translation import gettext_lazy as _

from gongbi.kernel.errors import Forbidden
from gongbi.kernel.scope.viewer import PUBLIC, RESIDENT, STAFF_ROLES, SYSTEM

V = TypeVar("V", bound=Callable[..., Any])

ANYONE = frozenset({"", RESIDENT, *STAFF_ROLES})  # the empty role is a visitor
STAFF = frozenset(STAFF_ROLES)
MATRIX_ROLES = ("", RESIDENT, *STAFF_ROLES)
_MARK = "_gongbi_endpoint"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One declared door: its name, the roles that may pass, and where it is written."""

    name: str
    roles: frozenset[str]
    where: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of the matrix: may ``role`` (empty: visitor) call ``method`` on ``url``?"""

    url: str
    method: str
    endpoint: str
    role: str
    allowed: bool


_endpoints: dict[str, Endpoint] = {}
_modules: dict[str, Endpoint] = {}


def endpoint(name: str, *, roles: Iterable[str]) -> Callable[[V], V]:
    """Declare and guard a view function, a class-based view or a ninja operation; Forbidden for other roles.

    The viewer is ``request.viewer`` (parties.middleware); a visitor without one counts as role ``""``.
    """
    allowed = frozenset(roles)
    unknown = allowed - {*MATRIX_ROLES, SYSTEM}
    if unknown:
        raise ValueError(f"endpoint {name}: unknown roles {sorted(unknown)}")

    def declare(view: V) -> V:
        entry = Endpoint(name, allowed, f"{view.__module__}.{view.__qualname__}")
        if _endpoints.get(name, entry).where != entry.where:
            raise ValueError(f"endpoint {name} is declared twice: {_endpoints[name].where} and {entry.where}")
        _endpoints[name] = entry
        if inspect.isclass(view):
            _guard_class(entry, view)
            return view
        return cast("V", _guard(entry, view))

    return declare


def _guard(entry: Endpoint, view: Callable[..., Any]) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(view):
        raise TypeError(f"endpoint {entry.name}: asynchronous views are guarded where they are served")

    @functools.wraps(view)
    def guarded(request: Any, *args: Any, **kwargs: Any) -> Any:
        _enter(entry, request)
        return view(request, *args, **kwargs)

    # Ninja resolves text annotations in the wrapper's module, so they are resolved here, in the view's own.
    guarded.__signature__ = _signature(view)  # type: ignore[attr-defined]
    setattr(guarded, _MARK, entry)
    return guarded


def _guard_class(entry: Endpoint, view: Any) -> None:
    inner = view.dispatch

    @functools.wraps(inner)
    def dispatch(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        _enter(entry, request)
        return inner(self, request, *args, **kwargs)

    view.dispatch = dispatch
    setattr(view, _MARK, entry)


def _signature(view: Callable[..., Any]) -> inspect.Signature:
    try:
        return inspect.signature(view, eval_str=True)
    except (NameError, ValueError, TypeError):
        return inspect.signature(view)


def _enter(entry: Endpoint, request: Any) -> None:
    viewer = getattr(request, "viewer", PUBLIC)
    if viewer.role in entry.roles:
        return
    if viewer.role:
        raise Forbidden(
            "scope.role", _("This page belongs to another role. Switch to a post that has it, or go back.")
        )
    if viewer.account_id is not None:
        raise Forbidden("scope.no_post", _("You are signed in, but act in no post. Choose a post first."))
    raise Forbidden("scope.sign_in", _("Sign in first; you come back to this page afterwards."))


def module(prefix: str, *, roles: Iterable[str], why: str) -> None:
    """Declare the views of a library that guards itself (sign-in pages, static files), with the reason."""
    _modules[prefix] = Endpoint(f"module:{prefix}", frozenset(roles), prefix, why)


def all_endpoints() -> list[Endpoint]:
    return [_endpoints[name] for name in sorted(_endpoints)]


def doors(resolver: URLResolver | None = None) -> Iterator[tuple[str, str, Endpoint | None]]:
    """Every URL of the product with its method (``*``: any) and its declaration, None where there is none."""
    told: set[tuple[str, str]] = set()  # ninja lists a path once for each of its methods
    for url, pattern in _walk(resolver or get_resolver(), ""):
        for method, view in _ninja_operations(pattern.callback) or [("*", pattern.callback)]:
            if (url, method) not in told:
                told.add((url, method))
                yield url, method, _declared(view)


def undeclared(resolver: URLResolver | None = None) -> list[str]:
    """URLs without a declared rule; the suite fails unless this is empty."""
    return sorted(f"{method} {url}" for url, method, entry in doors(resolver) if entry is None)


def matrix(resolver: URLResolver | None = None) -> list[Cell]:
    """Every URL × method × role with the declared answer, sorted."""
    cells = [
        Cell(url, method, entry.name, role, role in entry.roles)
        for url, method, entry in doors(resolver)
        if entry is not None
        for role in MATRIX_ROLES
    ]
    return sorted(cells, key=lambda cell: (cell.url, cell.method, cell.role))


def _walk(resolver: URLResolver, before: str) -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern, path)
        else:
            yield path, pattern


def _declared(view: Any) -> Endpoint | None:
    """The mark on the view, on its class, or on something it wraps; then its module's declaration."""
    seen: Any = view
    homes: list[str] = []
    while seen is not None:
        homes.append(f"{getattr(seen, '__module__', '')}.")
        entry = getattr(seen, _MARK, None) or getattr(getattr(seen, "view_class", None), _MARK, None)
        if entry is not None:
            return cast("Endpoint", entry)
        seen = getattr(seen, "func", None) or getattr(seen, "__wrapped__", None)
    found = [prefix for prefix in _modules for home in homes if home.startswith(f"{prefix}.")]
    return _modules[max(found, key=len)] if found else None


def _ninja_operations(view: Any) -> list[tuple[str, Any]] | None:
    """``(method, function)`` of a ninja path view, which hides behind a closure (perhaps wrapped); None for any other view."""
    while view is not None:
        for cell in getattr(view, "__closure__", None) or ():
            held = cell.cell_contents
            operations = getattr(held, "operations", None)
            if operations is not None and hasattr(held, "get_view"):
                return [(method, op.view_func) for op in operations for method in op.methods]
        view = getattr(view, "__wrapped__", None)
    return None
