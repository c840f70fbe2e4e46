"""What one synthetic case consists of: its text, its course, and the rows of every table that the product would have written."""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, NamedTuple

import orjson
from django.db import connection
from django.db.models import Model

from gongbi.cases.models import Case, Report
from gongbi.cases.queries.triage import look_ups
from gongbi.cases.settings import DEFAULTS
from gongbi.cases.triage import Said, as_json, triage
from gongbi.cases.wording import title_of
from gongbi.duties import queries as duties
from gongbi.insight.models import CaseFacts
from gongbi.kernel.clock.engine import due as due_after
from gongbi.kernel.clock.limits import parse
from gongbi.kernel.clock.models import Clock
from gongbi.kernel.clock.queries import current_calendar
from gongbi.kernel.flow.models import Matter
from gongbi.kernel.ledger.chain import Fields, entry_hash, plain
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.search import backends, words
from gongbi.parties.models import Post, Unit
from gongbi.science.twins import cell
from gongbi.territory.models import Division, Place


def _columns(model: Any, *leave_out: str) -> tuple[str, ...]:
    return tuple(field.column for field in model._meta.local_concrete_fields if field.column not in leave_out)


_MATTER, _CASE, _REPORT = _columns(Matter), _columns(Case), _columns(Report)
_ENTRY, _CLOCK, _FACTS = _columns(LedgerEntry, "id"), _columns(Clock, "id"), _columns(CaseFacts)
TABLES: dict[str, tuple[str, ...]] = {
    Matter._meta.db_table: _MATTER,
    Case._meta.db_table: _CASE,
    Report._meta.db_table: _REPORT,
    LedgerEntry._meta.db_table: _ENTRY,
    Clock._meta.db_table: _CLOCK,
    backends.TABLE: ("matter_id", "words"),
    CaseFacts._meta.db_table: _FACTS,
}


@cache
def _usual(model: type[Model]) -> dict[str, Any]:
    """The default of every column that has one or may be empty."""
    return {
        one.attname: one.get_default() for one in model._meta.concrete_fields if one.has_default() or one.null
    }


# How the open cases of a district are spread over the states, in per mille.
OPEN_SHARES = {
    "received": 60, "clarifying": 20, "accepted": 40, "dispatched": 150, "disputed": 10,
    "handling": 420, "asking": 30, "suspended": 60, "handled": 140, "checked": 70,
}  # fmt: skip


class Step(NamedTuple):
    """One step of a course: transition, state after it, clocks that stop, clocks that start (name, limit setting), actor's role, a clock
    that pauses, and the unit where it is another than the case's."""

    name: str
    after: str
    stops: tuple[str, ...] = ()
    starts: tuple[tuple[str, str], ...] = ()
    role: str = ""
    pauses: str = ""
    unit: int = 0


# The steps of a whole course.
COURSE = (
    Step("open", "received", (), (("accept", "accept_limit"),)),
    Step("accept", "accepted", ("accept",), (("dispatch", "dispatch_limit"),), "dispatcher"),
    Step(
        "dispatch", "dispatched", ("dispatch",), (("sign", "sign_limit"), ("handle", "limit")), "dispatcher"
    ),
    Step("sign", "handling", ("sign",), (), "handler"),
    Step("finish", "handled", ("handle",), (("check", "check_limit"),), "handler"),
    Step("confirm", "closed", ("check",), (), "checker"),
    Step("judge", "closed", (), (), "report"),
    Step("settle", "judged", (), (), "system:verdict"),
)
# How far a case of that state has come, and the step that took it off the course.
REACHED: dict[str, tuple[int, tuple[str, str] | None]] = {
    "received": (1, None), "clarifying": (1, ("clarify", "accept")), "accepted": (2, None), "dispatched": (3, None),
    "disputed": (3, ("contest_again", "")), "handling": (4, None), "asking": (4, ("ask", "handle")),
    "suspended": (4, ("grant_suspension", "handle")), "handled": (5, None), "checked": (5, ("confirm_for_callback", "")), "judged": (8, None),
}  # fmt: skip
OVER = frozenset({"closed", "judged", "rejected"})
_BEFORE = (
    "",
    "昨天晚上开始，",
    "已经有一个星期了，",
    "每天早上，",
    "我是附近的住户，",
    "路过时看到，",
    "多次反映没有人管，",
    "请问",
)
_AFTER = ("，请尽快派人处理。", "，影响大家出行，希望有关部门重视。", "，老人和孩子经过很危险。", "，晚上特别明显。",
          "，什么时候能解决？", "，物业一直不管。", "，麻烦回复一下处理结果。", "，上次修好没几天又这样了。")  # fmt: skip
