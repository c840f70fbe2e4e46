"""Group robots (WeCom, DingTalk, Feishu) through Apprise, which knows each of them, and what they answered, which Apprise does not say.

A robot answers HTTP 200 to what it refuses too (a wrong key, a missing keyword, too many messages): only its JSON tells. And a line that
broke after the text was on its way is no failure that may be repeated. So the answer is listened to where Apprise asks.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

import apprise
import requests

from gongbi.channels.notices import rules
from gongbi.channels.rules import Outcome

ADDRESSES = {
    rules.WECOM: "wecombot://{key}/",
    rules.DINGTALK: "dingtalk://{key}/",
    rules.FEISHU: "feishu://{key}/",
}
# Where each says what it thinks of a message: 0 is taken (WeCom and DingTalk; Feishu now; Feishu before 2022).
_VERDICTS = ("errcode", "code", "StatusCode")
# Too many messages in a minute: WeCom, DingTalk (two numbers), Feishu.
_TOO_MANY = frozenset({45009, 130101, 660026, 11232})
_MINUTE = 60


class _Line(threading.local):
    """What the last request of this thread became."""

    answer: requests.Response | None = None
    error: requests.RequestException | None = None


_line = _Line()


class _Listening:
    """The library that Apprise sends with, and an ear on its answers."""

    def __getattr__(self, name: str) -> Any:
        return getattr(requests, name)

    def post(self, url: str, **options: Any) -> requests.Response:
        """As requests.post."""
        return self.request("POST", url, **options)

    def request(self, method: str, url: str, *, timeout: Any, **options: Any) -> requests.Response:
        """As requests.request."""
        try:
            _line.answer = requests.request(method, url, timeout=timeout, **options)
        except requests.RequestException as error:
            _line.error = error
            raise
        return _line.answer


_listening = _Listening()


def send(way: str, key: str, subject: str, text: str, *, address: str = "") -> Outcome:
    """Give one text to a group's robot. ``address``: an Apprise address with {key}; "" for that of the way."""
    server = apprise.Apprise.instantiate((address or ADDRESSES.get(way, "")).replace("{key}", key))
    if server is None:
        return Outcome(False, error="the robot's key is not one that this way knows", again=False)
    vars(sys.modules[type(server).__module__])["requests"] = _listening
    _line.answer = _line.error = None
    taken = server.notify(body=text, title=subject, body_format=apprise.NotifyFormat.TEXT)
    return outcome(bool(taken), _line.answer, _line.error)


def outcome(taken: bool, answer: requests.Response | None, error: Exception | None) -> Outcome:
    """What Apprise's word, the robot's answer and a broken line mean together."""
    if isinstance(error, requests.ConnectTimeout) or (error is not None and _never_there(error)):
        return Outcome(False, error=f"not reached: {type(error).__name__}")
    if error is not None:
        broke = f"uncertain: the line broke ({type(error).__name__}); it may have arrived"
        return Outcome(False, error=broke, again=False)
    if answer is None:
        return Outcome(taken, error="" if taken else "the robot did not take it", again=False)
    if not 200 <= answer.status_code < 300:
        return rules.not_taken(answer.status_code, answer.headers.get("Retry-After", ""), repeatable=False)
    try:
        told = answer.json()
    except ValueError:
        told = None
    for name in _VERDICTS if isinstance(told, dict) else ():
        number = told.get(name)
        if isinstance(number, int) and number:
            rests = number in _TOO_MANY
            return Outcome(False, error=f"{name} = {number}", again=rests, after=_MINUTE if rests else 0)
    return Outcome(
        taken,
        answer=f"HTTP {answer.status_code}",
        error="" if taken else "the robot did not take it",
        again=False,
    )


def _never_there(error: Exception) -> bool:
    """Whether no connection came about, so that nothing can have arrived."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return type(reason).__name__ in ("NewConnectionError", "ConnectTimeoutError", "NameResolutionError")
