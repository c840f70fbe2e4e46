"""Tasks for whoever is near: asked for, offered to the duty grid first, accepted, declined, handed over, reported back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from gongbi.kernel.errors import NotThere, Refused, Stale
from gongbi.kernel.files import actions as files
from gongbi.kernel.flow.advance import advance, begin
from gongbi.kernel.flow.models import Link
from gongbi.kernel.scope.viewer import Viewer, system
from gongbi.rounds import rules
from gongbi.rounds.flow import AT_HAND
from gongbi.rounds.models import FieldPhoto, FieldTask, Shift

EYES = system("rounds")
_MOST_FINDING = 2000


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be looked at: the matter, what to look for, where; ``persons`` and ``units`` handled it and do not look."""

    purpose: str
    about: int
    number: str
    title: str
    territory: str
    question: str = ""
    place_words: str = ""
    place: rules.Point | None = None
    persons: tuple[int, ...] = ()
    units: tuple[int, ...] = ()


def ask(asked: Asked, *, viewer: Viewer, at: datetime) -> FieldTask:
    """Ask a grid worker to look; offered at once when somebody near is on duty. A task that is open already is given back.

    Who calls it has decided that this viewer deals with the matter. Errors: Refused (no such purpose, no place known).
    """
    if asked.purpose not in rules.VERDICTS:
        raise Refused("rounds.purpose", ("没有这种任务。", "There is no such task."), field="purpose")
    if len(asked.territory) < 9:
        raise Refused(
            "rounds.no_place",
            (
                "此件还没有落到社区，无法派人到场。",
                "The matter is in no community yet, so nobody can be sent.",
            ),
            field="territory",
        )
    with transaction.atomic():
        known = FieldTask.objects.filter(
            about=asked.about, purpose=asked.purpose, closed_at__isnull=True
        ).first()
        if known is not None:
            return known
        lon, lat = asked.place or (None, None)
        task = FieldTask(
            purpose=asked.purpose, about=asked.about, about_number=asked.number, title=asked.title[:80],
            question=asked.question[:200], place_words=asked.place_words[:200], lon=lon, lat=lat, territory=asked.territory,
            asked_by=viewer.actor, barred_persons=sorted(asked.persons), barred_units=sorted(asked.units),
        )  # fmt: skip
        begin(task, viewer, at=at, transition="ask", facts={"about": asked.about, "purpose": asked.purpose})
        Link.objects.create(
            source_id=task.pk, target_id=asked.about, kind=asked.purpose, at=at, actor=viewer.actor
        )
        _offer(task, at)
    return task


def offer_waiting(*, at: datetime, most: int = 200) -> int:
    """Offer what waits to whoever is on duty now; returns how many found somebody. Run by the worker; idempotent."""
    waiting = FieldTask.objects.filter(state="waiting").order_by("pk").values_list("pk", flat=True)[:most]
    offered = 0
    for key in list(waiting):
        with transaction.atomic():
            offered += _offer(_locked(key), at)
    return offered


def pass_on(*, at: datetime, most: int = 200) -> int:
    """What nobody answered in time goes to the next who is near and was not asked yet; else it stays. Returns how many went on.

    Run by the worker; idempotent. A phone without signal may come back later: what was written on it is kept there.
    """
    unanswered = FieldTask.objects.filter(state="offered").order_by("pk").values_list("pk", flat=True)[:most]
    went = 0
    for key in list(unanswered):
        with transaction.atomic():
            task = _locked(key)
            last = task.entries.order_by("-seq").values_list("at", flat=True)[0]
            if task.state != "offered" or at - last <= rules.ANSWER_WITHIN:
                continue
            chosen = _nearest(task, besides=task.post_id)
            if chosen is None:
                continue
            facts = {"post": chosen.post_id, "from": task.post_id}
            advance(task, "pass_on", EYES, at=at, move={"unit_id": chosen.unit_id}, facts=facts)
            task.declined, task.post_id = [*task.declined, task.post_id], chosen.post_id
            task.save(update_fields=["declined", "post_id"])
            went += 1
    return went


def _offer(task: FieldTask, at: datetime) -> bool:
    if task.state != "waiting":
        return False
    chosen = _nearest(task)
    if chosen is None:
        return False
    advance(task, "offer", EYES, at=at, move={"unit_id": chosen.unit_id}, facts={"post": chosen.post_id})
    task.post_id = chosen.post_id
    task.save(update_fields=["post_id"])
    return True


def _nearest(task: FieldTask, *, besides: int | None = None) -> rules.OnDuty | None:
    """Who on duty is asked next; ``besides``: the post that has been asked just now."""
    on_duty = [
        rules.OnDuty(
            shift.post_id,
            shift.person_id,
            shift.unit_id,
            tuple(shift.grids),
            (shift.lon, shift.lat) if shift.lon is not None and shift.lat is not None else None,
        )
        for shift in Shift.objects.filter(ended_at__isnull=True)
    ]
    return rules.next_worker(
        on_duty,
        territory=task.territory,
        place=(task.lon, task.lat) if task.lon is not None and task.lat is not None else None,
        persons=task.barred_persons,
        units=task.barred_units,
        declined=task.declined if besides is None else [*task.declined, besides],
    )


