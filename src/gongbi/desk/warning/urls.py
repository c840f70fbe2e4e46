"""Addresses of the warning desk, below ``/desk/warnings/``."""

from django.urls import path

from gongbi.desk.warning import pages, upkeep

app_name = "warnings"
urlpatterns = [
    path("", pages.warnings, name="list"),
    path("now", pages.look_now, name="now"),
    path("looks", upkeep.runs, name="runs"),
    path("settings", upkeep.settings, name="settings"),
    path("<str:number>", pages.warning, name="warning"),
    path("<str:number>/do/<slug:step>", pages.take, name="step"),
    path("<str:number>/outlines.json", pages.outlines, name="outlines"),
    path("<str:number>/points.json", pages.points, name="points"),
]
