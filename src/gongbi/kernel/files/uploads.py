"""How much one request may bring: refused by its announced length, before a byte of it is kept."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

from gongbi.kernel.files.rules import MAX_BYTES

MOST_FILES = 12
MAX_REQUEST = MOST_FILES * MAX_BYTES + 4 * 1024 * 1024  # as many photos as a form takes, and the form


class Bounded(FileUploadHandler):
    """First of ``FILE_UPLOAD_HANDLERS``: looks at the length and hands everything on. A request without a length has no body."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],  # noqa: N803 - the library's name for it
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        """Raises RequestDataTooBig above ``MAX_REQUEST`` bytes."""
        if content_length > MAX_REQUEST:
            raise RequestDataTooBig(f"{content_length} bytes announced")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Goes on to the next handler."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The next handler keeps the file."""
