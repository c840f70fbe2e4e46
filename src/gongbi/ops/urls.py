"""The root of all addresses: residents at ``/``, staff at ``/desk/``, the wall at ``/wall/``, grid workers at ``/field/``, programs at ``/api/`` and ``/open311/``."""

from django.urls import URLPattern, URLResolver, include, path

from gongbi.channels.devices import urls as devices
from gongbi.channels.hotline import urls as hotline
from gongbi.field.api import api as field_api
from gongbi.kernel import scope
from gongbi.ops import pages

scope.module("django.views.i18n", roles=scope.ANYONE, why="chooses the language of the reader's own pages")

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", pages.healthz, name="healthz"),
    path("metrics", pages.metrics_page, name="metrics"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("look/", include("gongbi.look.urls")),
    path("", include("gongbi.parties.urls")),
    path("desk/devices/", include(devices.desk)),
    path("desk/hotline/", include(hotline.desk)),
    path("desk/channels/", include("gongbi.channels.urls")),
    path("desk/", include("gongbi.desk.urls")),
    path("field/", include("gongbi.field.urls")),
    path("wall/", include("gongbi.wall.urls")),
    path("api/field/", field_api.urls),
    path("api/", include("gongbi.api.urls")),
    path("open311/", include("gongbi.channels.open311.urls")),
    path("exchange/hotline/", include(hotline.exchange)),
    *devices.sensorthings,
    path("", include("gongbi.resident.urls")),
]

handler400 = "gongbi.look.pages.bad_request"
handler403 = "gongbi.look.pages.forbidden"
handler404 = "gongbi.look.pages.not_there"
handler500 = "gongbi.look.pages.broken"
