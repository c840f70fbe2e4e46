"""Which texts are one message in two forms or sent twice: no such pair may be parted between learning and judging."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

RARE = 12  # texts at most that hold a rare piece
SHARE = 0.2  # of the rare pieces of the text that has fewer; what stop words part is in one form only
LEAST = 5  # rare pieces below which nothing is said


def same_messages(counts: csr_array[Any, Any], share: float = SHARE) -> npt.NDArray[np.int32]:
    """Group number (n,) of each text; ``counts`` (n, v) over all pieces.

    Two texts are the same message when they share at least ``share`` of the rare pieces of the one that has fewer
    (containment: Broder 1997, "On the Resemblance and Containment of Documents").
    """
    often = np.bincount(counts.indices, minlength=counts.shape[1])
    rare = often[counts.indices] <= RARE
    sizes = np.diff(np.concatenate([[0], np.cumsum(rare)])[counts.indptr])
    some = csr_array(counts[:, np.flatnonzero((often >= 2) & (often <= RARE))])
    some.data = np.ones_like(some.data)
    both = (some @ some.T).tocoo()
    fewer = np.minimum(sizes[both.row], sizes[both.col])
    same = (both.row < both.col) & (fewer >= LEAST) & (both.data >= share * fewer)
    n = counts.shape[0]
    edges = csr_array(
        (np.ones(int(same.sum()), dtype=np.int8), (both.row[same], both.col[same])), shape=(n, n)
    )
    groups: npt.NDArray[np.int32] = connected_components(edges, directed=False)[1]
    return groups
