"""Answers to requests that no page can take: an address that is there, but not for this; more than a request may bring."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from gongbi.kernel.errors import Refused


class WrongMethod(Refused):
    """What the visitor did (``method``) is not what this address is for."""

    status = 405

    def __init__(self, method: str) -> None:
        words = _(
            "This address cannot be opened like this (%(method)s). Go back and use the page's own buttons and links."
        )
        super().__init__("http.method", words, values={"method": method[:20]})


class TooLarge(Refused):
    """More than one request may bring."""

    status = 413

    def __init__(self) -> None:
        words = _(
            "This is too much at once. Send at most twelve photos, and large files one by one; what you had typed is still in the form when "
            "you go back."
        )
        super().__init__("http.too_large", words)
