"""The HTTP interface at /api/."""

from django.urls import path

from gongbi.api.assembly import api

urlpatterns = [path("", api.urls)]
