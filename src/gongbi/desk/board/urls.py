"""Addresses of the board, below ``/desk/board/``."""

from django.urls import path

from gongbi.desk.board import pages

app_name = "board"
urlpatterns = [
    path("", pages.board, name="board"),
    path("rows", pages.rows, name="board_rows"),
    path("export", pages.export, name="board_export"),
]
