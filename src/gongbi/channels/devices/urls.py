"""Addresses of this room: pages below ``/desk/devices/``, SensorThings below ``/sensorthings/v1.1``."""

from __future__ import annotations

from django.urls import path, re_path

from gongbi.channels.devices import api_sta, pages

desk = (
    [
        path("", pages.devices, name="list"),
        path("events", pages.events, name="events"),
        path("intake", pages.intake, name="intake"),
        path("silences/<int:key>/end", pages.end_silence, name="silence_end"),
        path("<str:number>", pages.device, name="device"),
        path("<str:number>/silence", pages.silence, name="silence"),
        path("<str:number>/retire", pages.retire, name="retire"),
        path("<str:number>/contact", pages.contact, name="contact"),
    ],
    "devices",
)
sensorthings = [
    re_path(r"^sensorthings/v1\.1(?:/(?P<path>.*))?$", api_sta.service, name="sensorthings"),
]
