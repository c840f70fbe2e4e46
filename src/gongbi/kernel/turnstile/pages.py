"""The turnstile before doors that open to whoever holds a secret."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.http import HttpRequest
from django.utils import timezone

from gongbi.kernel.errors import NotThere
from gongbi.kernel.turnstile.counting import count, keys_of

V = TypeVar("V", bound=Callable[..., Any])


def guessing(view: V) -> V:
    """For doors that open to whoever holds a secret: who tries too many that are not there waits before the next one."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        keys = keys_of(request, "miss", "")
        if not keys:
            return view(request, *args, **kwargs)
        count(keys, at=timezone.now(), n=0)
        try:
            return view(request, *args, **kwargs)
        except NotThere:
            count(keys, at=timezone.now(), force=True)
            raise

    return cast("V", guarded)
