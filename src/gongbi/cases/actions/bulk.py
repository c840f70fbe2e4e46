"""Thousands of statements at once: the same triage and the same rows as ``receive``, with few statements to the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import IntegrityError, transaction

from gongbi.cases.actions.receive import Statement, case_of, clean, key_of, report_of, search_text
from gongbi.cases.models import Case, Report
from gongbi.cases.queries.triage import look_ups
from gongbi.cases.queries.twins import TwinIndex
from gongbi.cases.triage import Proposal, triage
from gongbi.kernel import rows
from gongbi.kernel.errors import Refused
from gongbi.kernel.flow.bulk import begin_many
from gongbi.kernel.scope.viewer import Viewer
from gongbi.kernel.search import actions as search


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one statement: a report (``again``: it was there already) or a refusal."""

    report: Report | None
    refused: Refused | None = None
    again: bool = False
    proposal: Proposal | None = None


class Intake:
    """Takes batches in. Keeps the open cases in memory between batches, so that twins are found without asking for each row."""

    def __init__(self, *, viewer: Viewer, at: datetime) -> None:
        self.viewer, self.at = viewer, at
        self.twins = TwinIndex.of_open_cases()
        self.ask = replace(
            look_ups(at=at), twins=lambda said, where, kinds: self.twins.find(said, where, kinds, at=at)
        )

    def take(self, statements: Sequence[Statement]) -> list[Taken]:
        """One batch, one transaction; outcomes in the order of ``statements``. Triage runs before the transaction."""
        keys = [key_of(statement) for statement in statements]
        known = {
            bytes(report.idempotency or b""): report
            for report in Report.objects.filter(idempotency__in=[key for key in keys if key]).select_related(
                "case"
            )
        }
        outcomes: list[Taken | None] = []
        fresh: list[tuple[int, Statement, Proposal, bytes | None]] = []
        first_of: dict[bytes, int] = {}
        for place, (statement, key) in enumerate(zip(statements, keys, strict=True)):
            if key is not None and key in known:
                outcomes.append(Taken(known[key], again=True))
                continue
            if key is not None and key in first_of:
                outcomes.append(None)
                continue
            try:
                good = clean(statement, self.at)
            except Refused as refusal:
                outcomes.append(Taken(None, refusal))
                continue
            if key is not None:
                first_of[key] = place
            fresh.append((place, good, triage(good.said, self.ask), key))
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

    def _written(
        self, fresh: list[tuple[int, Statement, Proposal, bytes | None]]
    ) -> Iterator[tuple[int, Taken]]:
        """Write what is new. Where another import was quicker with some of it, theirs is kept and the rest is written again."""
        while True:
            try:
                reports = self._write(fresh)
            except IntegrityError:
                keys = [key for *_, key in fresh if key is not None]
                theirs = {
                    bytes(report.idempotency or b""): report
                    for report in Report.objects.filter(idempotency__in=keys).select_related("case")
                }
                if not theirs:
                    raise
                for place, _, found, key in fresh:
                    if key in theirs:
                        yield place, Taken(theirs[key], again=True, proposal=found)
                fresh = [one for one in fresh if one[3] not in theirs]
            else:
                for (place, _, found, _), report in zip(fresh, reports, strict=True):
                    yield place, Taken(report, proposal=found)
                return

    @transaction.atomic
    def _write(self, fresh: Sequence[tuple[int, Statement, Proposal, bytes | None]]) -> list[Report]:
        made: list[tuple[Case, dict[str, object]]] = [
            case_of(statement, found) for _, statement, found, _ in fresh
        ]
        cases = [case for case, _ in made]
        begin_many(cases, self.viewer, at=self.at, transition="open", facts=[facts for _, facts in made])
        search.index_many(
            [
                (case.pk, search_text(case, statement))
                for case, (_, statement, _, _) in zip(cases, fresh, strict=True)
            ]
        )
        reports = [
            report_of(statement, case, key, self.viewer, self.at)
            for case, (_, statement, _, key) in zip(cases, fresh, strict=True)
        ]
        for report, key in zip(reports, rows.reserve(Report, len(reports)), strict=True):
            report.pk = key
        rows.load(reports, Report)
        for case in cases:
            self.twins.add(case)
        return reports
