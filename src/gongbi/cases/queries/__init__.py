"""What pages, the API and reports ask about cases. Every question takes the viewer and goes through scope."""

from gongbi.cases.queries.lists import QueueFilter, case_list, counts, map_window, queue
from gongbi.cases.queries.past import past_matters
from gongbi.cases.queries.published import Published, Wanted, published
from gongbi.cases.queries.reading import (
    case_by_number,
    case_for,
    cases_of_reports,
    earlier_of,
    kinds_of,
    near,
    open_among,
    questions_open,
    report_by_link,
    report_by_number,
    requests_decided,
    suspended_until,
    timeline,
)
from gongbi.cases.queries.settings import number, setting
from gongbi.cases.queries.triage import look_ups, special_reply, twins_of

__all__ = [
    "Published",
    "QueueFilter",
    "Wanted",
    "case_by_number",
    "case_for",
    "case_list",
    "cases_of_reports",
    "counts",
    "earlier_of",
    "kinds_of",
    "look_ups",
    "map_window",
    "near",
    "number",
    "open_among",
    "past_matters",
    "published",
    "questions_open",
    "queue",
    "report_by_link",
    "report_by_number",
    "requests_decided",
    "setting",
    "special_reply",
    "suspended_until",
    "timeline",
    "twins_of",
]
