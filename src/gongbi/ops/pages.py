"""What machines ask: is it alive, how is it doing."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from gongbi.kernel import scope
from gongbi.ops import metrics


@require_safe
@never_cache
@scope.endpoint("ops.healthz", roles=scope.ANYONE)
def healthz(_request: HttpRequest) -> JsonResponse:
    """200 when this process answers and its database does; 503 otherwise. No details: anybody may ask."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except DatabaseError:
        return JsonResponse({"ok": False, "database": False}, status=503)
    return JsonResponse({"ok": True, "database": True})


@require_safe
@never_cache
@scope.endpoint("ops.metrics", roles=scope.ANYONE)
def metrics_page(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format; see :func:`gongbi.ops.metrics.may_read` for who may."""
    if not metrics.may_read(request):
        return HttpResponse("forbidden\n", status=403, content_type="text/plain")
    return HttpResponse(metrics.text(), content_type="text/plain; version=0.0.4; charset=utf-8")
