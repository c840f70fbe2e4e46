"""Whose house this is: the district's name for the header of every page."""

from __future__ import annotations

from django.conf import settings

from gongbi.kernel.clock.limits import Words


def district_words() -> Words:
    """The name of the district: ``settings.DISTRICT_NAME`` (zh, en)."""
    named: Words = getattr(settings, "DISTRICT_NAME", ("", ""))
    return named
