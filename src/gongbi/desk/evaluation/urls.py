"""Addresses of evaluation, below ``/desk/evaluation/``."""

from django.urls import path

from gongbi.desk.evaluation import appeals, pages, ruling

app_name = "evaluation"
urlpatterns = [
    path("", pages.ranking, name="ranking"),
    path("compute", pages.compute, name="compute"),
    path("editions/<int:edition>/recompute", pages.recompute, name="recompute"),
    path("editions/<int:edition>/export", pages.export, name="export"),
    path("editions/<int:edition>/units/<int:unit>", pages.unit, name="unit"),
    path("editions/<int:edition>/units/<int:unit>/<slug:indicator>", pages.matters, name="matters"),
    path("editions/<int:edition>/units/<int:unit>/appeal/<int:case>", appeals.ask, name="ask"),
    path("appeals", appeals.appeals, name="appeals"),
    path("appeals/<str:number>", appeals.appeal, name="appeal"),
    path("appeals/<str:number>/do/<slug:step>", appeals.take, name="step"),
    path("rules", ruling.rules, name="rules"),
    path("rules/versions/<int:key>", ruling.draft, name="draft"),
    path("rules/versions/<int:key>/<slug:what>", ruling.decide, name="decide"),
    path("rules/<slug:kind>/<slug:code>", ruling.rule, name="rule"),
    path("rules/<slug:kind>/<slug:code>/change", ruling.change, name="change"),
]
