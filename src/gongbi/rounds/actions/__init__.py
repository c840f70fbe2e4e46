"""Everything that changes rounds."""

from gongbi.rounds.actions.caring import Line, add_care, change_care, end_care, look_at_care
from gongbi.rounds.actions.photos import PhotoFacts, begin_photo, photos_ready, put_piece
from gongbi.rounds.actions.shifts import end_shift_of, follow, start_shift, stop_shift
from gongbi.rounds.actions.tasking import (
    Asked,
    accept,
    ask,
    decline,
    hand_over,
    offer_waiting,
    pass_on,
    report_back,
    withdraw,
)
from gongbi.rounds.actions.upkeep import end_forgotten, sweep_photos
from gongbi.rounds.actions.writing import Written, record

__all__ = [
    "Asked",
    "Line",
    "PhotoFacts",
    "Written",
    "accept",
    "add_care",
    "ask",
    "begin_photo",
    "change_care",
    "decline",
    "end_care",
    "end_forgotten",
    "end_shift_of",
    "follow",
    "hand_over",
    "look_at_care",
    "offer_waiting",
    "pass_on",
    "photos_ready",
    "put_piece",
    "record",
    "report_back",
    "start_shift",
    "stop_shift",
    "sweep_photos",
    "withdraw",
]
