"""Which messages are of one issue: the same place, the same matter, without a long rest between them.

Two messages are as alike as ``sqrt(what × (where + a little))``: the geometric mean of two cosines, so that the same complaint about
another place, or another complaint about the same place, comes out low. The little lets messages that name no place meet by their words
alone. Messages that are linked above the threshold are joined bottom-up by the mean of all pairs (average linkage, UPGMA: Sokal and
Michener 1958, *University of Kansas Science Bulletin* 38), which, other than single links, builds no chains. Then the times cut: a group
that rests longer than ``rest`` days is two issues.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.cluster.hierarchy import linkage, to_tree
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import squareform

from gongbi.science.hot.features import Features

Floats = npt.NDArray[np.float64]
Members = npt.NDArray[np.intp]
PAIR, MANY, FULL = (
    0.25,
    0.12,
    8,
)  # mean likeness asked of two messages, and of FULL or more; between them it falls with the logarithm
REST = 90.0  # days
_UNNAMED = 0.1  # stands for the likeness of the places where neither message names one
_STRANGE = 0.01  # and where both do
_PLACES = 0.4  # share of a message's weight from which it surely names its place
_FAINT = 0.02  # likeness below this is none
_BLOCK = 500  # messages whose likeness to all is worked out at once
_LINK = 0.15  # likeness of two messages that are looked at together at all
_WHOLE = 2000  # messages that are compared with each other at once


def alike(features: Features) -> sparse.csr_matrix:
    """Likeness of every pair that shares a word about its matter, 0–1, symmetric, nothing on the diagonal. Pairs that are hardly alike
    count as not at all, so that the memory grows with the pairs that matter."""
    what, where = features.what.T.tocsc(), features.where.T.tocsc()
    free = 1.0 - np.sqrt(np.minimum(features.named / _PLACES, 1.0))
    columns = sparse.diags(free)
    blocks = []
    for start in range(0, what.shape[1], _BLOCK):
        rows = slice(start, start + _BLOCK)
        said = sparse.csr_matrix(features.what[rows] @ what)
        near = sparse.csr_matrix(features.where[rows] @ where)
        unnamed = sparse.diags(free[rows]) @ said @ columns
        block = sparse.csr_matrix(said.multiply(near) + unnamed * _UNNAMED + said * _STRANGE)
        block.data = np.where(block.data >= _FAINT**2, np.sqrt(np.clip(block.data, 0.0, 1.0)), 0.0)
        block.eliminate_zeros()
        blocks.append(block)
    likeness = sparse.csr_matrix(sparse.vstack(blocks))
    likeness.setdiag(0.0)
    likeness.eliminate_zeros()
    return likeness


def groups(likeness: sparse.csr_matrix, times: Floats, *, rest: float) -> Iterator[Members]:
    """The indexes of each group of two or more, in the order of time."""
    for members in _joined(likeness):
        ordered = members[np.argsort(times[members], kind="stable")]
        gaps = np.flatnonzero(np.diff(times[ordered]) > rest) + 1
        yield from (part for part in np.split(ordered, gaps) if len(part) > 1)


def _joined(likeness: sparse.csr_matrix) -> Iterator[Members]:
    stack = [(np.arange(likeness.shape[0]), _LINK)]
    while stack:
        inside, least = stack.pop()
        part = likeness[inside][:, inside]
        for members in _linked(part, least):
            if len(members) > _WHOLE and least < 0.9:  # too many for all pairs at once: only its closer parts
                stack.append((inside[members], least * 1.1))
            else:
                yield from (inside[found] for found in _averaged(part, members))


def _linked(likeness: sparse.csr_matrix, least: float) -> list[Members]:
    """Connected components of two or more over the pairs that are alike enough."""
    near = likeness.copy()
    near.data = np.where(near.data >= least, near.data, 0.0)
    near.eliminate_zeros()
    label = connected_components(near, directed=False)[1]
    order = np.argsort(label, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    return [part for part in parts if len(part) > 1]


def _averaged(likeness: sparse.csr_matrix, members: Members) -> list[Members]:
    far = 1.0 - likeness[members][:, members].toarray()
    np.fill_diagonal(far, 0.0)
    near = np.maximum(squareform((far + far.T) / 2, checks=False), 0.0)
    found = []
    left = [to_tree(linkage(near, "average"))]
    while left:
        node = left.pop()
        if node.is_leaf():
            continue
        if 1.0 - node.dist >= needed(node.count):
            found.append(members[np.array(node.pre_order())])
        else:
            left += [side for side in (node.left, node.right) if side is not None]
    return found


def needed(size: int) -> float:
    """The mean likeness that holds a group of this size together."""
    return max(MANY, PAIR - (PAIR - MANY) * math.log2(max(size, 2) / 2) / math.log2(FULL / 2))
