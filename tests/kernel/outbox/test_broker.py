"""Celery's own command finds the tasks and the settings."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings


@pytest.mark.process
def test_celery_starts_from_one_module_with_the_tasks_of_the_outbox() -> None:
    environment = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    program = "from gongbi.kernel.outbox.broker import app; print(sorted(t for t in app.tasks if t.startswith('gongbi.')), app.conf.broker_url)"
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=environment
        | {"GONGBI_BROKER": "redis://127.0.0.1:1/0", "PYTHONPATH": str(settings.ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.split() == [
        "['gongbi.kernel.outbox.tasks.deliver',",
        "'gongbi.kernel.outbox.tasks.run_job']",
        "redis://127.0.0.1:1/0",
    ]
