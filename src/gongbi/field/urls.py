"""Addresses of the grid worker, below ``/field/``."""

from django.urls import path

from gongbi.field import pages

app_name = "field"
urlpatterns = [
    path("", pages.home, name="home"),
    path("report", pages.report, name="report"),
    path("duties", pages.duty_list, name="duties"),
    path("contacts", pages.contacts, name="contacts"),
]
