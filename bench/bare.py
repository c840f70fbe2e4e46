"""The floor of a report over HTTP: Django, ninja and granian as the product uses them, one endpoint, one INSERT, nothing else.

No middleware, no sign-in, no rule: a body is checked by a schema of the same size, stored as one row in a transaction of its own
under the same ``synchronous_commit``, and its key is answered. :mod:`bench.bare_serve` serves it.
"""

from __future__ import annotations

import os
from typing import Any

import dj_database_url
import django
from django.conf import settings

if not settings.configured:
    settings.configure(
        DATABASES={
            "default": dj_database_url.parse(os.environ["DATABASE_URL"], conn_max_age=None)
            | {"CONN_HEALTH_CHECKS": True}
        },
        ROOT_URLCONF="bench.bare",
        MIDDLEWARE=[],
        INSTALLED_APPS=[],
        ALLOWED_HOSTS=["*"],
        USE_TZ=True,
        SECRET_KEY="bench",
        LOGGING_CONFIG=None,
        NINJA_SKIP_REGISTRY=True,
    )
    django.setup()

from django.core.handlers.wsgi import WSGIHandler
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from ninja import NinjaAPI, Schema


class Note(models.Model):
    """What somebody said."""

    text = models.TextField()
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    at = models.DateTimeField()

    class Meta:
        app_label = "bench"
        db_table = "bench_note"


class NoteIn(Schema):
    text: str
    lon: float | None = None
    lat: float | None = None


class NoteOut(Schema):
    id: int


api = NinjaAPI(urls_namespace="bench", docs_url=None, openapi_url=None)


@api.post("/notes", response={201: NoteOut})
def note(request: HttpRequest, body: NoteIn) -> tuple[int, dict[str, Any]]:
    """Store it."""
    row = Note.objects.create(text=body.text, lon=body.lon, lat=body.lat, at=timezone.now())
    return 201, {"id": row.pk}


def healthz(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns = [path("healthz", healthz), path("api/", api.urls)]
application = WSGIHandler()
