"""The resident's pages with the look and the signing-in that they lean on, and none of the rooms beside them."""

from django.urls import include, path

urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("look/", include("gongbi.look.urls")),
    path("", include("gongbi.parties.urls")),
    path("", include("gongbi.resident.urls")),
]
handler404 = "gongbi.look.pages.not_there"
