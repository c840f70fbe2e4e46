"""Addresses of the frame's pages, below ``/desk/channels/``."""

from __future__ import annotations

from django.urls import path

from gongbi.channels import pages

app_name = "channels"
urlpatterns = [
    path("", pages.health, name="health"),
    path("new", pages.new, name="new"),
    path("<slug:code>", pages.source, name="source"),
    path("<slug:code>/map", pages.map_code, name="map"),
]
