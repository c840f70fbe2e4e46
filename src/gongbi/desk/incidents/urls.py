"""Addresses of the incident desk, below ``/desk/incidents/``."""

from django.urls import path

from gongbi.desk.incidents import pages, reading

app_name = "incidents"
urlpatterns = [
    path("", pages.incidents, name="list"),
    path("new", pages.new, name="new"),
    path("about/<str:number>", pages.open_about, name="about"),
    path("plans", reading.plans, name="plans"),
    path("plans/<slug:code>", reading.plan, name="plan"),
    path("stores", reading.stores, name="stores"),
    path("alerts", reading.alerts, name="alerts"),
    path("alerts/<str:identifier>.xml", reading.alert_file, name="alert_file"),
    path("<str:number>", pages.incident, name="incident"),
    path("<str:number>/do/<slug:step>", pages.take, name="step"),
    path("<str:number>/live/<slug:part>", pages.live, name="live"),
    path("<str:number>/person/<int:person>/<slug:field>", pages.unseal, name="open"),
    path("<str:number>/place", pages.place, name="place"),
    path("<str:number>/review", reading.review, name="review"),
    path("<str:number>/review.docx", reading.word, name="word"),
    path("<str:number>/review.pdf", reading.pdf, name="pdf"),
]
