"""Command over HTTP."""

from gongbi.command.api import orders, whistles  # noqa: F401 - their doors hang on the router
from gongbi.command.api.doors import router

__all__ = ["router"]
