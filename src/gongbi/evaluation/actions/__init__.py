"""What changes rules, results and appeals. One function per use case; each is a transaction that either happens or leaves nothing.

Locks: the matter's row first; see docs/locking.md. Results are computed before the transaction that keeps them begins.
"""

from gongbi.evaluation.actions.appealing import Asked, ask, refuse, supplement, uphold, withdraw
from gongbi.evaluation.actions.evaluating import catch_up, evaluate, evaluate_again, nightly
from gongbi.evaluation.actions.ruling import drop, enact, propose, try_out

__all__ = [
    "Asked", "ask", "catch_up", "drop", "enact", "evaluate", "evaluate_again", "nightly", "propose", "refuse", "supplement", "try_out", "uphold",
    "withdraw",
]  # fmt: skip
