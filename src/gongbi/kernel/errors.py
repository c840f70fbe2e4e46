"""What a refused step says: which rule refused it, in words for a person, in the reader's language."""

from collections.abc import Mapping
from typing import Any


def in_language(words: Any) -> str:
    """A (Chinese, English) pair, or a lazily translated string, in the reader's language.

    Pairs serve pure modules that know no framework; the active language is looked up only here.
    """
    if isinstance(words, tuple):
        from django.utils.translation import get_language

        return str(words[1] if (get_language() or "").startswith("en") else words[0])
    return str(words)


def in_full(words: Any, values: Mapping[str, Any]) -> str:
    """``words`` in the reader's language with their ``%(name)s`` places filled; a value may be words itself."""
    text = in_language(words)
    return text % {key: in_language(value) for key, value in values.items()} if values else text


class Refused(Exception):
    """A rule said no. ``message`` is a sentence: what is wrong, where, what to do.

    ``words`` is a (zh, en) pair or a lazily translated string, ``values`` fills its ``%(name)s`` places; ``code`` is stable for
    programs; ``article`` names the law, standard or duty item that refuses; ``field`` names the input it belongs to; ``status`` is
    the HTTP status that faces answer with.
    """

    status = 422

    def __init__(
        self,
        code: str,
        words: Any,
        *,
        article: str = "",
        field: str = "",
        values: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.words = words
        self.values = dict(values or {})
        self.article = article
        self.field = field

    @property
    def message(self) -> str:
        """The sentence in the reader's language."""
        return in_full(self.words, self.values)

    def __str__(self) -> str:
        return self.message + (
            in_language((f"（{self.article}）", f" ({self.article})")) if self.article else ""
        )


class Forbidden(Refused):
    """The viewer may not do or see this."""

    status = 403


class NotThere(Refused):
    """There is no such thing, or the viewer may not know of it."""

    status = 404


class Stale(Refused):
    """Somebody else changed it first: the page showed an old version."""

    status = 409


class TooMany(Refused):
    """Too often in a short time; ``after`` says in how many seconds it would pass (the header Retry-After)."""

    status = 429

    def __init__(self, code: str, words: Any, *, after: int, values: Mapping[str, Any] | None = None) -> None:
        super().__init__(code, words, values=values)
        self.after = after
