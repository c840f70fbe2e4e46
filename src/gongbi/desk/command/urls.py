"""Addresses of the command desk, below ``/desk/command/``."""

from django.urls import path

from gongbi.desk.command import giving, pages, papers

app_name = "command"
urlpatterns = [
    path("", pages.orders, name="list"),
    path("orders/<str:number>", pages.order, name="order"),
    path("orders/<str:number>/do/<slug:step>", pages.take, name="step"),
    path("orders/<str:number>/notice.<str:ending>", papers.notice, name="notice"),
    path("whistles", papers.whistles, name="whistles"),
    path("whistles/<str:number>", pages.whistle, name="whistle"),
    path("whistles/<str:number>/do/<slug:step>", pages.take_whistle, name="whistle_step"),
    path("give/<slug:sort>", giving.give, name="give"),
    path("whistle/<slug:sort>", giving.sound, name="sound"),
    path("about/<str:number>", giving.about, name="about"),
    path("notices", papers.notices, name="notices"),
    path("rules", papers.rules_page, name="rules"),
    path("scores", papers.scores, name="scores"),
]
