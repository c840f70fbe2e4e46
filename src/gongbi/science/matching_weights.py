"""Weights that the library comes with."""

from __future__ import annotations

from gongbi.science.matching import Line, Weights
from gongbi.science.matching_fit import NEAR, RECENT, WORDS

# Where the fit begins, and what says which candidate of a marked report is meant: the nearest in words, then in time.
START = Weights(
    base=-6.0,
    near=Line((0.0, 150.0), (2.0, -2.0)),
    recent=Line((0.0, 4.0, 60.0), (3.0, 0.0, -3.0)),
    words=Line((0.0, 0.9, 1.0), (0.0, 2.0, 6.0)),
    kind=(0.0, 0.0, 0.0),
)

# Fitted to 55,000 sanitation complaints of Chicago, 2011–2013, where the city's clerks marked repeated ones; words are addresses. How well
# they do on years that they have not seen stands in docs/science.md. A district fits its own to what its desk has merged.
ADDRESSES = Weights(
    base=-7.915,
    near=Line(NEAR, (2.042, -0.777, 0.355, -0.838, -0.78)),
    recent=Line(
        RECENT,
        (
            2.758,
            3.418,
            3.954,
            4.107,
            2.675,
            2.155,
            1.434,
            1.425,
            -1.904,
            -3.133,
            -3.372,
            -4.465,
            -4.593,
            -4.463,
        ),
    ),
    words=Line(WORDS, (-1.072, -0.352, -2.35, -0.522, -0.106, -0.036, 4.434)),
    kind=(-0.101, 0.275, -0.177),
    placeless=-0.005,
)
LEAST = 0.3  # probability from which a report joins an open matter: about where precision and recall balance
