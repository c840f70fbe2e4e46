"""What pages and the sender ask: who hears by which way, what was told, which words are in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gongbi.channels import queries as channels
from gongbi.channels.models import Outgoing, Source
from gongbi.channels.notices import rules, wordings
from gongbi.channels.notices.models import Contact, Notice, Template
from gongbi.kernel.errors import NotThere
from gongbi.kernel.scope import visible
from gongbi.kernel.scope.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Text:
    """The words in force. ``version`` 0: as shipped."""

    audience: str
    name: str
    language: str
    subject: str
    body: str
    version: int = 0
    at: datetime | None = None
    by: str = ""


def contact_of(
    viewer: Viewer, *, report_id: int | None = None, person_id: int | None = None, unit_id: int | None = None
) -> Contact | None:
    """How one addressee wants to hear, if they said so."""
    asked = {"report_id": report_id, "person_id": person_id, "unit_id": unit_id}
    owner = {name: key for name, key in asked.items() if key is not None}
    return visible(Contact, viewer).filter(**owner).first() if owner else None


def unit_contacts(viewer: Viewer) -> list[Contact]:
    """The ways of units, by the unit's name."""
    return list(
        visible(Contact, viewer).filter(unit__isnull=False).select_related("unit").order_by("unit__name")
    )


def text(viewer: Viewer, audience: str, step: str, state: str, language: str) -> Text:
    """The words for one step: those of the step, else of the state after it, else the audience's general ones.

    A language without words of its own reads Chinese.
    """
    spoken = language if language in rules.LANGUAGES else "zh-hans"
    wanted = [name for name in (step, state, "*") if (audience, name, spoken) in wordings.SHIPPED]
    kept = {
        row.name: row
        for row in visible(Template, viewer)
        .filter(audience=audience, name__in=wanted, language=spoken)
        .order_by("version")
    }
    return _text(audience, wanted[0], spoken, kept.get(wanted[0]))


def _text(audience: str, name: str, language: str, row: Template | None) -> Text:
    if row is not None:
        return Text(audience, name, language, row.subject, row.body, row.version, row.at, row.by)
    subject, body = wordings.SHIPPED[audience, name, language]
    return Text(audience, name, language, subject, body)


def texts(viewer: Viewer) -> list[Text]:
    """Every text in force, in the order they are shipped in."""
    newest = {
        (row.audience, row.name, row.language): row for row in visible(Template, viewer).order_by("version")
    }
    return [_text(*key, newest.get(key)) for key in wordings.SHIPPED]


def one_text(viewer: Viewer, audience: str, name: str, language: str) -> Text:
    """One text in force; NotThere for a name that no template has."""
    if (audience, name, language) not in wordings.SHIPPED:
        raise NotThere("notices.template", ("没有这个模板。", "There is no such template."))
    rows = visible(Template, viewer).filter(audience=audience, name=name, language=language)
    return _text(audience, name, language, rows.order_by("-version").first())


def versions(viewer: Viewer, audience: str, name: str, language: str) -> list[Text]:
    """Every version of one text, the newest first, the shipped one last."""
    rows = (
        visible(Template, viewer).filter(audience=audience, name=name, language=language).order_by("-version")
    )
    return [*(_text(audience, name, language, row) for row in rows), _text(audience, name, language, None)]


def gateways(viewer: Viewer) -> list[Source]:
    """Everything that notices can go through."""
    return channels.sources(viewer, kind="notice")


def latest(viewer: Viewer, *, most: int = 100) -> list[Notice]:
    """What was told last, newest first, with its message and who it went to (masked)."""
    found = visible(Notice, viewer, "list").select_related("contact", "outgoing", "outgoing__source")
    return list(found.defer("outgoing__body", "contact__address").order_by("-pk")[:most])


def of_report(viewer: Viewer, report_id: int, *, most: int = 20) -> Sequence[Notice]:
    """What the reporter of one report was told, newest first."""
    found = (
        visible(Notice, viewer, "list")
        .filter(contact__report_id=report_id)
        .select_related("contact", "outgoing")
    )
    return list(found.defer("outgoing__body", "contact__address").order_by("-pk")[:most])


def dead(viewer: Viewer, *, most: int = 100) -> list[Outgoing]:
    """Messages that no gateway would take, oldest first."""
    found = visible(Outgoing, viewer, "list").filter(source__kind="notice", dead_at__isnull=False)
    return list(found.select_related("source").defer("body").order_by("id")[:most])


def without_gateway(viewer: Viewer) -> int:
    """How many notices wait because no gateway serves their way."""
    return (
        visible(Notice, viewer, "list").filter(outgoing__isnull=True).exclude(contact__way=rules.NONE).count()
    )
