"""The receipt: number, private link and its code to scan, on the screen and on paper."""

from __future__ import annotations

from typing import Any

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from gongbi.kernel import scope, turnstile
from gongbi.resident import sentences
from gongbi.resident.pages.common import private
from gongbi.resident.pages.follow import given_facts, mine, synthetic


@require_safe
@scope.endpoint("resident.receipt", roles=scope.ANYONE)
@turnstile.guessing
def receipt(request: HttpRequest, link: str) -> HttpResponse:
    """Number, code of the private link, what happens next and until when."""
    return private(render(request, "resident/receipt.html", receipt_context(request, link)))


@require_safe
@scope.endpoint("resident.receipt_print", roles=scope.ANYONE)
@turnstile.guessing
def receipt_print(request: HttpRequest, link: str) -> HttpResponse:
    """The receipt on paper."""
    context = receipt_context(request, link) | {"back_href": reverse("resident:receipt", args=[link])}
    return private(render(request, "resident/receipt_print.html", context))


def qr_of(address: str) -> SafeString:
    """The address as a drawing: dark on white in every theme, or a camera would not read it."""
    drawn: str = segno.make(address, error="m", micro=False).svg_inline(
        scale=4, border=3, dark="#1d2126", light="#ffffff", omitsize=True
    )
    return mark_safe(drawn)  # noqa: S308 - drawn by us; the address is only modules in it


def receipt_context(request: HttpRequest, link: str) -> dict[str, Any]:
    """What the receipt shows, on the screen and on paper."""
    me = mine(link, timezone.now())
    address = request.build_absolute_uri(reverse("resident:follow", args=[link]))
    return {
        "me": me,
        "now": me.now,
        "number": me.report.number,
        "address": address,
        "qr": qr_of(address),
        "qr_words": ("扫码查看进展", "Scan to follow"),
        "printed_at": me.now,
        "synthetic_data": synthetic(me),
        "together": sentences.together(me.case.report_count - 1),
        "given": given_facts(me),
    }
