"""How a stored file goes out over HTTP: its sniffed type, never run, never guessed at."""

from __future__ import annotations

from typing import Any

from django.core.files.base import File
from django.http import FileResponse

from gongbi.kernel.files.models import StoredFile


def respond(file: StoredFile, content: File[Any]) -> FileResponse:
    """The answer for a file opened by ``files.queries``. Pictures inline, documents as a download under a name of ours."""
    ending = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}[file.mime]
    answer = FileResponse(
        content,
        as_attachment=not file.is_picture,
        filename=f"gongbi-{file.pk}.{ending}",
        content_type=file.mime,
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = "private, max-age=600"
    return answer
