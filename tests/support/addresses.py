"""Addresses written for tests, part by part."""

from __future__ import annotations

from gongbi.science.addresses import Labelled, tokenise


def labelled(*parts: tuple[str, str]) -> Labelled:
    """``labelled(("莲湖区", "district"), ("桃园路", "road"))``: its tokens, each with what it is."""
    tokens: list[str] = []
    labels: list[str] = []
    for text, kind in parts:
        words = [word for word, _start, _end in tokenise(text)]
        tokens += words
        labels += [f"B-{kind}", *[f"I-{kind}"] * (len(words) - 1)]
    return Labelled(tuple(tokens), tuple(labels))
