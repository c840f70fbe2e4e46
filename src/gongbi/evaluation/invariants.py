"""What must always hold for evaluation; run by ``gongbi check`` and every night."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from gongbi.evaluation import reading
from gongbi.evaluation.models import Appeal, Edition, Rule
from gongbi.kernel.errors import Refused
from gongbi.kernel.flow.invariants import Breach, register


@register("evaluation.editions")
def editions() -> Iterator[Breach]:
    """Every edition is still the bytes that its digests were made of, and the editions of a period are numbered without gaps."""
    last: dict[tuple[str, str], int] = {}
    for one in Edition.objects.order_by("scheme", "period", "number").iterator():
        if (
            reading.digest(one.body.encode()) != one.digest
            or reading.digest(one.inputs.encode()) != one.inputs_digest
        ):
            yield Breach(
                "evaluation.editions", str(one), "its bytes are not those that its digest was made of"
            )
        before = last.get((one.scheme, one.period), 0)
        if one.number != before + 1:
            yield Breach("evaluation.editions", str(one), f"edition {one.number} after {before}")
        last[one.scheme, one.period] = one.number


@register("evaluation.rules")
def rules() -> Iterator[Breach]:
    """Every version in force can be read, was tried out, and took effect after it was decided."""
    for one in Rule.objects.filter(valid_from__isnull=False).iterator():
        try:
            (reading.indicator if one.kind == "indicator" else reading.scheme)(orjson.loads(one.plain))
        except Refused as refusal:
            yield Breach("evaluation.rules", str(one), refusal.code)
        if one.enacted_at is None or one.tried_at is None or one.valid_from is None:
            yield Breach("evaluation.rules", str(one), "in force without having been tried out or decided")
        elif one.valid_from <= one.enacted_at.date():
            yield Breach("evaluation.rules", str(one), "in force before it was decided")


@register("evaluation.appeals")
def appeals() -> Iterator[Breach]:
    """Whoever decided an appeal gave a reason."""
    for one in Appeal.objects.filter(state__in=("upheld", "refused"), answer="").iterator():
        yield Breach("evaluation.appeals", one.number, f"{one.state} without a reason")
