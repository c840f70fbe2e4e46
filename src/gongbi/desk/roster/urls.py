"""Addresses of duty at the desk, below ``/desk/duty/``."""

from django.urls import path

from gongbi.desk.roster import away, feeds, keeping, pages, rosters, turning

app_name = "duty"
urlpatterns = [
    path("", pages.now, name="now"),
    path("week", pages.week, name="week"),
    path("rosters", rosters.rosters, name="rosters"),
    path("rosters/<slug:code>", rosters.roster, name="roster"),
    path("rosters/<slug:code>/fill", rosters.fill, name="fill"),
    path("rosters/<slug:code>/add", rosters.add, name="add"),
    path("rosters/<slug:code>/turns.xlsx", rosters.download, name="download"),
    path("rosters/<slug:code>/upload", rosters.upload, name="upload"),
    path("turns/<int:turn>", turning.turn, name="turn"),
    path("turns/<int:turn>/phone", turning.phone, name="phone"),
    path("turns/<int:turn>/do/<slug:step>", turning.take, name="turn_step"),
    path("notes/<int:note>/take", turning.take_note, name="take_note"),
    path("swaps", turning.swaps, name="swaps"),
    path("swaps/<str:number>", turning.swap, name="swap"),
    path("swaps/<str:number>/do/<slug:step>", turning.take_swap, name="swap_step"),
    path("away", away.away, name="away"),
    path("away/<int:absence>/end", away.end, name="away_end"),
    path("settings", keeping.settings_page, name="settings"),
    path("feeds", feeds.feeds, name="feeds"),
    path("feeds/<int:feed>/withdraw", feeds.withdraw, name="feed_withdraw"),
    path("feed/<str:key>.ics", feeds.calendar, name="feed"),
]
