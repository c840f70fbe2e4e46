"""The web application, for granian (``gongbi web``) or any other WSGI server."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongbi.ops.settings")

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from gongbi.ops.chunked import measured
from gongbi.ops.warm import warm

application = measured(get_wsgi_application())
assert get_resolver().url_patterns  # every page's module is imported now, not at the first request
warm()
