"""Random numbers that are the same on every machine, with any number of threads, with numba and without.

Each replication has a key; its n-th number is a hash of key and n (the SplitMix64 sequence of Steele, Lea and Flood, Fast splittable
pseudorandom number generators, OOPSLA 2014), so that a loop and an array operation draw the same ones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STEP = 0x9E3779B97F4A7C15
MIX_A, MIX_B = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def keys(seed: int, count: int) -> NDArray[np.uint64]:
    """A key for each replication; the first ones are the same however many there are. Raises ValueError for a negative seed."""
    if seed < 0:
        raise ValueError(f"seed: {seed} is negative")
    return np.asarray(
        np.random.SeedSequence(seed).generate_state(max(count, 1), np.uint64)[:count], dtype=np.uint64
    )


def numbers(key: int, begin: int, end: int) -> NDArray[np.uint64]:
    """The numbers ``begin`` … ``end - 1`` of a key's sequence, 64 random bits each."""
    with np.errstate(over="ignore"):
        z = np.uint64(key) + (np.arange(begin, end, dtype=np.uint64) + np.uint64(1)) * np.uint64(STEP)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(MIX_A)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(MIX_B)
    return z ^ (z >> np.uint64(31))


def uniforms(key: int, begin: int, end: int) -> NDArray[np.float64]:
    """The same numbers as fractions of one, in [0, 1)."""
    return np.asarray((numbers(key, begin, end) >> np.uint64(11)) * 2.0**-53, dtype=np.float64)
