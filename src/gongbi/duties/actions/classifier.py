"""What the classifier learns from: corrections by people, and trainings that are promoted only when they are
better.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from gongbi.duties import catalogue
from gongbi.duties.actions.common import changed, keeper, lock
from gongbi.duties.models import KindModel, LearnedExample
from gongbi.kernel import rows
from gongbi.kernel.errors import NotThere, Refused
from gongbi.kernel.scope.viewer import Viewer, system
from gongbi.science import text as science
from gongbi.science.text import softmax
from gongbi.science.text_words import TEMPERATURE

HELD = 5  # about every fifth text is held out for the comparison
LEAST = 60  # texts below which nothing is trained
ENOUGH_NEW = 30  # decisions since the last training that are worth another
MIXINGS = (0.3, 0.5, 0.7, 0.85)
_NUMBERS = re.compile(r"\d{5,}")
_LONGEST = 4000


@transaction.atomic(savepoint=False)
def learn(
    *,
    text: str,
    kind: str,
    source: str,
    at: datetime,
    proposed: str = "",
    viewer: Viewer | None = None,
) -> LearnedExample:
    """Remember what a person decided for a text. ``source`` names the matter (``case:12``): its last word
    counts.

    Long numbers (telephones, identity numbers) are blanked before anything is kept.
    """
    actor = (viewer or system("cases")).actor
    kept = _NUMBERS.sub("#", text)[:_LONGEST]
    row = LearnedExample(ref=source[:40], text=kept, kind=kind, proposed=proposed, at=at, actor=actor)
    row.pk = rows.key_where(LearnedExample, ref=row.ref)
    if row.pk is None:
        rows.insert(row)
    else:
        changed = {name: getattr(row, name) for name in ("text", "kind", "proposed", "at", "actor")}
        rows.update(LearnedExample, row.pk, changed)
        row._state.adding, row._state.db = False, "default"
    return row


@dataclass(frozen=True, slots=True)
class Trial:
    """How a way of answering does on the held-out texts."""

    accuracy: float
    macro_f1: float
    log_loss: float

    @classmethod
    def of(cls, chances: Any, names: Sequence[str], truth: Sequence[str]) -> Trial:
        scores = science.evaluate(chances, names, truth)
        return cls(scores.accuracy, scores.macro_f1, scores.log_loss)

    def as_dict(self) -> dict[str, float]:
        return {"accuracy": self.accuracy, "macro_f1": self.macro_f1, "log_loss": self.log_loss}


def _mixed(model: science.Model, mixing: float, cold: Any, names: Sequence[str], texts: Sequence[str]) -> Any:
    """What the product would answer with this model: its probabilities over ``names`` blended with the
    catalogue's.
    """
    place = {name: number for number, name in enumerate(names)}
    own = [place.get(label, -1) for label in model.labels]
    out = np.zeros((len(texts), len(names)))
    for row, text in enumerate(texts):
        learned = np.zeros(len(names))
        for column, chance in zip(own, model.probabilities(text), strict=True):
            if column >= 0:
                learned[column] = chance
        out[row] = science.blend(cold[row], learned, mixing, model.coverage(text))
    return out


def is_held_out(text: str) -> bool:
    """Whether a text is kept for judging, by its own digest: no training, of any day, ever sees it."""
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=4).digest()[0] % HELD == 0


def train_from_history(
    rows: Iterable[tuple[str, str]],
    *,
    viewer: Viewer,
    at: datetime,
    seed: int = 1,
    window: tuple[datetime | None, datetime | None] = (None, None),
) -> KindModel:
    """Train on (text, kind code) in the order given, compare on held-out texts, and promote only what is
    better.

    The comparison is between the catalogue's words alone, the active model and the new one, each mixed with
    the catalogue as it
    would answer; the new one is promoted when its macro-F1 and its log-loss are not worse than the best of
    the others. Training
    runs outside any transaction. Raises ``Forbidden``, ``Refused`` (``duties.too_few``).
    """
    keeper(viewer)
    state = catalogue.state(timezone.localdate(at))
    pairs = [(t, k) for t, k in dict.fromkeys(rows) if k in state.kinds and t.strip()]
    if len(pairs) < LEAST:
        raise _too_few(len(pairs))
    held = [pair for pair in pairs if is_held_out(pair[0])]
    rest = [pair for pair in pairs if not is_held_out(pair[0])]
    from gongbi.science import text_fit  # only who trains waits for scikit-learn

    try:
        final = text_fit.train([t for t, _k in rest], [k for _t, k in rest], seed=seed)
    except ValueError:
        raise _too_few(len(pairs)) from None
    if not held:
        raise _too_few(len(pairs))
    names, texts, truth = state.cold.labels, [t for t, _k in held], [k for _t, k in held]
    cold = np.vstack([softmax(state.cold.scores(text)[0] / TEMPERATURE) for text in texts])
    trials = {mix: Trial.of(_mixed(final, mix, cold, names, texts), names, truth) for mix in MIXINGS}
    mixing, best = min(trials.items(), key=lambda pair: (pair[1].log_loss, pair[0]))
    rivals = [Trial.of(cold, names, truth)]
    scores: dict[str, Any] = {
        "new": best.as_dict(),
        "catalogue": rivals[0].as_dict(),
        "held_out": len(held),
    }
    if state.trained is not None:
        old = _mixed(state.trained.model, state.trained.mixing, cold, names, texts)
        rivals.append(Trial.of(old, names, truth))
        scores["before"] = rivals[-1].as_dict()
    worse = any(best.macro_f1 < rival.macro_f1 or best.log_loss > rival.log_loss for rival in rivals)
    buffer = io.BytesIO()
    digest = final.save(buffer)
    with transaction.atomic():
        lock()
        row = KindModel.objects.create(
            trained_at=at,
            actor=viewer.actor,
            window_from=window[0],
            window_to=window[1],
            texts=len(rest),
            labels=len(final.labels),
            scores=scores,
            mixing=mixing,
            refused="not better on the held-out texts" if worse else "",
            digest=digest,
            data=buffer.getvalue(),
        )
        if not worse:
            _activate(row, at)
    return row


def train_nightly(*, viewer: Viewer, at: datetime) -> KindModel | None:
    """Train on every decision so far, once ``ENOUGH_NEW`` have come since the last training; None when they have not.

    Without new decisions nothing is trained, so that what somebody rolled back does not come back by itself the next night.
    """
    keeper(viewer)
    last = KindModel.objects.order_by("-trained_at").values_list("trained_at", flat=True).first()
    decided = LearnedExample.objects.order_by("at", "pk")
    fresh = decided if last is None else decided.filter(at__gt=last)
    if fresh.count() < ENOUGH_NEW or decided.count() < LEAST:
        return None
    first = decided.values_list("at", flat=True).first()
    try:
        return train_from_history(
            decided.values_list("text", "kind"), viewer=viewer, at=at, window=(first, at)
        )
    except Refused as refusal:
        if (
            refusal.code == "duties.too_few"
        ):  # many decisions on the same few texts: more nights will bring others
            return None
        raise


def _too_few(n: int) -> Refused:
    return Refused(
        "duties.too_few",
        (
            "可学习的案件只有%(n)s件，至少要%(least)s件、两个以上类别。先用目录自带的词分类即可。",
            "Only %(n)s matters to learn from; it takes %(least)s of two or more kinds. "
            "The catalogue's words serve until then.",
        ),
        values={"n": n, "least": LEAST},
    )


def _activate(row: KindModel, at: datetime) -> None:
    KindModel.objects.filter(active=True).update(active=False)
    row.active, row.activated_at = True, at
    row.save(update_fields=["active", "activated_at"])
    changed()


@transaction.atomic
def activate_model(*, model_id: int, viewer: Viewer, at: datetime) -> KindModel:
    """Make a trained classifier the active one. One that was found worse is refused."""
    keeper(viewer)
    lock()
    row = KindModel.objects.filter(pk=model_id).first()
    if row is None:
        raise NotThere("duties.no_model", ("没有这个分类模型。", "There is no such classifier."))
    if row.refused:
        raise Refused(
            "duties.worse_model",
            (
                "这个模型在留出的案件上不如现在的办法，不能启用。",
                "On the held-out matters this classifier is worse than what is in use; it cannot be "
                "made active.",
            ),
        )
    _activate(row, at)
    return row


@transaction.atomic
def roll_back(*, viewer: Viewer, at: datetime) -> KindModel | None:
    """Make the classifier active that was active before this one; ``None``: back to the catalogue's own
    words.
    """
    keeper(viewer)
    lock()
    now = KindModel.objects.filter(active=True).first()
    if now is None:
        raise NotThere("duties.no_model", ("没有启用的分类模型。", "No classifier is active."))
    earlier = KindModel.objects.filter(activated_at__lt=now.activated_at).order_by("-activated_at").first()
    KindModel.objects.filter(pk=now.pk).update(active=False)
    if earlier is not None:
        earlier.active = True
        earlier.save(update_fields=["active"])
    changed()
    return earlier
