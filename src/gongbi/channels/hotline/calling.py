"""Asking the hotline's own interface over HTTP: signed, with an end to every wait."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from gongbi.channels.actions.sources import secrets_of
from gongbi.channels.calling import Unanswered, call
from gongbi.channels.hotline import messages, signature
from gongbi.channels.hotline.settings import HotlineSettings
from gongbi.channels.models import Source
from gongbi.kernel.errors import Refused

KEYS = ("key", "key_next")
MOST_ANSWER = 32_000_000  # bytes
_FOR_GOOD = frozenset({400, 404, 405, 410, 413, 415, 422})


class Failed(Exception):
    """They could not be asked, or did not answer as agreed. ``again``: a later attempt may succeed; ``after`` s to wait."""

    def __init__(self, why: str, *, again: bool = True, after: int = 0) -> None:
        super().__init__(why)
        self.again, self.after = again, after


@dataclass(frozen=True, slots=True)
class Line:
    """How to reach one hotline."""

    settings: HotlineSettings
    key: str

    def get(self, path: str, **query: str) -> Any:
        """Their JSON answer."""
        given = {name: value for name, value in query.items() if value}
        return _json(self.ask("GET", path + ("?" + urlencode(given) if given else ""), b""))

    def post(self, path: str, value: Any) -> Any:
        """Their JSON answer to ours."""
        return _json(self.ask("POST", path, json.dumps(value, ensure_ascii=False).encode()))

    def ask(self, method: str, path: str, body: bytes, *, most: int = MOST_ANSWER) -> bytes:
        """The body of a successful answer; Failed for anything else, a slow answer included."""
        parts = urlsplit(self.settings.base_url)
        full = parts.path.rstrip("/") + path
        signed = signature.sign(
            self.key, method, full, body, time=int(time.time()), nonce=secrets.token_urlsafe(18),
            algorithm=self.settings.algorithm,
        )  # fmt: skip
        headers = {"Content-Type": "application/json; charset=utf-8", **signed.headers}
        try:
            answer = call(
                method, f"{parts.scheme}://{parts.netloc}{full}", body=body, headers=headers,
                seconds=self.settings.timeout_seconds, most=most,
            )  # fmt: skip
        except Unanswered as error:
            raise Failed(str(error), again=not error.too_much) from error
        if not 200 <= answer.status < 300:
            raise Failed(
                f"HTTP {answer.status}: {answer.text}",
                again=answer.status not in _FOR_GOOD,
                after=answer.after,
            )
        return answer.content


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        raise Failed("the answer is not JSON") from None


def line_to(source: Source) -> Line:
    """The way to a hotline. Refused when it has no address or no key."""
    given = HotlineSettings(**source.settings)
    if not given.base_url:
        raise Refused(
            "hotline.no_interface",
            (
                "“%(name)s”没有设置接口地址，请用文件交换。",
                "“%(name)s” has no address of an interface; exchange files instead.",
            ),
            values={"name": source.words},
        )
    return Line(given, keys_of(source, first=given.signs_with)[0])


def keys_of(source: Source, *, first: str = "key") -> Sequence[str]:
    """The keys that hold, the one named first. Refused when none is set, or one is too short to be a secret."""
    known = secrets_of(source)
    found = [known[name] for name in sorted(KEYS, key=lambda name: name != first) if known.get(name)]
    if not found or any(len(key) < signature.SHORTEST_KEY for key in found):
        raise Refused(
            "hotline.no_key",
            (
                "“%(name)s”还没有签名密钥，或密钥短于 %(least)s 个字符，请在渠道设置中填写。",
                "“%(name)s” has no signing key, or one shorter than %(least)s characters; enter it in the channel's settings.",
            ),
            values={"name": source.words, "least": signature.SHORTEST_KEY},
        )
    return found


def fetch_order(source: Source, number: str) -> messages.Message:
    """One order of theirs as it is now. Failed, or Refused when it cannot be understood."""
    found = messages.read(line_to(source).get("/orders/" + quote(number, safe="")))
    if not isinstance(found, messages.Order) or found.number != number:
        raise Failed("they sent another order than the one asked for")
    return found
