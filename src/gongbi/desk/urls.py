"""Addresses of the desk, below ``/desk/``; the board keeps a namespace of its own."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from gongbi.desk.pages import common, intake, ledger, matter, places, queue, reference, rules
from gongbi.desk.people import access, people, posts, units

desk: list[URLPattern | URLResolver] = [
    path("", queue.home, name="home"),
    path("queue/<slug:tab>", queue.queue, name="queue"),
    path("views", queue.views, name="views"),
    path("case/<str:number>", matter.case, name="case"),
    path("case/<str:number>/clocks", matter.clocks, name="case_clocks"),
    path("case/<str:number>/news", matter.news, name="case_news"),
    path("case/<str:number>/place.json", matter.place, name="case_place"),
    path("case/<str:number>/pin", matter.pin, name="pin"),
    path("case/<str:number>/print", matter.paper, name="case_print"),
    path("case/<str:number>/report/<int:report>/<slug:field>", matter.unseal, name="unseal"),
    path("case/<str:number>/do/<slug:step>", matter.take, name="step"),
    path("key/<int:key>", matter.by_key, name="case_key"),
    path("kinds", matter.kinds, name="kinds"),
    path("standards", matter.standards, name="standards"),
    path("picture/<str:token>", common.picture, name="picture"),
    path("intake", intake.intake, name="intake"),
    path("intake/look", intake.look, name="intake_look"),
    path("intake/earlier", intake.earlier, name="intake_earlier"),
    path("intake/receipt/<str:number>", intake.receipt, name="intake_receipt"),
    path("intake/receipt/<str:number>/print", intake.receipt_print, name="intake_print"),
    path("map", places.district, name="map"),
    path("map/points.json", places.points, name="points"),
    path("search", places.search, name="search"),
    path("ledger", ledger.ledger, name="ledger"),
    path("access", ledger.access, name="access"),
    path("lists", reference.lists, name="reference"),
    path("lists/<slug:name>", reference.upload, name="list"),
    path("lists/<slug:name>/template.xlsx", reference.template, name="template"),
    path("calendar", reference.calendar, name="calendar"),
    path("settings", reference.settings, name="settings"),
    path("letters", reference.letters, name="letters"),
    path("people", people.people, name="people"),
    path("people/new", people.new, name="person_new"),
    path("people/<int:person>", people.person, name="person"),
    path("people/<int:person>/open/<slug:field>", people.unseal, name="person_open"),
    path("people/<int:person>/appoint", people.appoint, name="appoint"),
    path("people/<int:person>/login", access.login, name="login_new"),
    path("posts", posts.posts, name="posts"),
    path("posts/<int:post>", posts.post, name="post"),
    path("posts/<int:post>/end", posts.end, name="post_end"),
    path("handovers/<int:handover_id>", posts.handed, name="handover"),
    path("units", units.units, name="units"),
    path("units/new", units.new, name="unit_new"),
    path("units/<int:unit>", units.unit, name="unit"),
    path("accounts", access.accounts, name="accounts"),
    path("accounts/<int:account>/password", access.password, name="account_password"),
    path("accounts/<int:account>/close", access.close, name="account_close"),
    path("accounts/<int:account>/open", access.reopen, name="account_open"),
    path("keys", access.keys, name="keys"),
    path("keys/new", access.key_new, name="key_new"),
    path("keys/<int:key>/withdraw", access.withdraw, name="key_withdraw"),
    path("rules", rules.rules, name="rules"),
    path("rules/<int:draft>", rules.draft, name="draft"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("board/", include("gongbi.desk.board.urls")),
    path("", include((desk, "desk"))),
]
