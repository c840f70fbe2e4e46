"""The root of all addresses: residents at ``/``, staff at ``/desk/``, grid workers at ``/field/``, programs at ``/api/``."""

from django.urls import URLPattern, URLResolver, include, path

from gongbi.kernel import scope
from gongbi.ops import pages
from gongbi.ops.parts import exists

scope.module("django.views.i18n", roles=scope.ANYONE, why="chooses the language of the reader's own pages")

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", pages.healthz, name="healthz"),
    path("metrics", pages.metrics_page, name="metrics"),
    path("i18n/", include("django.conf.urls.i18n")),
]
for prefix, module in (
    ("look/", "gongbi.look.urls"),
    ("", "gongbi.parties.urls"),
    ("desk/", "gongbi.desk.urls"),
    ("field/", "gongbi.field.urls"),
    ("api/", "gongbi.api.urls"),
    ("", "gongbi.resident.urls"),
):
    if exists(module):
        urlpatterns.append(path(prefix, include(module)))

handler400 = "gongbi.look.pages.bad_request"
handler403 = "gongbi.look.pages.forbidden"
handler404 = "gongbi.look.pages.not_there"
handler500 = "gongbi.look.pages.broken"
