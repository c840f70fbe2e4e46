"""Whatever a counterpart sends, it is read or refused with a sentence; nothing else happens."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gongbi.channels.hotline import messages
from gongbi.kernel.errors import Refused

PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
ANY = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
FIELDS = (
    "number", "version", "text", "said_at", "title", "kind", "urgency", "category", "place", "lon", "lat", "crs", "name", "phone",
    "anonymous", "confidential", "sent_at", "due", "return_by", "attachments", "reason", "granted", "outcome", "solved", "grade",
    "comment", "standing", "text_digest", "answer_digest",
)  # fmt: skip
GOOD: dict[str, Any] = {
    "number": "A-1", "text": "路灯不亮", "said_at": "2026-11-23T09:30:00+08:00", "anonymous": True, "reason": "x", "granted": True,
    "due": "2026-11-30T18:00:00+08:00", "outcome": "reached", "solved": True, "grade": 5, "standing": "handling",
}  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["order", "cancel", "extension", "callback"]),
    st.dictionaries(st.sampled_from(FIELDS), ANY, max_size=4),
)
def test_a_message_is_read_or_refused(form: str, spoilt: dict[str, Any]) -> None:
    for read in (messages.read, messages.believed):
        try:
            found = read(GOOD | spoilt | {"type": form})
        except Refused as refusal:
            assert refusal.message
            assert refusal.field
        else:
            assert messages.number_of({"number": found.number})


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60) | ANY.map(lambda value: json.dumps(value).encode()))
def test_a_body_is_a_batch_or_refused(body: bytes) -> None:
    try:
        assert messages.batch(body)
    except Refused as refusal:
        assert refusal.code == "hotline.message"
