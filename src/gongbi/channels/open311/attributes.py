"""What a service of theirs asks, answered from what is known here: a request that leaves a required attribute out is refused there. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

LISTS = ("singlevaluelist", "multivaluelist")
_PARTS = re.compile(r"[、，,；;/\s]+")
_UNKNOWN = frozenset({"other", "unknown", "na", "n/a", "none", "不清楚", "不详", "未知", "其他", "其它"})


def answered(asked: Sequence[Any], answers: Mapping[str, str], text: str) -> dict[str, str]:
    """``attribute[code]`` by its value, for a form. ``asked``: their attributes; ``answers``: question → answer as our reporter gave it.

    What nobody answered is read from the words where it is required: a choice that they name, else the choice that stands for
    "unknown"; a text says that it stands in the description. Nothing else is invented.

    >>> state = {"code": "s", "required": True, "datatype": "singlevaluelist", "description": "Cover?", "values": [{"key": "loud", "name": "loose"}]}
    >>> answered([state], {}, "the cover is loose"), answered([state], {"Cover?": "loose"}, ""), answered([state], {}, "a hole")
    ({'attribute[s]': 'loud'}, {'attribute[s]': 'loud'}, {})
    """
    found: dict[str, str] = {}
    for one in asked:
        code = str(one.get("code") or "") if isinstance(one, Mapping) else ""
        if not code or str(one.get("variable", True)).lower() == "false":
            continue
        given = answers.get(str(one.get("description") or ""), answers.get(code, ""))
        if str(one.get("datatype", "")) in LISTS:
            value = _choice(one, given, text)
        else:
            value = given or (
                "见 description" if _required(one) and one.get("datatype") in ("string", "text") else ""
            )
        if value:
            found[f"attribute[{code}]"] = value
    return found


def _choice(one: Mapping[str, Any], given: str, text: str) -> str:
    """The key of the choice that was meant, "" for none."""
    values = [
        (str(value.get("key") or ""), str(value.get("name") or ""))
        for value in one.get("values") or []
        if isinstance(value, Mapping)
    ]
    said = next((key for key, name in values if given and given in (key, name)), "")
    if said or not _required(one):
        return said
    named = [key for key, name in values if any(part and part in text for part in _PARTS.split(name))]
    unknown = [key for key, name in values if {key.lower(), name.lower()} & _UNKNOWN]
    return next(iter(named or unknown), "")


def _required(one: Mapping[str, Any]) -> bool:
    return str(one.get("required", "")).lower() == "true"
