"""What changes who is told, what and how."""

from gongbi.channels.notices.actions.choosing import choose, choose_for_unit, choose_own
from gongbi.channels.notices.actions.claiming import claim, unclaim
from gongbi.channels.notices.actions.commanding import tell_commands
from gongbi.channels.notices.actions.telling import assign, release, tell
from gongbi.channels.notices.actions.templates import preview, save_template

__all__ = [
    "assign",
    "choose",
    "choose_for_unit",
    "choose_own",
    "claim",
    "preview",
    "release",
    "save_template",
    "tell",
    "tell_commands",
    "unclaim",
]
