"""What changes the register, takes readings in, works them through. Each function is one transaction or a few short ones.

Locks: the lane's row first, then events, then alarms; a reading's receipt locks nothing.
"""

from gongbi.channels.devices.actions.register import end_silence, keep, retire, silence
from gongbi.channels.devices.actions.taking import Taken, take
from gongbi.channels.devices.actions.upkeep import purge

__all__ = ["Taken", "end_silence", "keep", "purge", "retire", "silence", "take"]
