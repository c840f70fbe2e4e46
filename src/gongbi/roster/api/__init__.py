"""Duty over HTTP."""

from gongbi.roster.api.duty import router

__all__ = ["router"]
