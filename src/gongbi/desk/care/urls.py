"""Addresses of the care lists, below ``/desk/care/``."""

from django.urls import path

from gongbi.desk.care import pages, sheets

app_name = "care"
urlpatterns = [
    path("", pages.care, name="list"),
    path("new", pages.new, name="new"),
    path("sheet", sheets.sheet, name="sheet"),
    path("template.xlsx", sheets.template, name="template"),
    path("care.xlsx", sheets.export, name="export"),
    path("<int:key>", pages.one, name="one"),
    path("<int:key>/end", pages.end, name="end"),
    path("<int:key>/open/<slug:field>", pages.unseal, name="open"),
]
