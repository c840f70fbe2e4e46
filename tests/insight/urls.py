"""The board's addresses alone."""

from django.urls import include, path

urlpatterns = [
    path("desk/board/", include("gongbi.desk.board.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
]
