"""Random walks over the flow: whoever does whatever whenever, the invariants hold, the ledger verifies, a refusal leaves no row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from gongbi.cases import actions
from gongbi.cases.actions.statement import Statement
from gongbi.cases.flow import CASE
from gongbi.cases.models import Case, Contest, Part, Question, Report, Request
from gongbi.cases.triage import Said
from gongbi.kernel.clock.models import Clock
from gongbi.kernel.errors import Refused
from gongbi.kernel.files import actions as files
from gongbi.kernel.flow.invariants import names, run_all
from gongbi.kernel.flow.models import Link, Matter
from gongbi.kernel.flow.queries import steps
from gongbi.kernel.ledger.models import LedgerEntry
from gongbi.kernel.ledger.queries import verify
from gongbi.kernel.outbox.models import OutboxRow
from gongbi.kernel.scope.viewer import PUBLIC, RESIDENT, Viewer, system
from gongbi.parties.models import Post, Unit

TABLES = (Matter, Case, Report, Part, Request, Contest, Question, LedgerEntry, OutboxRow, Clock, Link)
UNITS = ("urban_management", "water", "parks")
START = datetime(2026, 3, 10, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
SPANS = [
    timedelta(minutes=1),
    timedelta(minutes=20),
    timedelta(hours=5),
    timedelta(days=1),
    timedelta(days=12),
    timedelta(days=100),
]
DRAWN = st.integers(0, 10**6)
SEEDS = st.integers(0, 2**32)  # of an even choice: hypothesis itself prefers small numbers
NO_BUTTON = frozenset(
    {
        "open",
        "answer_at_once",
        "join",
        "take_in",
        "taken_out",
        "called",
        "settle",
        "solve_on_spot",
        "deadline_moved",
    }
)


DONE: Counter[str] = Counter()
REFUSED: Counter[tuple[str, str]] = Counter()
ROOMS = {name.split(".")[0] for name in names()} - {"territory"}
CHANGING = (Matter, Report, Clock)


def snapshot() -> list[Any]:
    """How many rows every table has that a step may touch, and every value of those whose rows change."""
    counts = [model.objects.count() for model in TABLES]
    return counts + [list(model.objects.order_by("pk").values_list()) for model in CHANGING]


class Walk(RuleBasedStateMachine):
    """Each rule draws a case, an actor and an action; the world decides whether it is allowed."""

    def __init__(self) -> None:
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.now = START
        self.shades = 0
        self.units = {code: Unit.objects.get(code=code).pk for code in UNITS}
        posts = Post.objects.select_related("unit").order_by("pk")
        self.people = [
            self.viewer(posts.filter(role=role)[0])
            for role in ("dispatcher", "clerk", "checker", "adjudicator")
        ]
        self.people += [self.viewer(posts.filter(role="handler", unit__code=code)[0]) for code in UNITS]
        self.people += [self.viewer(posts.filter(role="grid_worker")[0]), system("clock")]

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    @staticmethod
    def viewer(post: Post) -> Viewer:
        return Viewer(
            actor=f"post:{post.pk}", role=post.role, post_id=post.pk, person_id=post.person_id, unit_id=post.unit_id,
            units=frozenset({post.unit_id}), territories=("610104",),
        )  # fmt: skip

    # --- What may happen ------------------------------------------------------------------------------------------

    def attempt(self, name: str, call: Callable[[], object], *, entries: int | None = None) -> None:
        """Run it; a refusal must leave every table as it was, a success at least one entry on the record."""
        before = snapshot()
        count = LedgerEntry.objects.count()
        try:
            with transaction.atomic():  # as the edge would: each action is a transaction
                call()
        except Refused as refusal:
            assert refusal.code
            REFUSED[name, refusal.code] += 1
            assert refusal.message
            assert snapshot() == before, f"{name} was refused ({refusal.code}) and left something behind"
        else:
            DONE[name] += 1
            assert LedgerEntry.objects.count() >= count + (1 if entries is None else entries), name

    def case(self, draw: int) -> Case | None:
        cases = Case.objects.order_by("pk")
        return cases[draw % len(cases)] if cases else None

    def actor(self, draw: int, case: Case, step: str) -> Viewer:
        """Mostly somebody who may do it, sometimes anybody."""
        everybody = [*self.people, *self.holders(case)]
        able = [v for v in everybody if any(s.arrow.name == step for s in steps(case, v, at=self.now))]
        pool = everybody if not able or draw % 10 == 0 else able
        return pool[draw % len(pool)]

    def holders(self, case: Case) -> list[Viewer]:
        return [
            Viewer(actor=f"report:{report.pk}", role=RESIDENT, reports=frozenset({report.pk}))
            for report in Report.objects.filter(case=case)
        ]

    def photo(self) -> int:
        self.shades += 1
        digest = f"{self.shades:064x}"
        taken = files.Prepared(digest, digest, f"{digest}.jpg", "", 9, "image/jpeg", 3, 3)
        return files.store(taken, purpose="report", viewer=PUBLIC, at=self.now).pk

    @rule(span=st.sampled_from(SPANS))
    def time_passes(self, span: timedelta) -> None:
        self.now += span

    @initialize()
    def somebody_speaks(self) -> None:
        for channel in ("web", "hotline"):
            self.report(channel, False, 1, "")

    @rule(
        channel=st.sampled_from(["web", "hotline", "hall", "import"]),
        confidential=st.booleans(),
        draw=DRAWN,
        key=st.sampled_from(["", "", "a", "b"]),
    )
    def report(self, channel: str, confidential: bool, draw: int, key: str) -> None:
        joined = self.case(draw) if draw % 4 == 0 or Case.objects.count() >= 5 else None
        said = Said(
            text=f"路灯不亮 {channel}",
            said_at=self.now,
            channel=channel,
            lon=108.913,
            lat=34.265,
            kind="C0137",
        )
        told = Statement(
            said=said,
            phone="02955501234",
            confidential=confidential,
            idempotency=key,
            join=joined.pk if joined else None,
        )
        again = (
            bool(key)
            and Report.objects.filter(by="public", channel=channel, idempotency__isnull=False).exists()
        )
        self.attempt(
            "report", lambda: actions.receive(told, viewer=PUBLIC, at=self.now), entries=0 if again else 1
        )

    @rule(seed=SEEDS, length=st.integers(3, 10))
    def walk(self, seed: int, length: int) -> None:
        """Some steps with one case: mostly such as leave its state, sometimes any."""
        chance = Random(seed)
        case = self.case(chance.randrange(10**6))
        for _ in range(length if case else 0):
            case = Case.objects.get(pk=case.pk)
            leaving = [arrow.name for arrow in CASE.leaving(case.state) if arrow.name not in NO_BUTTON]
            aside = {
                "reject",
                "merge",
                "split",
                "send_back",
                "reassign",
                "contacted",
                "exempt",
                "exclude",
                "clarify",
                "resume",
            }
            aside |= (
                set()
                if case.pending()
                else {name for name in leaving if name.startswith(("grant_", "refuse_"))}
            )
            ahead = [name for name in leaving if name not in aside] or leaving
            pool = chance.choice([ahead, ahead, ahead, leaving, [arrow.name for arrow in CASE.transitions]])
            pool = [name for name in pool if name not in NO_BUTTON]
            if not pool:
                break
            name = chance.choice(pool)
            name = {"confirm_for_callback": "confirm"}.get(
                name, "decide" if name.startswith(("grant_", "refuse_")) else name
            )
            self.attempt(name, self.call_of(name, case, chance.randrange(10**6)))
            self.now += chance.choice([timedelta(0), timedelta(minutes=3), timedelta(hours=2)])
            self.clocks_follow_the_state()
            self.nobody_is_forgotten()

    def call_of(self, step: str, case: Case, draw: int) -> Callable[[], object]:
        arrow = {
            "decide": f"grant_{case.pending_request() or 'extension'}",
            "confirm": "confirm_for_callback" if case.callback_owed else "confirm",
        }
        who = self.actor(draw, case, arrow.get(step, step))
        version = None if draw % 7 else case.version - (draw % 2)
        base: dict[str, Any] = {
            "case_id": case.pk,
            "viewer": who,
            "at": self.now,
            "expected_version": version,
        }
        plain = {"case_id": case.pk, "viewer": who, "at": self.now}
        reports = list(Report.objects.filter(case=case).order_by("pk"))
        report = reports[draw % len(reports)].pk if reports else 0
        unit = list(self.units.values())[draw % 3]
        second = list(self.units.values())[(draw // 3) % 3]
        reason = {**base, "reason": "理由" if draw % 11 else ""}
        question = Question.objects.filter(case=case).order_by("-pk").first()
        other = self.case(draw)
        calls: dict[str, Callable[[], object]] = {
            "accept": lambda: actions.accept(**base, kind="C0137"),
            "reject": lambda: actions.reject(**reason, ground="untrue"),
            "clarify": lambda: actions.clarify(**base, question="哪里？", report_id=report),
            "clarified": lambda: actions.answer(question_id=question.pk if question else 0, viewer=who, at=self.now, text="这里"),
            "merge": lambda: actions.merge(**base, into_id=other.pk if other else 0),
            "unmerge": lambda: actions.unmerge(**reason),
            "split": lambda: actions.split(**base, **({"reports": [report]} if draw % 2 else {"text": "第二件事"})),
            "send_back": lambda: actions.send_back(**reason),
            "dispatch": lambda: actions.dispatch(**base, unit_id=unit, co_units=[second] if draw % 2 else []),
            "sign": lambda: actions.sign(**base),
            "contest": lambda: actions.contest(**reason),
            "contest_again": lambda: actions.contest(**reason),
            "rule": lambda: actions.rule(**reason, unit_id=unit, article="职责清单", precedent=False),
            "co_done": lambda: actions.co_done(**base, result="完成"),
            "ask": lambda: actions.ask(**base, question="哪盏？", report_id=report),
            "answered_back": lambda: actions.answer(question_id=question.pk if question else 0, viewer=who, at=self.now, text="这盏"),
            "ask_extension": lambda: actions.ask_for(**reason, kind="extension"),
            "ask_suspension": lambda: actions.ask_for(**reason, kind="suspension", until=self.now + timedelta(days=draw % 400)),
            "decide": lambda: actions.decide(**reason, granted=bool(draw % 3)),
            "resume": lambda: actions.resume(**base),
            "finish": lambda: actions.finish(**base, result="已处理", photos=[self.photo()] if draw % 9 else []),
            "confirm": lambda: actions.confirm(**base, finding="好" if draw % 11 else ""),
            "rework": lambda: actions.rework(**reason),
            "call_back": lambda: actions.call_back(
                **base, report_id=report, outcome="reached", **({"solved": True, "grade": 1 + draw % 5} if draw % 2 else {})
            ),
            "call_back_unsolved": lambda: actions.call_back_unsolved(**reason, report_id=report),
            "judge": lambda: actions.judge(report_id=report, viewer=who, at=self.now, solved=bool(draw % 2), grade=draw % 7),
            "reopen": lambda: actions.reopen(
                report_id=report, viewer=who, at=self.now, reason="还在", photos=[self.photo()] if draw % 5 else []
            ),
            "supplement": lambda: actions.supplement(report_id=report, viewer=who, at=self.now, text="更坏了" if draw % 11 else ""),
            "contacted": lambda: self.contact(plain, report),
            "exempt": lambda: actions.exempt(**reason),
            "exclude": lambda: actions.exclude(**reason, ground="force_majeure"),
            "reassign": lambda: actions.reassign(**plain, unit_id=unit, reason="撤并"),
        }  # fmt: skip
        return calls[step]

    def contact(self, plain: dict[str, Any], report: int) -> None:
        """A second contact is no new fact and no entry; here each is made a first one."""
        Report.objects.filter(pk=report).update(contacted_at=None)
        actions.contacted(**plain, report_id=report)

    @rule(seed=SEEDS)
    def walk_on(self, seed: int) -> None:
        """The same: hypothesis draws rules evenly, and steps are what a walk is made of."""
        self.walk(seed, 10)

    @rule()
    def the_clock_works(self) -> None:
        actions.resume_due(at=self.now)
        actions.lapse_question(at=self.now)

    # --- What must hold -------------------------------------------------------------------------------------------

    @invariant()
    def everything_holds(self) -> None:
        assert (
            list(run_all(rooms=ROOMS)) == []
        )  # without the territory's, which take a second and do not change
        assert list(verify()) == []

    @invariant()
    def nobody_is_forgotten(self) -> None:
        for case in Case.objects.exclude(state__in=("merged",)):
            count = Report.objects.filter(case=case).count()
            assert count == case.report_count > 0, case.number
            hotline = Report.objects.filter(case=case, channel="hotline").exists()
            assert case.callback_owed or not hotline or case.state == "answered", case.number
        assert not Report.objects.filter(case__state="merged").exists()

    @invariant()
    def clocks_follow_the_state(self) -> None:
        for case in Case.objects.all():
            running = {clock.name: clock for clock in case.clocks.filter(stopped_at__isnull=True)}
            if case.state_kind == "closed":
                assert not running, (case.state, sorted(running))
            waiting = {clock.name for clock in running.values() if clock.paused_at is not None}
            assert waiting <= {"accept", "handle"}
            assert bool(waiting) == (case.state in ("clarifying", "asking", "suspended")), (
                case.state,
                waiting,
            )
            due = [clock.due_at for clock in running.values() if clock.paused_at is None]
            assert case.due_at == min(due, default=None)


@pytest.mark.slow
@pytest.mark.django_db
def test_no_walk_breaks_the_loop() -> None:
    assert "cases" in ROOMS
    DONE.clear()
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=15, stateful_step_count=20, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck), phases=[Phase.generate], report_multiple_bugs=False,
        ),
    )  # fmt: skip
    far = {
        "dispatch",
        "sign",
        "finish",
        "confirm",
        "judge",
        "merge",
        "split",
        "contest",
        "clarify",
        "clarified",
        "ask_extension",
    }
    assert far <= set(DONE), f"the walks did not get far: {DONE} {REFUSED}"
