"""Addresses of the operator's seat, below ``/desk/seat/``."""

from django.urls import path

from gongbi.desk.seat import pages

app_name = "seat"
urlpatterns = [
    path("knowledge", pages.knowledge, name="knowledge"),
    path("knowledge/new", pages.new, name="new"),
    path("knowledge/propose", pages.propose, name="propose"),
    path("knowledge/use/<int:version>", pages.use, name="use"),
    path("knowledge/<int:key>", pages.article, name="article"),
    path("calls", pages.calls, name="calls"),
]
