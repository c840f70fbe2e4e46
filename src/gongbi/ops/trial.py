"""Routing rules from the command line: the same trial on past matters that the page shows, before anything takes effect."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gongbi.ops.console import say, tell_faults

if TYPE_CHECKING:
    from gongbi.duties.models import RuleDraft
    from gongbi.duties.routing import DryRun

CHANGES = 20  # changes named one by one


def routes(file: Path, *, valid_from: date, yes: bool, errors: Path | None, at: datetime) -> int:
    """Read the whole table of rules as a draft, try it, say what it would change; with ``yes`` put it in force.

    Status 0: in force. 1: a row is wrong (nothing is kept), or it was only tried. Raises Refused.
    """
    from django.utils.translation import gettext as _

    from gongbi.duties import actions
    from gongbi.kernel.errors import in_language
    from gongbi.kernel.scope.viewer import system

    viewer = system("import")
    with file.open("rb") as data:
        draft, read = actions.draft_file(title=file.name, data=data, filename=file.name, viewer=viewer, at=at)
    if draft is None:
        tell_faults(read.faults, errors)
        none = _("%(count)s errors: no rule was taken, because their order counts. Correct these rows first.")
        say(none % {"count": len(read.faults)})
        return 1
    _say_trial(draft, _try(draft, at))
    if not yes:
        wait = _(
            "Nothing is in force yet. Run the same command with --yes, or put the draft in force on the page of routing rules."
        )
        sys.stderr.write(wait + "\n")
        return 1
    done = actions.activate_rules(draft_id=draft.pk, valid_from=valid_from, viewer=viewer, at=at)
    say(_("In force from %(day)s: %(counts)s") % {"day": valid_from, "counts": in_language(done.words)})
    return 0


def _say_trial(draft: RuleDraft, run: DryRun) -> None:
    """What the draft would change, the first changes one by one."""
    from django.utils.translation import gettext as _

    from gongbi.kernel.errors import in_language

    values = {
        "draft": draft.pk,
        "rules": len(draft.rows),
        "looked": run.looked,
        "moved": run.moved,
        "now": run.agrees_now,
        "then": run.agrees_then,
        "unknown": run.unknown,
        "unused": ", ".join(run.unused),
        "more": run.moved - CHANGES,
    }
    say(_("Draft %(draft)s: %(rules)s rules, tried on %(looked)s past matters.") % values)
    say("  " + _("would go elsewhere or get another limit: %(moved)s") % values)
    say("  " + _("the rules in force agree with what happened: %(now)s of %(looked)s") % values)
    say("  " + _("the draft agrees with what happened: %(then)s of %(looked)s") % values)
    if run.unknown:
        say("  " + _("left out, their kind is no longer known: %(unknown)s") % values)
    if run.unused:
        say("  " + _("rules that decided nothing: %(unused)s") % values)
    for change in run.changes[:CHANGES]:
        say(f"    {change.past.ref}  {in_language(change.words)}")
    if run.moved > CHANGES:
        say("    " + _("… and %(more)s more") % values)


def _try(draft: RuleDraft, at: datetime) -> DryRun:
    from gongbi.cases import queries as cases
    from gongbi.duties import actions
    from gongbi.kernel.scope.viewer import system

    past = cases.past_matters(system("dry-run"), now=at)
    return actions.dry_run_draft(draft_id=draft.pk, past=past, viewer=system("import"), at=at)
