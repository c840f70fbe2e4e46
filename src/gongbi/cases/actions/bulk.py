"""Thousands of statements at once: the same triage and the same rows as ``receive``, with few statements to the database."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import IntegrityError, transaction

from gongbi.cases.actions.hearing import Ear, Heard, Helpers
from gongbi.cases.actions.making import SEED, report_of
from gongbi.cases.actions.receive import key_of
from gongbi.cases.actions.statement import Statement
from gongbi.cases.models import Case, Report
from gongbi.cases.queries.nearby import Nearby
from gongbi.cases.triage import Proposal, twins_as_json
from gongbi.kernel import rows
from gongbi.kernel.errors import Refused
from gongbi.kernel.flow.bulk import begin_many, reserve
from gongbi.kernel.flow.declare import flow_named
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.search import actions as search

_BEGIN = "open"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one statement: a report (``again``: it was there already) or a refusal."""

    report: Report | None
    refused: Refused | None = None
    again: bool = False
    proposal: Proposal | None = None


@dataclass(slots=True)
class _Fresh:
    """A statement that is about to be written: its place in the batch and its row among the open cases."""

    place: int
    heard: Heard
    found: Proposal
    key: bytes | None
    case: Case
    row: int


class Intake:
    """Takes batches in. Keeps the open cases in memory between batches, so that twins are found without asking for each row."""

    def __init__(self, *, viewer: Viewer, at: datetime, helpers: int = 0) -> None:
        self.viewer, self.at = viewer, at
        self.nearby = Nearby.of_open_cases()
        self.first_state = flow_named(Case.flow_name).by_name[_BEGIN].to
        self.ear = Ear(at)
        self.helpers = Helpers(at, helpers)

    def take(self, statements: Sequence[Statement]) -> list[Taken]:
        """One batch, one transaction; outcomes in the order of ``statements``. Triage runs before the transaction."""
        keys = [key_of(statement) for statement in statements]
        known = _reports(keys)
        heard = self.helpers.heard(statements)
        outcomes: list[Taken | None] = []
        fresh: list[_Fresh] = []
        first_of: dict[bytes, int] = {}
        for place, (statement, key) in enumerate(zip(statements, keys, strict=True)):
            if key is not None and key in known:
                outcomes.append(Taken(known[key], again=True))
                continue
            if key is not None and key in first_of:
                outcomes.append(None)
                continue
            one = self.ear(statement) if heard is None else heard[place]
            if isinstance(one, Refused):
                outcomes.append(Taken(None, one))
                continue
            if key is not None:
                first_of[key] = place
            said, found = one.statement.said, one.found
            found = replace(found, twins=self.nearby.find(said, found.where, found.kinds, at=self.at))
            case = _case(one, found)
            # The rows after this one may be its twins.
            row = self.nearby.add(case, at=self.at, state=self.first_state)
            fresh.append(_Fresh(place, one, found, key, case, row))
            outcomes.append(None)
        for place, taken in self._written(fresh):
            outcomes[place] = taken
        done: list[Taken] = []
        for outcome, key in zip(outcomes, keys, strict=True):
            # A key that stands twice in one batch: the second gets the first one's report.
            first = outcomes[first_of[key]] if outcome is None and key is not None else outcome
            if first is None:
                raise RuntimeError("a statement of the batch has no outcome")
            done.append(first if outcome is not None else replace(first, again=True))
        return done

    def _written(self, fresh: list[_Fresh]) -> Iterator[tuple[int, Taken]]:
        """Write what is new. Where another import was quicker with some of it, theirs is kept and the rest is written again."""
        while True:
            try:
                reports = self._write(fresh)
            except IntegrityError:
                theirs = _reports([one.key for one in fresh])
                if not theirs:
                    raise
                for one in fresh:
                    if one.key in theirs:
                        self.nearby.written(one.row, theirs[one.key].case_id)
                        yield one.place, Taken(theirs[one.key], again=True, proposal=one.found)
                fresh = [one for one in fresh if one.key not in theirs]
                for one in fresh:
                    one.case = _case(one.heard, one.found)
            else:
                for one, report in zip(fresh, reports, strict=True):
                    yield one.place, Taken(report, proposal=one.found)
                return

    @transaction.atomic
    def _write(self, fresh: Sequence[_Fresh]) -> list[Report]:
        if not fresh:
            return []
        cases = [one.case for one in fresh]
        reserve(cases)
        for one in fresh:
            self.nearby.written(one.row, one.case.pk)
        for one in fresh:
            if any(twin.case_id < 0 for twin in one.found.twins):
                # Twins of the same batch had no keys when they were found.
                for told in one.case.proposal["twins"]:
                    told["id"] = self.nearby.resolved(told["id"])
        begin_many(
            cases, self.viewer, at=self.at, transition=_BEGIN, facts=[one.heard.facts for one in fresh]
        )
        search.index_many([(one.case.pk, one.heard.indexed) for one in fresh])
        seeds = secrets.token_bytes(SEED * len(fresh))
        reports = [
            report_of(
                one.heard.statement,
                one.case,
                one.key,
                self.viewer,
                self.at,
                seeds[SEED * number : SEED * (number + 1)],
            )
            for number, one in enumerate(fresh)
        ]
        for report, key in zip(reports, rows.reserve(Report, len(reports)), strict=True):
            report.pk = key
        rows.load(reports, Report)
        return reports


def _case(heard: Heard, found: Proposal) -> Case:
    """The unsaved case, with the twins that were found."""
    proposal = heard.values["proposal"] | {"twins": twins_as_json(found.twins)}
    return rows.new(Case, **(heard.values | {"proposal": proposal}))


def _reports(keys: Sequence[bytes | None]) -> dict[bytes | None, Report]:
    """The reports that are there already, by the digest by which a repeated one is recognised."""
    found = Report.objects.filter(idempotency__in=[key for key in keys if key]).select_related("case")
    return {bytes(report.idempotency or b""): report for report in found}
