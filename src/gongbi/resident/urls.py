"""Addresses for residents, at the root of the site. What is behind ``<link>`` belongs to whoever holds it."""

from django.urls import path

from gongbi.resident.pages import alerts, ask, common, follow, front, opened, receipt

app_name = "resident"
urlpatterns = [
    path("", front.home, name="home"),
    path("ask", ask.ask, name="ask"),
    path("ask/look", ask.look, name="look"),
    path("ask/photo/<str:ticket>", common.kept_photo, name="kept_photo"),
    path("receipt/<slug:link>", receipt.receipt, name="receipt"),
    path("receipt/<slug:link>/print", receipt.receipt_print, name="receipt_print"),
    path("r/<slug:link>", follow.follow, name="follow"),
    path("r/<slug:link>/now", follow.now_part, name="now"),
    path("r/<slug:link>/why", follow.why, name="why"),
    path("r/<slug:link>/photo/<int:file_id>", follow.photo, name="photo"),
    path("r/<slug:link>/answer", follow.answer, name="answer"),
    path("r/<slug:link>/judge", follow.judge, name="judge"),
    path("r/<slug:link>/reopen", follow.reopen, name="reopen"),
    path("r/<slug:link>/tell", follow.tell, name="tell"),
    path("near", front.near, name="near"),
    path("near/points.json", front.points, name="points"),
    path("grids", front.grids, name="grids"),
    path("grid/<str:code>", front.grid, name="grid"),
    path("alerts", alerts.alerts, name="alerts"),
    path("alerts.atom", alerts.feed, name="alerts_feed"),
    path("alerts/<str:identifier>.xml", alerts.message, name="alert"),
    path("open", opened.listed, name="open"),
    path("open/<str:month>/<int:edition>.<slug:ending>", opened.file, name="open_file"),
    path("about", front.about, name="about"),
    path("map/outlines.json", common.outlines, name="outlines"),
    path("map/locate.json", common.locate, name="locate"),
]
