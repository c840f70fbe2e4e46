"""Structured logs on stderr: JSON in production, key=value on a console. Never personal data."""

import logging
import sys
import traceback
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from gongbi.kernel.vault import redaction

FRAMES = 12  # of a traceback, the last ones
# What Django and servers attach to records and what could name a person or hold a secret link.
_NEVER = frozenset({"request", "args", "color_message", "server_time", "sql", "params"})


def _drop_raw_objects(_logger: Any, _name: str, event: EventDict) -> EventDict:
    for name in _NEVER.intersection(event):
        del event[name]
    return event


def _last_frames(_logger: Any, _name: str, event: EventDict) -> EventDict:
    """A traceback's last frames: where it broke, not the forty template nodes above it."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = "".join(traceback.format_exception(error, limit=-FRAMES))
    return event


def _common() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def formatter(style: str) -> logging.Formatter:
    """The formatter of every log line. ``style``: ``json`` or ``console``. Also points structlog at the standard logging."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_common(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    last: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if style == "json"
        else structlog.processors.KeyValueRenderer(
            key_order=["timestamp", "level", "event"], drop_missing=True
        )
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_common(), structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _last_frames,
            _drop_raw_objects,
            redaction.processor,
            last,
        ],
    )
