"""The answer to an address that is there, but not for this: a button's address opened as a page, a method that nobody uses."""

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
