"""The parts of Chinese addresses: province, city, road, number, compound, building … 21 kinds in the published set.

What a text says about a place of a list is put together in :mod:`gongbi.science.addresses.places`; numbers of houses, buildings,
units and rooms are read by rules where no tagger was learnt (:mod:`gongbi.science.addresses.doors`).

Li et al. 2019, "Neural Chinese Address Parsing" (NAACL), define the kinds and the data; the tagger here is a conditional random
field without a neural part (:mod:`gongbi.science.addresses.crf`).

>>> from gongbi.science.addresses import parse_conll, train
>>> two = parse_conll("金 B-city\\n华 I-city\\n下 B-community\\n宅 I-community\\n村 I-community\\n")
>>> [part.text for part in train(two * 4, seed=1).parse("金华下宅村")]
['金华', '下宅村']
"""

from gongbi.science.addresses.conll import Labelled, SpanScores, score, spans
from gongbi.science.addresses.conll import parse as parse_conll
from gongbi.science.addresses.crf import EPOCHS, Part, Tagger, load, train
from gongbi.science.addresses.features import tokenise

__all__ = [
    "EPOCHS",
    "Labelled",
    "Part",
    "SpanScores",
    "Tagger",
    "load",
    "parse_conll",
    "score",
    "spans",
    "tokenise",
    "train",
]
