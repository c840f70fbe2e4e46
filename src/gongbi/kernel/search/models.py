"""The search index: one row per matter. On PostgreSQL a tsvector with GIN; on SQLite text with an FTS5 index beside it."""

from __future__ import annotations

from typing import Any

from django.db import models


class TokensField(models.TextField):  # type: ignore[type-arg]
    """Tokens in order, separated by spaces; a ``tsvector`` on PostgreSQL (built from literals, so no parser or locale matters)."""

    def db_type(self, connection: Any) -> str | None:
        return "tsvector" if connection.vendor == "postgresql" else "text"

    def get_placeholder(self, value: Any, compiler: Any, connection: Any) -> str:
        return "%s::tsvector" if connection.vendor == "postgresql" else "%s"


class SearchEntry(models.Model):
    """What of a matter can be searched. Never holds personal data: telephone and identity numbers are taken out."""

    matter_id = models.BigIntegerField(primary_key=True)
    words = TokensField()
