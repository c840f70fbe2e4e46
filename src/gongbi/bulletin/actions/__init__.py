"""The use cases of bulletins and open data."""

from gongbi.bulletin.actions.drafting import correct, draft, nightly
from gongbi.bulletin.actions.releasing import drop_release, prepare, publish_release
from gongbi.bulletin.actions.steps import check, drop, edit, issue, refresh, send_back
from gongbi.bulletin.actions.upkeep import change_settings

__all__ = [
    "change_settings",
    "check",
    "correct",
    "draft",
    "drop",
    "drop_release",
    "edit",
    "issue",
    "nightly",
    "prepare",
    "publish_release",
    "refresh",
    "send_back",
]
