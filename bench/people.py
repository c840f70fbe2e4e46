"""Signed-in people of the demo district, as a browser signs them in."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from bench.drive import Broken, Client

PASSWORD = "Gongbi-demo-2026"
_TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')


def signed_in(port: int, login: str) -> Client:
    """A client with a session and the token that changes need."""
    client = Client(port)
    client.headers["Accept"] = "text/html"
    status, page = client.ask("GET", "/login")
    found = _TOKEN.search(page)
    if status != 200 or found is None:
        raise Broken(f"the sign-in page answers {status}")
    body = urlencode(
        {"login": login, "password": PASSWORD, "csrfmiddlewaretoken": found[1].decode()}
    ).encode()
    status, page = client.ask("POST", "/login", body, kind="application/x-www-form-urlencoded")
    if status != 302 or "sessionid" not in client.cookies:
        raise Broken(f"signing in as {login} answers {status}")
    client.headers = {"X-CSRFToken": client.cookies["csrftoken"]}
    return client
