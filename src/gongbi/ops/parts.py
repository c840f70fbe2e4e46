"""Late binding: ops names parts of the house by dotted path, so that a command imports only what it needs."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any


def load(path: str) -> Any:
    """The object that ``"package.module:name"`` names. Raises ``ImportError`` when there is none."""
    module, _, name = path.partition(":")
    found = import_module(module)
    if not name:
        return found
    try:
        return getattr(found, name)
    except AttributeError as error:
        raise ImportError(f"{module} has no {name}") from error


def exists(module: str) -> bool:
    """Whether ``module`` can be imported, without importing it (its packages are)."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def optional(path: str) -> Any | None:
    """As :func:`load`, ``None`` when the module or the name does not exist; an error inside the module is raised."""
    module, _, name = path.partition(":")
    if not exists(module):
        return None
    return getattr(import_module(module), name, None) if name else import_module(module)
