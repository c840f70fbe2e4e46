"""Addresses of the grid worker, below ``/field/``: the app, and plain pages for browsers without scripts."""

from django.urls import path

from gongbi.field import app, asking, pages, team

app_name = "field"
urlpatterns = [
    path("", app.shell, name="app"),
    path("sw.js", app.worker, name="worker"),
    path("app.webmanifest", app.manifest, name="manifest"),
    path("plain", pages.home, name="home"),
    path("report", pages.report, name="report"),
    path("duties", pages.duty_list, name="duties"),
    path("contacts", pages.contacts, name="contacts"),
    path("team", team.team, name="team"),
    path("team/<int:pk>", team.shift, name="shift"),
    path("minutes", team.typing, name="minutes"),
    path("tasks", asking.tasks, name="tasks"),
    path("tasks/<int:pk>/withdraw", asking.withdraw, name="withdraw"),
    path("team/<int:pk>/sign-out", team.sign_out, name="sign_out"),
    path("about/<str:number>", asking.about, name="about"),
    path("look/<str:number>", asking.look, name="look"),
    path("ledger/<str:name>", team.ledger, name="ledger"),
]
