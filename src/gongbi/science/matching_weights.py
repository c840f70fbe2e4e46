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
    base=-8.351,
    near=Line(NEAR, (2.284, -0.86, 0.338, -0.977, -0.784)),
    recent=Line(
        RECENT,
        (
            2.759,
            3.411,
            3.96,
            4.099,
            2.678,
            2.157,
            1.428,
            1.422,
            -1.899,
            -3.133,
            -3.37,
            -4.463,
            -4.592,
            -4.459,
        ),
    ),
    words=Line(WORDS, (-0.538, -0.251, -0.578, -0.441, -1.745, -1.073, 4.626)),
    kind=(-0.099, 0.272, -0.173),
    placeless=-0.001,
)
LEAST = 0.3  # probability from which a report joins an open matter: about where precision and recall balance

# What people write against the titles of open cases, with points set by hand or telephone. Each line is the logarithm of how much
# likelier a value is between two reports of one matter than between two others:
#
# * words: the pairs of messages that were read by hand (tests/science/data/hot_pairs.csv; 45 of 256 the same), against pairs of messages
#   of one class, one in ten of them as hard as the nearest neighbours that were read and found to be another matter;
# * recent: days between the same ones (mean about 20) against open matters of any age up to 60 days;
# * near: points some 35 m (root mean square, each axis) from each other, against points anywhere within 100 m;
# * kind: a classifier right in 93 % gives two reports of one matter one kind in about 87 %, two of others (as the messages' classes
#   are spread) in 16 %; of a neighbouring kind nothing is said;
# * base: one report in ten repeats an open matter (one in twenty in Chicago, more of the messages). The candidates share it.
MESSAGES = Weights(
    base=-2.2,
    near=Line((0.0, 25.0, 50.0, 70.0, 100.0), (1.4, 1.15, 0.4, -0.6, -2.7)),
    recent=Line((0.0, 10.0, 22.0, 60.0), (1.1, 0.6, 0.0, -1.9)),
    words=Line((0.0, 0.08, 0.125, 0.175, 0.25, 0.35, 0.45, 1.0), (-4.0, -2.2, -0.7, 0.0, 1.1, 3.4, 5.0, 5.5)),
    kind=(1.6, -1.8, 0.0),
    radius=100.0,
)
