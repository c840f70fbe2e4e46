"""What codes and keys are called, for one page: each list is asked once, however many rows the page has."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import Any

from gongbi.duties import queries as duties
from gongbi.kernel.scope.viewer import Viewer
from gongbi.parties import directory
from gongbi.parties import queries as parties
from gongbi.parties.rules import posts_of_actor
from gongbi.parties.words import role_name
from gongbi.territory import queries as territory

Words = tuple[str, str]
CHANNELS: dict[str, Words] = {
    "web": ("网页", "Web"),
    "hotline": ("热线", "Hotline"),
    "hall": ("大厅", "Hall"),
    "field": ("网格", "Grid worker"),
    "mail": ("电子邮件", "E-mail"),
    "api": ("对接系统", "Other system"),
    "import": ("批量导入", "Import"),
    "device": ("设备", "Device"),
}
CLOCKS: dict[str, Words] = {
    "accept": ("受理", "Accepting"),
    "dispatch": ("派遣", "Dispatching"),
    "sign": ("签收", "Signing"),
    "handle": ("处置", "Handling"),
    "check": ("核查", "Checking"),
    "callback": ("回访", "Calling back"),
    "total": ("全程", "The whole"),
}
LISTS: dict[str, Words] = {
    "perform": ("履职", "perform"),
    "actfor": ("代办", "act for"),
    "assist": ("协办", "assist"),
}
GRADES: tuple[tuple[int, Words], ...] = (
    (5, ("非常满意", "Very satisfied")),
    (4, ("满意", "Satisfied")),
    (3, ("基本满意", "Fairly satisfied")),
    (2, ("不满意", "Dissatisfied")),
    (1, ("非常不满意", "Very dissatisfied")),
)
# Whom a routing rule may name without naming a unit.
_SELECTORS: dict[str, Words] = {
    "street": ("属地街道", "the street of the place"),
    "community": ("属地社区", "the community of the place"),
    "district": ("区级中心", "the district's centre"),
    "handler": ("类别目录中的承办单位", "the handler of the catalogue"),
}
_ACTORS: dict[str, Words] = {
    "report": ("报告人", "The reporter"),
    "system": ("系统", "The system"),
    "key": ("对接系统", "A connected system"),
    "source": ("对接系统", "A connected system"),
    "public": ("居民", "A resident"),
}


class Names:
    """Kinds, units, places and posts by their codes and keys, as people call them."""

    def __init__(self, viewer: Viewer, now: datetime) -> None:
        self.viewer, self.now = viewer, now
        self._posts: dict[int, str] = {}

    @cached_property
    def kinds(self) -> dict[str, Any]:
        return {kind.code: kind for kind in duties.kinds()}

    @cached_property
    def units(self) -> dict[int, Any]:
        return directory.current().by_id

    def kind(self, code: str) -> Any:
        """(zh, en) of a kind; the code itself where the catalogue does not know it; "" without a kind."""
        found = self.kinds.get(code)
        return found.name if found else code

    def unit(self, unit_id: int | None) -> str:
        found = self.units.get(unit_id) if unit_id is not None else None
        return found.label if found else ""

    def unit_of_code(self, code: str) -> Any:
        return next((unit for unit in self.units.values() if unit.code == code), None)

    def selector(self, text: str) -> Any:
        """Whom a routing rule names, as people call them: (zh, en), a unit's name, or the text itself where none is known."""
        if text in _SELECTORS:
            return _SELECTORS[text]
        found = self.unit_of_code(text.partition(":")[2] or text)
        return found.label if found else text

    def places(self, codes: Iterable[str]) -> dict[str, str]:
        """Community (or street) name of each code; grids are called by their community and number."""
        wanted = {code for code in codes if code}
        known = territory.names(
            [part for code in wanted for part in {code[:9], code[:12], code}], on=self.now
        )
        return {code: self._place(code, known) for code in wanted}

    def place(self, code: str) -> str:
        return self.places([code]).get(code, "") if code else ""

    @staticmethod
    def _place(code: str, known: dict[str, str]) -> str:
        street, community = known.get(code[:9], ""), known.get(code[:12], "")
        if len(code) >= 12:
            grid = known.get(code, "") if len(code) == 15 else ""
            return " ".join(part for part in (community or street, grid) if part) or code
        return street or known.get(code, code)

    def remember(self, actors: Iterable[str]) -> None:
        """Look the posts of these actors up together: two queries, however many they are."""
        keys = {key for actor in actors for key in posts_of_actor(actor) or () if key is not None}
        wanted = keys - self._posts.keys()
        if wanted:
            found = parties.posts(self.viewer, at=self.now).filter(pk__in=wanted)
            for post in found:
                self._posts[post.pk] = f"{post.unit.label} · {role_name(post.role)}"

    def actor(self, actor: str, unit_id: int | None = None) -> Any:
        """Who did it: the office, never a private name."""
        kind, _, _key = actor.partition(":")
        named = posts_of_actor(actor)
        if named is not None:
            own, whose = named
            who = self._posts.get(own) or (self.unit(unit_id) if whose is None else "") or f"post:{own}"
            if whose is None:
                return who
            other = self._posts.get(whose) or self.unit(unit_id) or f"post:{whose}"
            return f"{who} 代 {other}", f"{who} for {other}"
        return _ACTORS.get(kind, actor)


def grade_words(grade: int | None) -> Any:
    """(zh, en) of one of the five grades, "" for none."""
    return dict(GRADES).get(grade or 0, "")
