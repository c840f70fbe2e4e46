"""Late binding: ops names parts of the house by dotted path, so that a command imports only what it needs."""

from importlib import import_module
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
