"""How often somebody without an account may do a thing."""

from gongbi.kernel.turnstile.counting import (
    DEFAULTS,
    Rate,
    Tally,
    address_of,
    enter,
    read_networks,
    read_rates,
)
from gongbi.kernel.turnstile.pages import guessing

__all__ = ["DEFAULTS", "Rate", "Tally", "address_of", "enter", "guessing", "read_networks", "read_rates"]
