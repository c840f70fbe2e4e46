"""Addresses of notices, below ``/desk/notices/``."""

from django.urls import path

from gongbi.desk.notices import pages

app_name = "notices"
urlpatterns = [
    path("", pages.notices, name="list"),
    path("again", pages.again, name="again"),
    path("mine", pages.mine, name="mine"),
    path("units", pages.units, name="units"),
    path("templates", pages.templates, name="templates"),
    path("templates/<slug:audience>/<str:name>/<slug:language>", pages.template, name="template"),
]
