"""Telephone and identity numbers taken out of logs, events and search words: the last net under everything else.

``redact(text)`` for a text, ``redact_data(data)`` for JSON, ``Filter`` for the standard logging, ``processor`` for structlog,
and ``LOGGING`` a ready dictionary for ``logging.config``.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, MutableMapping
from typing import Any

_GAP = r"[ \-‐–—]?"
_MOBILE = rf"(?:(?:[+＋]|00)?(?:86|８６){_GAP})?[1１][3-9３-９]\d{_GAP}\d{{4}}{_GAP}\d{{4}}"
_LANDLINE = rf"[0０]\d{{2,3}}{_GAP}[2-9２-９]\d{{6,7}}"
_BIRTHDAY = r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_IDENTITY = rf"[1-9]\d{{5}}{_BIRTHDAY}\d{{3}}[\dXx]"
# \d knows full-width digits too; a longer run of digits is a code of ours, not a telephone.
_FOUND = re.compile(
    rf"(?<![\dA-Za-z.])(?:(?P<id>{_IDENTITY})|(?P<phone>{_MOBILE}|{_LANDLINE}))(?!\d|[A-Za-z])"
)
_SHORTEST = 9


def redact(text: str) -> str:
    """``text`` without telephone and identity numbers: ``[phone]`` and ``[id]`` stand in their place."""
    if len(text) < _SHORTEST:
        return text
    return _FOUND.sub(lambda found: "[id]" if found["id"] else "[phone]", text)


def redact_data(data: Any) -> Any:
    """The same through every text of a JSON value; keys, numbers and the shape stay."""
    if isinstance(data, str):
        return redact(data)
    if isinstance(data, Mapping):
        return {key: redact_data(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [redact_data(value) for value in data]
    return data


def processor(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The structlog processor; put it after the traceback was formatted and before the renderer."""
    for key, value in event.items():
        event[key] = redact_data(value) if isinstance(value, (str, Mapping, list, tuple)) else value
    return event


class Filter(logging.Filter):
    """For the standard logging: the message with its arguments, the traceback, and every text given as ``extra``."""

    _formatter = logging.Formatter()

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = self._formatter.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        for key, value in record.__dict__.items():
            if key not in ("msg", "exc_text") and isinstance(value, str):
                record.__dict__[key] = redact(value)
        return True


LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redact": {"()": "gongbi.kernel.vault.redaction.Filter"}},
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "filters": ["redact"], "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
}
