"""Where Celery's own command starts: ``celery -A gongbi.kernel.outbox.broker worker`` (with ``GONGBI_BROKER`` set)."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongbi.ops.settings")
django.setup()

from gongbi.kernel.outbox.tasks import app  # noqa: E402 – its models need Django first

__all__ = ["app"]
