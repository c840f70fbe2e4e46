"""Counterparts of the demo district: sources that send, and an adapter that remembers what it was told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.utils import timezone

from gongbi.channels import actions, adapters
from gongbi.channels.adapters import Adapter
from gongbi.channels.models import Outgoing, Source
from gongbi.channels.rules import Happening, Incoming, Outcome
from gongbi.kernel.scope.viewer import system
from tests.cases.conftest import post, unit
from tests.support.district import district, district_database, own_database

__all__ = ["district", "district_database", "own_database", "post", "unit"]


@pytest.fixture(autouse=True)
def _own_files(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@dataclass
class Peer(Adapter):
    """A counterpart in memory. ``fails``: what its next answers are, before it takes everything again."""

    kind: ClassVar[str] = "notice"
    heard: list[Mapping[str, Any]] = field(default_factory=list)
    fails: list[Outcome] = field(default_factory=list)
    strict: bool = False

    def refuses_unknown(self, source: Source) -> bool:
        return self.strict

    def compose(self, source: Source, happening: Happening) -> Mapping[str, Any] | None:
        if "reporter" not in happening.notifies:
            return None
        return {
            "external": happening.external,
            "state": happening.state,
            "said": happening.said,
            "closed": happening.closed,
        }

    def deliver(self, source: Source, message: Outgoing, body: Mapping[str, Any], *, at: datetime) -> Outcome:
        if self.fails:
            return self.fails.pop(0)
        self.heard.append({**body, "to": source.code, "key": message.key})
        return Outcome(True, answer="ok")


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch) -> Peer:
    """The adapter of the kind ``notice`` for this test."""
    made = Peer()
    monkeypatch.setitem(adapters._adapters, "notice", made)
    return made


@pytest.fixture
def source(peer: Peer, now: datetime) -> Callable[..., Source]:
    """``source("city")``: a counterpart of the remembering kind, or of another."""

    def make(code: str = "city", **more: Any) -> Source:
        given = {"name": code, "kind": "notice", "direction": "both"} | more
        return actions.save_source(code=code, viewer=system("test"), at=now - timedelta(days=1), **given)

    return make


@pytest.fixture
def heard(now: datetime) -> Callable[..., Incoming]:
    """``heard("X-1")``: what a counterpart says, in the shape of the frame."""

    def make(external: str = "X-1", **more: Any) -> Incoming:
        given = {
            "text": "劳动路路口的井盖破损，有坠落危险",
            "said_at": now,
            "lon": 108.913,
            "lat": 34.265,
        } | more
        return Incoming(external=external, **given)

    return make
