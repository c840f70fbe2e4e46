"""What a channel brings: how its settings read, how it tells a counterpart something, how it asks one for news.

A channel's package registers one adapter per kind in its ``apps.py`` (``ready``): ``register(Hotline())``. Everything has a default,
so that an adapter holds only what is its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, ClassVar, Protocol

from gongbi.channels.models import Outgoing, Source
from gongbi.channels.rules import Happening, Outcome, Words
from gongbi.kernel.errors import Refused


class Settings(Protocol):
    """A frozen dataclass of plain values, all with defaults; ``__post_init__`` raises Refused for what cannot be."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class NoSettings:
    """Of a kind that needs none."""


class Adapter:
    """One kind of channel. Overridden where a kind differs; called by the frame alone."""

    kind: ClassVar[str] = ""
    settings: ClassVar[type[Any]] = NoSettings
    secrets: ClassVar[tuple[str, ...]] = ()  # names of what is kept sealed
    refusals_at: ClassVar[str] = (
        ""  # the page that says in words what this channel's own door refused, by its name
    )
    choices: ClassVar[
        Mapping[str, Mapping[str, Words]]
    ] = {}  # settings that are one (a tuple: some) of these
    direction: ClassVar[str] = "in"  # what a new source of this kind begins with
    has_codes: ClassVar[bool] = True  # whether its reports carry category codes of theirs

    def refuses_unknown(self, source: Source) -> bool:
        """Whether a category code that the mapping does not know is refused (else triage reads the words)."""
        return False

    def own_kind(self, source: Source, code: str) -> str:
        """Our kind that a code means without any mapping, where a counterpart speaks in our codes; "" for none."""
        return ""

    def compose(self, source: Source, happening: Happening) -> Mapping[str, Any] | None:
        """The message for one happening, or None when this counterpart need not hear of it. In a transaction: nothing slow."""
        return None

    def deliver(self, source: Source, message: Outgoing, body: Mapping[str, Any], *, at: datetime) -> Outcome:
        """Tell them. Outside any transaction; may take a while (a few seconds), raises nothing: what went wrong is the outcome.

        The same message may be given twice after a crash: send ``message.key`` along where they can recognise it.
        """
        return Outcome(False, error=f"no way to {self.kind}", again=False)

    def turned_away(self, source: Source, *, day: date) -> Mapping[str, int]:
        """What this channel's own door refused on a local day and keeps no row of, by code: shown beside the other refusals."""
        return {}

    def own_day(self, source: Source, *, day: date) -> tuple[int, int, datetime | None]:
        """Of a channel that keeps rows of its own and no arrivals: how much came in on a local day, how much of it became reports, and
        when the last came.
        """
        return 0, 0, None

    def poll_seconds(self, source: Source) -> int:
        """How often to ask them for news; 0: never."""
        return 0

    def poll(self, source: Source, cursor: Mapping[str, Any], *, at: datetime) -> Mapping[str, Any]:
        """Ask for news, hand each over to ``actions.accept``; the cursor to go on with. Outside any transaction.

        Raises whatever goes wrong: the lane notes it and asks again later, from the old cursor.
        """
        return cursor


_adapters: dict[str, Adapter] = {}


def register(adapter: Adapter) -> None:
    """Declare the adapter of a kind; ValueError when another class has it."""
    known = _adapters.get(adapter.kind)
    if known is not None and type(known) is not type(adapter):
        raise ValueError(
            f"two adapters for {adapter.kind}: {type(known).__name__} and {type(adapter).__name__}"
        )
    _adapters[adapter.kind] = adapter


def adapter_of(kind: str) -> Adapter:
    """The adapter of a kind; one that does nothing where no package brings one."""
    return _adapters.get(kind) or Adapter()


def settings_of(source: Source) -> Any:
    """The source's settings as its adapter's dataclass; Refused with the field for what cannot be read."""
    return parse(adapter_of(source.kind).settings, source.settings)


def parse(kind: type[Any], values: Mapping[str, Any]) -> Any:
    """``values`` (JSON, or texts of a form) as the dataclass ``kind``. Unknown names and wrong types are Refused."""
    known = {one.name: one for one in fields(kind)}
    blank, made = kind(), dict[str, Any]()
    for name, value in values.items():
        if name not in known:
            raise Refused(
                "channels.unknown_setting",
                ("没有名为 %(name)s 的设置。", "There is no setting called %(name)s."),
                values={"name": name},
                field=name,
            )
        made[name] = _typed(name, value, type(getattr(blank, name)))
    return kind(**made)


def _typed(name: str, value: Any, kind: type[Any]) -> Any:
    try:
        if kind is bool:
            if not isinstance(value, bool) and str(value).lower() not in (
                "true",
                "false",
                "1",
                "0",
                "on",
                "",
            ):
                raise ValueError
            return value is True or str(value).lower() in ("true", "1", "on")
        if kind in (int, float):
            return kind(str(value).strip())
        if kind in (tuple, list):
            given = value.replace("，", ",").split(",") if isinstance(value, str) else value
            return kind(part.strip() if isinstance(part, str) else part for part in given if part != "")
        if kind is dict and isinstance(value, str):  # lines of a form: “Name: value”
            pairs = (line.partition(":")[::2] for line in value.splitlines() if line.strip())
            return {name.strip(): given.strip() for name, given in pairs}
        if kind is dict:
            return dict(value)
        return str(value).strip()
    except (TypeError, ValueError):
        raise Refused(
            "channels.setting",
            (
                "设置 %(name)s 的值“%(value)s”无效。",
                "The value “%(value)s” of the setting %(name)s is not valid.",
            ),
            values={"name": name, "value": str(value)[:80]},
            field=name,
        ) from None
