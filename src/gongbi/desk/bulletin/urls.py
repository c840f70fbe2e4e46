"""Addresses of bulletins, below ``/desk/bulletins/``."""

from django.urls import path

from gongbi.desk.bulletin import opened, pages

app_name = "bulletins"
urlpatterns = [
    path("", pages.bulletins, name="list"),
    path("new", pages.new, name="new"),
    path("settings", opened.settings, name="settings"),
    path("open", opened.releases, name="open"),
    path("open/prepare", opened.prepare, name="open_prepare"),
    path("open/<int:key>", opened.release, name="open_one"),
    path("open/<int:key>/do/<slug:step>", opened.take, name="open_step"),
    path("<str:number>", pages.bulletin, name="bulletin"),
    path("<str:number>/do/<slug:step>", pages.take, name="step"),
    path("<str:number>/correct", pages.correct, name="correct"),
    path("<str:number>/recompute", pages.recompute, name="recompute"),
    path("<str:number>/file.<slug:ending>", pages.file, name="file"),
]
