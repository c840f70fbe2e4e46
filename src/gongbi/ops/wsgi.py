"""The web application, for granian (``gongbi web``) or any other WSGI server."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongbi.ops.settings")

from django.core.wsgi import get_wsgi_application

from gongbi.ops.warm import warm

application = get_wsgi_application()
warm()
