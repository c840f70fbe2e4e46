"""Routing rules from the command line: the same trial on past matters that the page shows, before anything takes effect."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gongbi.ops.commands.imports import tell_faults
from gongbi.ops.console import say

if TYPE_CHECKING:
    from gongbi.duties.models import RuleDraft
    from gongbi.duties.routing import DryRun

CHANGES = 20  # changes named one by one


def routes(file: Path, *, valid_from: date, yes: bool, errors: Path | None, at: datetime) -> int:
    """Read the whole table of rules as a draft, try it, say what it would change; with ``yes`` put it in force.

    Status 0: in force. 1: a row is wrong (nothing is kept), or it was only tried. Raises Refused.
    """
    from gongbi.duties import actions
    from gongbi.kernel.errors import in_language
    from gongbi.kernel.keeping import faults_of_rows
    from gongbi.kernel.scope.viewer import system

    viewer = system("import")
    with file.open("rb") as data:
        draft, read = actions.draft_file(title=file.name, data=data, filename=file.name, viewer=viewer, at=at)
    if draft is None:
        faults = list(faults_of_rows(read.refused))
        tell_faults(faults, errors)
        say(f"{len(faults)} errors: no rule was taken, because their order counts. Correct these rows first.")
        return 1
    run = _try(draft, at)
    say(f"Draft {draft.pk}: {len(draft.rows)} rules, tried on {run.looked} past matters.")
    say(f"  would go elsewhere or get another limit: {run.moved}")
    say(f"  the rules in force agree with what happened: {run.agrees_now} of {run.looked}")
    say(f"  the draft agrees with what happened: {run.agrees_then} of {run.looked}")
    if run.unknown:
        say(f"  left out, their kind is no longer known: {run.unknown}")
    if run.unused:
        say(f"  rules that decided nothing: {', '.join(run.unused)}")
    for change in run.changes[:CHANGES]:
        say(f"    {change.past.ref}  {in_language(change.words)}")
    if run.moved > CHANGES:
        say(f"    … and {run.moved - CHANGES} more")
    if not yes:
        sys.stderr.write(
            "Nothing is in force yet. Run the same command with --yes, or put the draft in force on the page of routing rules.\n"
        )
        return 1
    done = actions.activate_rules(draft_id=draft.pk, valid_from=valid_from, viewer=viewer, at=at)
    say(
        f"In force from {valid_from}: {done.added} new, {done.changed} changed, {done.closed} ended, "
        f"{done.unchanged} as they were."
    )
    return 0


def _try(draft: RuleDraft, at: datetime) -> DryRun:
    from gongbi.cases import queries as cases
    from gongbi.duties import actions
    from gongbi.kernel.scope.viewer import system

    past = cases.past_matters(system("dry-run"), now=at)
    return actions.dry_run_draft(draft_id=draft.pk, past=past, viewer=system("import"), at=at)
