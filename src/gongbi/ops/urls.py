"""The root of all addresses: residents at ``/``, staff at ``/desk/``, grid workers at ``/field/``, programs at ``/api/``."""

from django.urls import URLPattern, URLResolver, include, path

from gongbi.ops import pages
from gongbi.ops.parts import exists

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", pages.healthz, name="healthz"),
    path("metrics", pages.metrics_page, name="metrics"),
    path("i18n/", include("django.conf.urls.i18n")),
]
for prefix, module in (
    ("", "gongbi.look.urls"),
    ("", "gongbi.parties.urls"),
    ("desk/", "gongbi.desk.urls"),
    ("field/", "gongbi.field.urls"),
    ("api/", "gongbi.api.urls"),
    ("", "gongbi.resident.urls"),
):
    if exists(module):
        urlpatterns.append(path(prefix, include(module)))
