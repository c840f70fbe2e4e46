"""New versions of the lists: what was in force stays on record, a new version only closes it."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from gongbi.duties.actions.common import changed, keeper, lock
from gongbi.duties.exchange import SHEETS, Known, read_list, shipped
from gongbi.duties.models import Edition, Kind, Versioned
from gongbi.kernel.errors import Refused
from gongbi.kernel.keeping import Result
from gongbi.kernel.scope.viewer import Viewer

_OUR_OWN = ("id", "valid_from", "edition")


@dataclass(slots=True, kw_only=True)
class Outcome(Result):
    """What became of a list, and the edition that this made (none: nothing changed)."""

    name: str
    edition: Edition | None = None


def _fields(model: type[Versioned]) -> list[str]:
    return [f.name for f in model._meta.concrete_fields if f.name not in _OUR_OWN]


def publish(
    list_name: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    valid_from: date,
    viewer: Viewer,
    at: datetime,
    filename: str = "",
    complete: bool = False,
) -> Outcome:
    """Put rows in force from a local day on. Locks the room's token.

    Rows equal to what is in force change nothing. ``complete``: what is not among ``rows`` ends on that day.
    Nothing that was
    in force before today is touched: a day in the past is refused where an older version exists. Raises
    ``Forbidden``,
    ``Refused`` (``duties.past``, ``duties.later_version``).
    """
    keeper(viewer)
    with transaction.atomic():
        lock()
        return _publish(list_name, rows, valid_from, viewer, at, filename, complete)


def _publish(
    list_name: str,
    rows: Sequence[Mapping[str, Any]],
    valid_from: date,
    viewer: Viewer,
    at: datetime,
    filename: str,
    complete: bool,
) -> Outcome:
    model = SHEETS[list_name].model
    names = _fields(model)
    wanted = {str(row["key"]): {name: row.get(name) for name in names} for row in rows}
    in_force = model._default_manager.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=valid_from))
    held = {row.key: row for row in in_force.order_by("valid_from", "pk")}  # the latest version of each thing
    out = Outcome(name=list_name)
    fresh: list[str] = []
    closing: list[Any] = []
    for key, fields in wanted.items():
        old = held.get(key)
        if old is None:
            out.new += 1
            fresh.append(key)
        elif all(getattr(old, name) == value for name, value in fields.items()):
            out.same += 1
        else:
            out.changed += 1
            fresh.append(key)
            closing.append(old)
    if complete:
        ending = [row for key, row in held.items() if key not in wanted]
        out.closed = len(ending)
        closing += ending
    if not (fresh or closing):
        return out
    _check_day(valid_from, closing, at)
    digest = hashlib.sha256(
        json.dumps(wanted, sort_keys=True, ensure_ascii=False, default=str).encode()
    ).hexdigest()
    out.edition = Edition.objects.create(
        list=list_name,
        valid_from=valid_from,
        made_at=at,
        actor=viewer.actor,
        filename=filename[:200],
        digest=digest,
        added=out.new,
        changed=out.changed,
        closed=out.closed,
        unchanged=out.same,
    )
    model._default_manager.filter(pk__in=[row.pk for row in closing]).update(valid_to=valid_from)
    model._default_manager.bulk_create(
        [model(**wanted[key], valid_from=valid_from, edition=out.edition) for key in fresh], batch_size=200
    )
    changed()
    return out


def _check_day(valid_from: date, closing: Sequence[Any], at: datetime) -> None:
    if closing and valid_from < timezone.localdate(at):
        raise Refused(
            "duties.past",
            (
                "生效日期%(day)s已过：已经生效的版本不能倒改，请选今天或以后。",
                "The day %(day)s is past: what was in force is not rewritten. Choose today or later.",
            ),
            values={"day": valid_from.isoformat()},
            field="valid_from",
        )
    later = max((row.valid_from for row in closing), default=valid_from)
    if later > valid_from:
        raise Refused(
            "duties.later_version",
            (
                "已有%(later)s起生效的版本，新版本不能早于它。",
                "There is a version in force from %(later)s; a new one cannot begin before it.",
            ),
            values={"later": later.isoformat()},
            field="valid_from",
        )


def import_list(
    name: str,
    data: bytes | IO[bytes],
    filename: str,
    *,
    viewer: Viewer,
    at: datetime,
    valid_from: date | None = None,
    complete: bool = False,
) -> Outcome:
    """Read a spreadsheet of one list and put its good rows in force; the others come back with what is wrong.

    A row's own day counts before ``valid_from``; without either it is today. With ``complete``, a file with
    any refused row
    changes nothing, because a row that could not be read must not end what it stands for.
    """
    keeper(viewer)
    if name not in SHEETS:
        raise Refused(
            "duties.unknown_list",
            (
                "没有名为“%(name)s”的清单，有：%(names)s。",
                "There is no list “%(name)s”; there are: %(names)s.",
            ),
            values={"name": name, "names": "、".join(SHEETS)},
        )
    codes = Kind.objects.filter(valid_to__isnull=True).values_list("code", flat=True)
    known = Known() if name == "kinds" else Known(frozenset(codes))
    read = read_list(name, data, filename, known)
    out = Outcome(name=name, faults=read.faults)
    if read.unknown:
        out.notes.append(
            (f"没有读的列：{'、'.join(read.unknown)}", f"columns not read: {', '.join(read.unknown)}")
        )
    if complete and read.refused:
        note = (
            "有错误的行，整份清单没有替换。请改正后再导入。",
            "Some rows are wrong, so the list was not replaced. Correct them and import it again.",
        )
        out.notes.append(note)
        return out
    days: dict[date, list[dict[str, Any]]] = defaultdict(list)
    for fields in read.rows:
        days[fields.pop("valid_from") or valid_from or timezone.localdate(at)].append(fields)
    if complete and len(days) > 1:
        raise Refused(
            "duties.several_days",
            (
                "整份替换时所有行的生效日期必须相同。",
                "When a whole list is replaced, all rows must have the same day.",
            ),
            field="valid_from",
        )
    with transaction.atomic():
        lock()
        for day in sorted(days):
            done = _publish(name, days[day], day, viewer, at, filename, complete)
            out.new += done.new
            out.changed += done.changed
            out.closed += done.closed
            out.same += done.same
            out.edition = done.edition or out.edition
    return out


@transaction.atomic
def load_defaults(*, at: datetime, viewer: Viewer) -> list[Outcome]:
    """Load the shipped lists that are still empty here; a list that somebody keeps is never touched.
    Idempotent.
    """
    keeper(viewer)
    done: list[Outcome] = []
    for name, sheet in SHEETS.items():
        if sheet.model._default_manager.exists():
            done.append(Outcome(name=name))
            continue
        out = import_list(name, shipped(name), f"{name}.csv", viewer=viewer, at=at)
        if out.faults:
            raise ValueError(f"shipped {name}.csv, row {out.faults[0].row}: {out.faults[0].message}")
        done.append(out)
    return done
