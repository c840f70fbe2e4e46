"""What every page may use beside its own values."""

from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.http.request import split_domain_port


def live_url(request: HttpRequest) -> str:
    """Where the browser finds live updates: the configured address, else the next port of the host it is talking to."""
    if settings.LIVE_URL:
        return str(settings.LIVE_URL)
    try:
        host, _port = split_domain_port(request.get_host())
    except DisallowedHost:  # the page that says so is drawn with this too
        host = "127.0.0.1"
    return f"{request.scheme}://{host}:{settings.LIVE_PORT}"


def site(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``live_url`` (origin of the live process, no slash at the end); ``house_clock``: how a simulated house's time
    runs, for pages that show the time, empty in any other."""
    return {"live_url": live_url(request), "house_clock": settings.SIMULATED_CLOCK}
