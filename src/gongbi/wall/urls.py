"""Addresses of the wall, below ``/wall/``. A screen's own lie below ``/wall/screen/``, and so does its cookie."""

from datetime import date

from django.urls import path, register_converter

from gongbi.wall import pages


class DayConverter:
    """``2026-03-10``."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)  # ValueError: no such address

    def to_url(self, value: date) -> str:
        return value.isoformat()


register_converter(DayConverter, "wall_day")

app_name = "wall"
urlpatterns = [
    path("", pages.wall, name="wall"),
    path("pass.json", pages.renew, name="pass"),
    path("now.json", pages.now, name="now"),
    path("day/<wall_day:day>.json", pages.day, name="day"),
    path("shapes/<wall_day:day>.json", pages.shapes, name="shapes"),
    path("screens/", pages.screens, name="screens"),
    path("screens/new", pages.screen_new, name="screen_new"),
    path("screens/<int:screen>/end", pages.screen_end, name="screen_end"),
    path("screen/", pages.screen, name="screen"),
    path("screen/pass.json", pages.screen_renew, name="screen_pass"),
    path("screen/now.json", pages.screen_now, name="screen_now"),
    path("screen/day/<wall_day:day>.json", pages.screen_day, name="screen_day"),
    path("screen/shapes/<wall_day:day>.json", pages.screen_shapes, name="screen_shapes"),
    path("screen/link/<str:secret>", pages.screen_link, name="screen_link"),
]
