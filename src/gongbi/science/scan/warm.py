"""``python -m gongbi.science.scan.warm``: compiles the loops once for this machine, so that nobody's first scan waits for it."""

from __future__ import annotations

import numpy as np

from gongbi.science.scan import circles, scan


def warm() -> None:
    """Scan a little with every loop, for the types that scans use."""
    around = circles(np.arange(12.0) % 4, np.arange(12.0) // 4, cartesian=True)
    cases = np.arange(12 * 9).reshape(12, 9) % 3
    scan(cases, around, replications=2)
    scan(cases, around, baseline=1.0 + cases, replications=2)
    scan(cases, around, model="permutation", prospective=True, replications=2)


if __name__ == "__main__":
    warm()
