"""Bodies that come in pieces without a length (``Transfer-Encoding: chunked``, as several clients send JSON by default).

Django reads as much as ``Content-Length`` announces, so such a request would seem to have no body at all.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from typing import Any

from gongbi.kernel.files.uploads import MAX_REQUEST

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_IN_MEMORY = 1 << 20
_PIECE = 1 << 16


def measured(application: Application, *, most: int = MAX_REQUEST) -> Application:
    """``application`` behind a door that measures bodies without a length, on disk above 1 MB.

    Of a body larger than ``most`` bytes no more than that and a piece is read; it is announced as it is, too large, and every door
    refuses it by that.
    """

    def entered(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        pieces = "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
        if not pieces or environ.get("CONTENT_LENGTH"):
            return application(environ, start_response)
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as body:
            while body.tell() <= most and (piece := environ["wsgi.input"].read(_PIECE)):
                body.write(piece)
            environ["CONTENT_LENGTH"] = str(body.tell())
            body.seek(0)
            environ["wsgi.input"] = body
            return application(environ, start_response)

    return entered