_SIDE = ("门口", "东侧", "西北角", "对面", "南门旁边", "公交站附近", "十字路口", "后面的巷子里")


class Maker:
    """Makes the rows of cases by their key; the same key gives the same case in every process."""

    def __init__(self, cases: int, opened: int, *, end: datetime | None = None) -> None:
        self.cases, self.opened = cases, min(opened, cases)
        self.end = (end or datetime(2026, 11, 20, tzinfo=UTC)).replace(minute=0, second=0, microsecond=0)
        self.span = timedelta(days=max(60.0, 730.0 * cases / 1_000_000))
        grids = Division.objects.filter(level="grid").order_by("code").values_list("code", "lon", "lat")
        self.grids = [row for row in grids if row[1] is not None]
        names = (
            Place.objects.exclude(kind__in=["street", "community"])
            .order_by("id")
            .values_list("name", flat=True)
        )
        self.places = [name for name in names if len(name) <= 16] or ["本小区"]
        self.posts = dict(Post.objects.filter(role="handler").values_list("unit_id", "pk"))
        self.units = {unit.code: unit.pk for unit in Unit.objects.all()}
        self.streets = {unit.territory: unit.pk for unit in Unit.objects.filter(kind="street")}
        centre = dict(Post.objects.filter(unit__kind="district_centre").values_list("role", "pk"))
        self.actors = {
            role: (f"post:{centre[role]}", self.units["centre"])
            for role in ("dispatcher", "checker", "adjudicator")
            if role in centre
        }
        dice = random.Random(7)
        kinds = [facts for facts in duties.kinds() if facts.words]
        dice.shuffle(kinds)
        self.kinds = kinds
        # A few kinds make most of the work, and some grids have much more of it than others.
        self.shares = list(itertools.accumulate(1 / (place + 3) for place in range(len(kinds))))
        self.busy = list(itertools.accumulate(dice.paretovariate(1.6) for _ in self.grids))
        self.filings = {facts.code: next(iter(duties.standards(facts.code)), None) for facts in kinds}
        self.states = (list(OPEN_SHARES), list(itertools.accumulate(OPEN_SHARES.values())))
        self.calendar = current_calendar()
        self.proposals: dict[str, list[str]] = {}
        self.due = lru_cache(maxsize=400_000)(self._due)

    def _due(self, at: datetime, limit: str) -> tuple[datetime, bool]:
        found = due_after(at, parse(limit), self.calendar)
        return found.at, found.provisional

    def said(self, dice: random.Random) -> tuple[Any, str, str, float, float]:
        """(kind, text, grid, lon, lat) of something that somebody says."""
        facts = dice.choices(self.kinds, cum_weights=self.shares)[0]
        word = dice.choice(facts.words).replace("+", dice.choice(("又", "总是", "的地方", "这里")))
        text = (
            f"{dice.choice(_BEFORE)}{dice.choice(self.places)}{dice.choice(_SIDE)}{word}{dice.choice(_AFTER)}"
        )
        code, lon, lat = dice.choices(self.grids, cum_weights=self.busy)[0]
        return facts, text, code, round(lon + dice.gauss(0, 4e-4), 6), round(lat + dice.gauss(0, 3e-4), 6)

    def _proposal(self, kind: str, said: Said, dice: random.Random) -> str:
        kept = self.proposals.setdefault(kind, [])
        if len(kept) < 3:
            kept.append(orjson.dumps(as_json(triage(said, look_ups(at=self.end)))).decode())
        return kept[dice.randrange(len(kept))]

    def _state(self, key: int, dice: random.Random) -> str:
        """The newest cases are the open ones, but for some old ones that nobody finished."""
        old = self.opened // 20
        fresh = self.opened - old
        from_end = self.cases - key
        room = fresh * 10 // 9
        if self.opened >= self.cases:
            is_open = True
        elif from_end < room:
            is_open = dice.random() < fresh / room
        else:
            is_open = dice.random() < old / max(1, self.cases - room)
        return dice.choices(self.states[0], cum_weights=self.states[1])[0] if is_open else "judged"

    def rows(self, keys: Iterable[int]) -> dict[str, list[tuple[Any, ...]]]:
        """The rows of these cases by table, columns as in ``TABLES``."""
        made: dict[str, list[tuple[Any, ...]]] = {table: [] for table in TABLES}
        for key in keys:
            self._case(key, made)
        return made

    def _opened(self, key: int, state: str) -> datetime:
        return self.end - self.span * ((self.cases - key) / self.cases)

    def _channel(self, key: int, state: str) -> str:
        return "hotline" if state == "checked" else "web"

    def _case(self, key: int, made: dict[str, list[tuple[Any, ...]]]) -> None:
        dice = random.Random(key)
        facts, text, grid, lon, lat = self.said(dice)
        state = self._state(key, dice)
        opened = self._opened(key, state)
        opened = opened.replace(minute=opened.minute // 10 * 10, second=0, microsecond=0)
        said = Said(text=text, said_at=opened, channel=self._channel(key, state), lon=lon, lat=lat)
        filing = self.filings[facts.code]
        handler = facts.handler.partition(":")[2]
        unit = self.units.get(handler) or self.streets[grid[:9]]
        course = self._course(key, dice, opened, state, said, facts.code, filing, grid, unit)
        opened = course["entries"][0]["at"]
        proposal = self._proposal(facts.code, said, dice)
        last, clocks, at = course["entries"][-1], course["clocks"], course["at"]
        running = [row["due_at"] for row in clocks if row["stopped_at"] is None and row["paused_at"] is None]
        over, judged = state in OVER, state == "judged"
        held = unit if "dispatch" in at else None
        closed_at = at.get("confirm") or at.get("call_back") or at.get("reject")
        matter = {
            "id": key, "flow": "cases", "state": state, "version": len(course["entries"]), "unit_id": held,
            "state_kind": "closed" if over else "waiting" if state in ("clarifying", "asking", "suspended") else "open",
            "territory": grid, "opened_at": opened, "closed_at": closed_at, "due_at": min(running, default=None),
            "seed": course["seed"], "last_seq": last["seq"], "last_hash": last["hash"],
        }  # fmt: skip
        case = {
            "matter_ptr_id": key, "title": title_of(text), "kind": facts.code, "standard": filing.code if filing and "accept" in at else "",
            "place_words": "", "lon": lon, "lat": lat, "cell": cell(lon, lat), "is_open": not over, "channel": said.channel, "net": "",
            "urgent": dice.random() < 0.01, "proposal": proposal, "duty_item": "", "list_type": "", "article": "类别目录" if held else "",
            "limit": course["limit"], "on_spot": facts.on_spot, "callback_owed": said.channel == "hotline", "ruled": False, "exempt": False,
            "excluded": "", "post_id": self.posts.get(unit) if "sign" in at else None, "handled_by_person": None,
            "handled_at": at.get("finish"), "report_count": 1, "contest_count": 2 if state == "disputed" else int("contest" in at),
            "extension_count": 0, "suspension_count": int(state == "suspended"), "rework_count": int("rework" in at), "reopen_count": 0,
            "merged_into_id": None,
        }  # fmt: skip
        report = {
            "id": key, "channel": said.channel, "net": "", "external": "", "said_at": opened, "received_at": opened, "text": text,
            "place_words": "", "lon": lon, "lat": lat, "answers": "{}", "language": "zh-hans", "name": b"", "phone": b"", "phone_index": None,
            "anonymous": False, "confidential": False, "route": 0, "reply": "", "idempotency": hashlib.sha256(b"bench%d" % key).digest(),
            "seed": course["seed"][:16], "contacted_at": at.get("contacted"), "callback_at": None, "judged_at": at.get("judge"),
            "solved": True if judged else None, "grade": course["grade"] if judged else None, "comment": "", "by": "public",
            "case_id": key, "first_case_id": key,
        }  # fmt: skip
        handle = next((row for row in clocks if row["name"] == "handle"), None)
        folded = {
            "case_id": key, "last_seq": last["seq"], "phase": state, "opened_at": opened, "accepted_at": at.get("accept"),
            "dispatched_at": at.get("dispatch"), "handled_at": at.get("finish"), "closed_at": at.get("confirm"),
            "handle_due": handle["due_at"] if handle else None, "channel": said.channel, "net": "", "kind": facts.code, "territory": grid,
            "unit_id": held, "merged_into": None, "reports": 1, "dispatches": int(held is not None), "contests": 0,
            "reworks": 0, "reopenings": 0, "extensions": 0, "suspensions": int(state == "suspended"), "ground": "",
        }  # fmt: skip
        self.put(made, state, [
            (Matter, matter), (Case, case), (Report, report), (CaseFacts, folded),
            *((LedgerEntry, entry) for entry in course["entries"]), *((Clock, clock) for clock in clocks),
        ])  # fmt: skip

    def put(
        self, made: dict[str, list[tuple[Any, ...]]], state: str, rows: list[tuple[Any, dict[str, Any]]]
    ) -> None:
        """Add the rows of one case (model, values by column) to what is ``made``: table → rows in the order of TABLES."""
        for model, row in rows:
            table = model._meta.db_table
            usual = _usual(model)  # of a column that came later and that nothing is said of here
            made[table].append(tuple(row[name] if name in row else usual[name] for name in TABLES[table]))
            if model is Report:
                made[backends.TABLE].append((row["id"], backends.stored(words.tokens(f"{row['text']} "))))

    def _steps(self, state: str, dice: random.Random, unit: int) -> list[Step]:
        reached, aside = REACHED[state]
        steps = [*COURSE[:reached]]
        if aside is not None:
            actor = {"ask": "handler", "contest_again": "handler", "confirm_for_callback": "checker"}.get(
                aside[0], "dispatcher"
            )
            steps.append(Step(aside[0], state, ("check",) if state == "checked" else ("sign",) if state == "disputed" else (),
                              (("callback", "callback_limit"),) if state == "checked" else (), actor, aside[1]))  # fmt: skip
        return steps

    def _rest(self, dice: random.Random, name: str) -> timedelta:
        """How long after a step the next one comes."""
        return timedelta(minutes=10 * (1 + int(dice.expovariate(1 / 60 if name == "sign" else 1 / 2))))

    def _course(
        self,
        key: int,
        dice: random.Random,
        opened: datetime,
        state: str,
        said: Said,
        kind: str,
        filing: Any,
        grid: str,
        unit: int,
    ) -> dict[str, Any]:
        """What has happened so far: ledger entries, clocks, and when each step was."""
        limit = (filing.limit if filing else "") or DEFAULTS["handle_limit"].value
        seed = hashlib.sha256(b"seed%d" % key).digest()
        clocks: dict[str, dict[str, Any]] = {}
        all_clocks: list[dict[str, Any]] = []
        entries: list[dict[str, Any]] = []
        at_of: dict[str, datetime] = {}
        grade = dice.choice((3, 4, 4, 5, 5, 5))
        at, before, prev = opened, "", seed
        for seq, (name, after, stops, starts, role, pauses, other) in enumerate(
            self._steps(state, dice, unit), 1
        ):
            facts: dict[str, Any] = {}
            for clock in stops:
                clocks[clock]["stopped_at"] = at
            due: dict[str, datetime] = {}
            for clock, setting in starts:
                text = limit if setting == "limit" else DEFAULTS[setting].value
                until, provisional = self.due(at, text)
                due[clock], facts[setting] = until, text
                number = clocks[clock]["round"] + 1 if clock in clocks else 1
                clocks[clock] = {
                    "name": clock, "round": number, "limit": text, "basis": "GB/T 30428 案件流程", "started_at": at, "due_at": until,
                    "stopped_at": None, "paused_at": None, "pauses": "[]", "extensions": "[]", "history": "[]", "provisional": provisional,
                    "exempt": False, "cancelled": False, "matter_id": key,
                }  # fmt: skip
                all_clocks.append(clocks[clock])
            if pauses:
                clocks[pauses]["paused_at"] = at
                clocks[pauses]["pauses"] = orjson.dumps([[at.isoformat(), None, name]]).decode()
            facts |= self._facts(name, key, said, kind, filing, grid, other or unit, grade)
            if due:
                facts["due"] = due
            actor, actor_unit = self.actors.get(role, (role, None))
            if role == "handler":
                actor_unit = other or unit
                actor = f"post:{self.posts.get(actor_unit, 0)}"
            elif role == "report":
                actor = f"report:{key}"
            elif not role:
                actor = "public"
            fields = Fields(seq, at, actor, actor_unit, name, before, after, plain(facts))
            digest = entry_hash(prev, fields)
            entries.append({
                "seq": seq, "at": at, "actor": actor, "unit_id": actor_unit, "transition": name, "from_state": before, "to_state": after,
                "facts": orjson.dumps(fields.facts).decode(), "prev": prev, "hash": digest, "matter_id": key,
            })  # fmt: skip
            prev, before, at_of[name] = digest, after, at
            at += self._rest(dice, name)
        return {
            "entries": entries,
            "clocks": all_clocks,
            "at": at_of,
            "seed": seed,
            "limit": limit,
            "grade": grade,
        }

    def _facts(
        self, name: str, key: int, said: Said, kind: str, filing: Any, grid: str, unit: int, grade: int
    ) -> dict[str, Any]:
        """What the ledger keeps of a step beside limits and deadlines."""
        code = filing.code if filing else "bench"
        if name == "open":
            digest = hashlib.sha256(said.text.encode()).hexdigest()
            return {
                "channel": said.channel,
                "net": "",
                "said_at": said.said_at,
                "text_sha256": digest,
                "kind": kind,
                "territory": grid,
            }
        return {
            "accept": {"kind": kind, "standard": code, "proposed_kind": kind, "territory": grid},
            "dispatch": {"unit": unit, "co_units": [], "item": "", "list": "", "article": "类别目录", "basis": "类别目录", "proposed_unit": ""},
            "sign": {"post": self.posts.get(unit)},
            "finish": {"result": "已到现场处理完毕。", "evidence": [hashlib.sha256(b"photo%d" % key).hexdigest()]},
            "confirm": {"finding": "现场核查，问题已解决。"},
            "confirm_for_callback": {"finding": "现场核查，问题已解决。"},
            "judge": {"report": key, "solved": "yes", "grade": grade, "window": 90},
            "ask": {"question": 0, "report": key},
            "clarify": {"question": 0, "report": key},
            "contest_again": {"reason": "不属于本单位职责。", "unit": unit, "proposed_unit": None},
            "contest": {"reason": "不属于本单位职责。", "unit": unit, "proposed_unit": None},
            "contacted": {"report": key},
            "rework": {"reason": "现场仍有遗留，请继续处理。"},
            "reject": {"ground": "untrue", "reason": "现场核实，情况不存在。"},
            "call_back": {"outcome": "报告人表示已解决。"},
            "exempt": {"reason": "停电抢修期间无法进场，申诉成立。"},
            "exclude": {"ground": "force_majeure", "reason": "暴雨期间。"},
        }.get(name, {})  # fmt: skip


def adapt(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row as SQLite takes it."""
    convert = connection.ops.adapt_datetimefield_value
    return tuple(convert(value) if isinstance(value, datetime) else value for value in row)
