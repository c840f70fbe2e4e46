"""Addresses for the tests of the look: the gallery and the language switch."""

from django.urls import include, path

from tests.look import live

urlpatterns = [
    path("look/", include("gongbi.look.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("live", live.stream),
    path("live/page", live.page),
    path("live/piece", live.piece),
]
handler404 = "gongbi.look.pages.not_there"
handler500 = "gongbi.look.pages.broken"
