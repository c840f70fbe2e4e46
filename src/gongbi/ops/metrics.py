"""Numbers for the machine room, in Prometheus' text format: requests, and what waits in the outbox.

With more than one web process each writes its share to the folder ``PROMETHEUS_MULTIPROC_DIR`` (set by ``gongbi web``
before this module is imported) and a scrape sums them.
"""

import os

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import REGISTRY, Collector

REQUESTS = Counter("gongbi_http_requests_total", "Requests answered.", ["method", "route", "status"])
SECONDS = Histogram(
    "gongbi_http_seconds",
    "Time to answer a request.",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count one request; ``route`` is the pattern, so the number of series is bounded."""
    REQUESTS.labels(method, route, str(status)).inc()
    SECONDS.labels(route).observe(seconds)


class Outbox(Collector):
    """Read at each scrape: how many events wait, how long the oldest of them has been due (seconds), how many were given up.

    What was given up waits for a person, not for the worker: it has a gauge of its own, so that one dead event does not
    look like a worker that stands still.
    """

    def collect(self) -> list[GaugeMetricFamily]:
        from django.db.models import Count, F, Min
        from django.db.models.functions import Coalesce

        from gongbi.kernel.outbox.models import OutboxRow

        now = timezone.now()
        undelivered = OutboxRow.objects.filter(done_at__isnull=True)
        waiting = undelivered.filter(dead_at__isnull=True).annotate(
            due=Coalesce(F("not_before"), F("created_at"))
        )
        found = waiting.filter(due__lte=now).aggregate(n=Count("id"), oldest=Min("due"))
        dead = undelivered.filter(dead_at__isnull=False).count()
        age = (now - found["oldest"]).total_seconds() if found["oldest"] else 0.0
        return [
            GaugeMetricFamily("gongbi_outbox_due", "Events due and not yet delivered.", value=found["n"]),
            GaugeMetricFamily("gongbi_outbox_oldest_seconds", "Age of the oldest of them.", value=age),
            GaugeMetricFamily("gongbi_outbox_dead", "Events given up after too many attempts.", value=dead),
        ]


def may_read(request: HttpRequest) -> bool:
    """With ``GONGBI_METRICS_TOKEN`` the bearer of it; without, this machine alone and nothing that a proxy passed on."""
    if settings.METRICS_TOKEN:
        return constant_time_compare(
            request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"
        )
    return (
        request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1") and "X-Forwarded-For" not in request.headers
    )


def text() -> bytes:
    """Everything, in text format, UTF-8."""
    registry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    own = CollectorRegistry()
    own.register(Outbox())
    return generate_latest(registry) + generate_latest(own)
