"""Addresses of this room: pages below ``/desk/hotline/``, the signed interface below ``/exchange/hotline/``."""

from __future__ import annotations

from django.urls import path

from gongbi.channels.hotline import api, pages, pages_reports

desk = (
    [
        path("", pages.orders, name="orders"),
        path("terms", pages.terms, name="terms"),
        path("files", pages_reports.files, name="files"),
        path("files/<slug:name>.xlsx", pages_reports.template, name="template"),
        path("answers.xlsx", pages_reports.answers, name="answers"),
        path("reconciliation", pages_reports.reports, name="reports"),
        path("reconciliation/now/<slug:code>", pages_reports.now, name="now"),
        path("reconciliation/<int:key>", pages_reports.report, name="report"),
        path("reconciliation/<int:key>.xlsx", pages_reports.export, name="export"),
        path("reconciliation/mend/<int:key>", pages_reports.mend, name="mend"),
        path("order/<int:key>", pages.order, name="order"),
        path("order/<int:key>/return", pages.give_back, name="give_back"),
    ],
    "hotline",
)
exchange = (
    [
        path("<slug:code>/messages", api.exchange, name="messages"),
        path("<slug:code>/orders", api.orders, name="orders"),
    ],
    "hotline_exchange",
)
