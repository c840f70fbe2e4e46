"""What a refused step says: which rule refused it, in words for a person, in the reader's language."""

from typing import Any


class Refused(Exception):
    """A rule said no. ``message`` is a (lazily translated) sentence: what is wrong, where, what to do.

    ``code`` is stable for programs; ``article`` names the law, standard or duty item that refuses;
    ``field`` names the input it belongs to; ``status`` is the HTTP status that faces answer with.
    """

    status = 422

    def __init__(self, code: str, message: Any, *, article: str = "", field: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.article = article
        self.field = field

    def __str__(self) -> str:
        return f"{self.message}" + (f" ({self.article})" if self.article else "")


class Forbidden(Refused):
    """The viewer may not do or see this."""

    status = 403


class NotThere(Refused):
    """There is no such thing, or the viewer may not know of it."""

    status = 404


class Stale(Refused):
    """Somebody else changed it first: the page showed an old version."""

    status = 409
