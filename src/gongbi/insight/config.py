"""What the city set for its board, with the shipped defaults behind it."""

from __future__ import annotations

from gongbi.cases.queries.settings import number, setting
from gongbi.insight.rates import Config


def current() -> Config:
    """The settings in force. Refused when somebody stored weights that do not add up to 1."""
    return Config(
        fairly_counts=setting("fairly_counts") == "yes",
        weights=(number("weight_response"), number("weight_solved"), number("weight_satisfied")),
    )
