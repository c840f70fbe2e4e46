"""Who can act in a simulated house, and with what: logins, keys, devices. Plain values; nothing of what is in the house."""

from __future__ import annotations

from dataclasses import dataclass

from gongbi.ops.simulate.plan import Shape


@dataclass(frozen=True, slots=True)
class Standing:
    """A login and what stands behind it. ``territory``: the first code of the post, "" for none."""

    login: str
    role: str
    unit: str
    territory: str


@dataclass(frozen=True, slots=True)
class Cast:
    """``keys``: channel → secret of the key that an administrator made for it. ``devices``: their numbers. ``shape``: where people live."""

    seed: int
    password: str
    standings: tuple[Standing, ...]
    keys: dict[str, str]
    devices: tuple[str, ...]
    shape: Shape

    def by_role(self, role: str) -> list[Standing]:
        return [one for one in self.standings if one.role == role]
