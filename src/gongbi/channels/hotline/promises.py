"""The hotline's limit stands behind every case that is its order: cases ask here before they set theirs."""

from __future__ import annotations

from gongbi.cases import promises
from gongbi.cases.promises import Promise
from gongbi.channels.hotline import queries
from gongbi.kernel.scope.viewer import system


def of_case(case_id: int) -> Promise | None:
    """By when the hotline wants the answer about this case; None when it is no order of theirs."""
    order = queries.promised(case_id, system("hotline"))
    return Promise(order.due, order.source.words) if order is not None else None


promises.register(of_case)