def release(post_id: int, *, at: datetime) -> int:
    """Whoever went off duty goes nowhere any more: what they had not reported back is offered to the next; returns how many.

    In the transaction that ends the shift.
    """
    held = (
        FieldTask.objects.filter(post_id=post_id, state__in=AT_HAND)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    for key in list(held):
        task = _locked(key)
        advance(task, "release", EYES, at=at, move={"unit_id": None}, facts={"post": post_id})
        task.post_id = None
        task.save(update_fields=["post_id"])
        _offer(task, at)
    return len(held)


def _locked(key: int) -> FieldTask:
    found = FieldTask.objects.select_for_update().filter(pk=key).first()
    if found is None:
        raise NotThere("rounds.task", ("没有这项任务。", "There is no such task."))
    return found


def _mine(key: int, viewer: Viewer) -> FieldTask:
    """The task, when it is still this worker's; what moved on meanwhile is said, so that the phone can show it."""
    task = _locked(key)
    if task.post_id != viewer.post_id or task.state in ("waiting", "done", "withdrawn"):
        raise Stale(
            "rounds.task_moved",
            (
                "任务 %(number)s 已不在您手上（现在：%(state)s）。您写的内容还在手机里，可以改为上报。",
                "Task %(number)s is no longer yours (now: %(state)s). What you wrote is still on the phone: you can send it as a report.",
            ),
            values={"number": task.number, "state": task.declared_state.words},
        )
    return task


@transaction.atomic
def accept(*, task_id: int, viewer: Viewer, at: datetime) -> FieldTask:
    """Take the task on; accepted already stays accepted. Errors: Stale when it is somebody else's by now."""
    task = _mine(task_id, viewer)
    if task.state == "offered":
        advance(task, "accept", viewer, at=at)
    return task


@transaction.atomic
def decline(*, task_id: int, reason: str, viewer: Viewer, at: datetime) -> FieldTask:
    """Say no, with a reason; it goes to the next who is near. Errors: Stale (somebody else's by now), Refused (no reason)."""
    task = _mine(task_id, viewer)
    advance(
        task,
        "decline",
        viewer,
        at=at,
        move={"unit_id": None},
        facts={"reason": reason.strip(), "post": task.post_id},
    )
    task.declined, task.post_id = [*task.declined, viewer.post_id], None
    task.save(update_fields=["declined", "post_id"])
    _offer(task, at)
    return task


@transaction.atomic
def hand_over(*, task_id: int, to_post: int, reason: str, viewer: Viewer, at: datetime) -> FieldTask:
    """Give it to a colleague on duty. Errors: Stale (somebody else's by now), Refused (not on duty, handled the matter)."""
    task = _mine(task_id, viewer)
    shift = (
        Shift.objects.filter(post_id=to_post, ended_at__isnull=True)
        .exclude(post_id=viewer.post_id or 0)
        .first()
    )
    if shift is None:
        raise Refused(
            "rounds.not_on_duty",
            ("这位同事不在岗，请换一位。", "This colleague is not on duty. Choose another."),
            field="post",
        )
    facts = {
        "post": to_post,
        "person": shift.person_id,
        "unit": shift.unit_id,
        "reason": reason.strip(),
        "from": task.post_id,
    }
    advance(task, "hand_over", viewer, at=at, move={"unit_id": shift.unit_id}, facts=facts)
    task.post_id = to_post
    task.save(update_fields=["post_id"])
    return task


@transaction.atomic
def report_back(
    *,
    task_id: int,
    key: str,
    verdict: str,
    finding: str,
    photos: Sequence[FieldPhoto],
    viewer: Viewer,
    at: datetime,
) -> FieldTask:
    """Say what was found, with photos; they become evidence of the matter it was about. The same key again changes nothing.

    Errors: Stale when the task is somebody else's by now, Refused (verdict, nothing said, own work).
    """
    rules.check_key(key)
    done = FieldTask.objects.filter(pk=task_id, key=key, done_at__isnull=False).first()
    if done is not None:
        return done
    task = _mine(task_id, viewer)
    if verdict not in rules.VERDICTS[task.purpose]:
        raise Refused("rounds.verdict", ("请选一个结果。", "Choose what you found."), field="verdict")
    words = finding.strip()[:_MOST_FINDING] or "、".join(rules.VERDICTS[task.purpose][verdict])
    stored = [photo.file_id for photo in photos if photo.file_id is not None]
    files.attach(stored, matter_id=task.about, owner=f"task:{task.pk}", purpose="check")
    facts = {"verdict": verdict, "finding": words, "evidence": [photo.digest for photo in photos]}
    advance(task, "report", viewer, at=at, facts=facts)
    task.verdict, task.finding, task.key, task.done_at = verdict, words, key, at
    task.save(update_fields=["verdict", "finding", "key", "done_at"])
    return task


@transaction.atomic
def withdraw(*, task_id: int, reason: str, viewer: Viewer, at: datetime) -> FieldTask:
    """No longer needed. Errors: Refused (done already), Forbidden."""
    task = _locked(task_id)
    advance(task, "withdraw", viewer, at=at, facts={"reason": reason.strip()})
    return task
