"""Template tags of every page: ``{% load look %}``. How to use them: docs/interface.md."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from django import template
from django.conf import settings
from django.core.paginator import Page
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, FileInput, RadioSelect
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from gongbi.kernel.clock.engine import Due
from gongbi.kernel.clock.words import when
from gongbi.kernel.errors import in_language
from gongbi.kernel.flow.declare import State
from gongbi.look import assets, deadlines, house, wishes
from gongbi.look.deadlines import Deadline
from gongbi.look.furniture import Turn

register = template.Library()

# One shape for each meaning, in a 20 × 20 box: colour is never alone. The maps draw the same.
_SHAPES: Final = {
    "info": '<circle cx="10" cy="10" r="7"/>',
    "ring": '<circle class="hollow" cx="10" cy="10" r="6.5"/>',
    "ok": '<path d="M5 3h10a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2Z"/>'
    '<path class="cut" d="m6.5 10.5 2.5 2.5 5-5.5"/>',
    "soon": '<path d="M10 1.5 18.5 10 10 18.5 1.5 10Z"/>',
    "late": '<path d="M10 1.5 19.5 18H.5Z"/><path class="cut" d="M10 7.5v4.5M10 15v.2"/>',
    "paused": '<path d="M4 3h4v14H4ZM12 3h4v14h-4Z"/>',
    "quiet": '<path d="M3 8.5h14v3H3Z"/>',
}
_STATE_LOOK: Final = {"open": ("info", "info"), "waiting": ("quiet", "paused"), "closed": ("ok", "ok")}


def in_english() -> bool:
    return (get_language() or "").startswith("en")


def said(value: Any) -> Any:
    """A (Chinese, English) pair in the reader's language; anything else as it is."""
    if isinstance(value, tuple) and len(value) == 2 and all(isinstance(part, str) for part in value):
        return value[1] if in_english() and value[1] else value[0]
    return value


@register.simple_tag
def words(pair: Any) -> Any:
    """The member of a (zh, en) pair that the reader reads."""
    return said(pair)


@register.filter(name="said")
def said_filter(value: Any) -> Any:
    """``{{ item.words|said }}``: a pair or a text, in the reader's language."""
    return "" if value is None else said(value)


@register.simple_tag
def asset(name: str) -> SafeString:
    """Links and scripts of one built entry: ``base`` on every page, ``form``, ``map``, ``board``, ``desk``, ``wall`` where needed."""
    found = assets.entry(name)
    if found is None:
        return mark_safe("<!-- the frontend is not built -->")
    styles = format_html_join(
        "\n",
        '<link rel="stylesheet" href="{}" integrity="{}" crossorigin="anonymous">',
        ((style.url, style.integrity) for style in found.styles),
    )
    imports = format_html_join(
        "\n",
        '<link rel="modulepreload" href="{}" integrity="{}" crossorigin="anonymous">',
        ((module.url, module.integrity) for module in found.imports),
    )
    script = format_html(
        '<script type="module" src="{}" integrity="{}" crossorigin="anonymous"></script>',
        found.script.url,
        found.script.integrity,
    )
    return format_html("{}\n{}\n{}", styles, imports, script)


@register.simple_tag
def seal_address() -> str:
    """The picture in the browser's tab; by its plain name where the static files were not collected."""
    try:
        return static("look/seal.svg")
    except ValueError:
        return f"{settings.STATIC_URL}look/seal.svg"


@register.simple_tag
def icon(name: str) -> SafeString:
    """A Lucide icon; always beside a word, so it is hidden from screen readers."""
    found = assets.icons()
    if found is None:
        return mark_safe("")
    if name not in found.names:
        raise template.TemplateSyntaxError(f"no icon {name!r}: add it to frontend/icons.json")
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        found.url,
        name,
    )


@register.simple_tag
def shape(name: str) -> SafeString:
    return format_html(
        '<svg class="shape" viewBox="0 0 20 20" aria-hidden="true" focusable="false">{}</svg>',
        mark_safe(_SHAPES[name]),  # noqa: S308 - constants above
    )


@register.simple_tag
def state(matter: Any, tone: str = "") -> SafeString:
    """The state of a matter (or a ``State``) as a chip: shape, word and colour."""
    declared: State = matter if isinstance(matter, State) else matter.declared_state
    look, form = _STATE_LOOK[declared.kind]
    return chip(said(declared.words), tone or look, tone or form)


@register.simple_tag
def chip(text: Any, tone: str = "info", form: str = "") -> SafeString:
    """Any status as a chip; ``tone``: info, ok, soon, late, quiet, or level1 to level4 of a warning."""
    return format_html(
        '<span class="chip" data-tone="{}">{}<span>{}</span></span>', tone, shape(form or tone), said(text)
    )


@register.simple_tag
def deadline(matter: Any, now: datetime | None = None, href: str = "", clock: str = "") -> SafeString:
    """The deadline of a matter, a clock or a ready ``Deadline`` in words; ``href`` leads to its explanation."""
    moment = now or timezone.now()
    found = matter if isinstance(matter, Deadline) else deadlines.read(matter, moment, clock)
    text: Any = said(found.words)
    if found.stretches and found.due_at is not None:
        text = format_html(
            '<gb-countdown due="{}" measure="{}" {} stretches="{}" data-late="{}">{}</gb-countdown>',
            found.due_at.isoformat(),
            found.measure,
            "days" if found.days_shown else "",
            found.stretches,
            said(deadlines.late_words(found, moment)),
            text,
        )
    if found.due_at is not None:
        text = format_html('<time datetime="{}">{}</time>', found.due_at.isoformat(), text)
    body = format_html('<a href="{}">{}</a>', href, text) if href else format_html("<span>{}</span>", text)
    return format_html(
        '<span class="chip deadline" data-tone="{}">{}{}{}</span>',
        found.tone,
        shape(found.shape),
        body,
        _provisional(found.provisional),
    )


def _provisional(flag: bool) -> SafeString:
    """The mark of a deadline that a holiday notice may still move; nothing for the others."""
    if not flag:
        return mark_safe("")
    return format_html(' <span class="chip-detail small">{}</span>', _("(provisional calendar)"))


@register.simple_tag(takes_context=True)
def due(context: template.Context, ending: Any, now: datetime | None = None) -> SafeString:
    """When something is due, as people say it, marked where the calendar of that year is provisional.

    ``ending``: a matter (of its clock that ends first), the engine's ``Due``, or what has ``due_at`` and ``provisional`` as a
    ``Clock`` has. "—" where no clock runs.
    """
    if hasattr(ending, "clocks"):
        ending = deadlines.running(ending.clocks.all())
    if ending is None:
        return mark_safe("—")
    moment = ending.at if isinstance(ending, Due) else ending.due_at
    return format_html("{}{}", time_tag(context, moment, now), _provisional(ending.provisional))


@register.simple_tag(name="time", takes_context=True)
def time_tag(context: template.Context, moment: datetime | None, now: datetime | None = None) -> SafeString:
    """A moment as people say it (今天 16:30), in the district's time; the full one in ``datetime`` and ``title``.

    On paper, where "today" would soon be wrong, always the full one.
    """
    if moment is None:
        return mark_safe("—")
    local = timezone.localtime(moment)
    seen_from = now or context.get("now") or timezone.now()
    full = f"{local:%Y-%m-%d %H:%M}"
    shown = full if context.get("on_paper") else said(when(local, seen_from))
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', local.isoformat(timespec="seconds"), full, shown
    )


def percent(numerator: int, denominator: int) -> str:
    """One decimal, rounded half up; but only all is 100 % and only none is 0 %. ``—`` for an empty denominator."""
    if not denominator:
        return "—"
    exact = Decimal(100) * numerator / denominator
    rounded = exact.quantize(Decimal("0.1"), ROUND_HALF_UP)
    if rounded == 100 and numerator < denominator:
        rounded = Decimal("99.9")
    if rounded == 0 and numerator > 0:
        rounded = Decimal("0.1")
    return f"{rounded}%"


@register.simple_tag
def figure(numerator: int | None, denominator: int | None, href: str = "", parts: bool = True) -> SafeString:
    """A rate with what it is made of, leading to its rows."""
    top, bottom = numerator or 0, denominator or 0
    value: Any = percent(top, bottom)
    if not bottom:
        value = format_html(
            '<span aria-hidden="true">—</span><span class="unseen">{}</span>', _("nothing to count")
        )
    elif href:
        value = format_html('<a href="{}">{}</a>', href, value)
    made_of = (
        format_html(' <span class="figure-parts">{} / {}</span>', f"{top:,}", f"{bottom:,}") if parts else ""
    )
    return format_html('<span class="figure nowrap">{}{}</span>', value, made_of)


@register.simple_tag
def synthetic() -> SafeString:
    """Says that what is shown was made up for the demonstration."""
    return format_html('<span class="synthetic">{}</span>', _("Synthetic data"))


@register.simple_tag
def simulated() -> SafeString | str:
    """Says that the house's people and its time are simulated; nothing in any other house."""
    if not getattr(settings, "SIMULATED", False):
        return ""
    words = ("模拟城区：人、事和时间都是模拟的", "Simulated district: people, matters and time are simulated")
    return format_html('<span class="synthetic">{}</span>', in_language(words))


@register.simple_tag(takes_context=True)
def wished(context: template.Context) -> SafeString:
    """Attributes of ``<html>``: the person's own theme and size, from the cookies."""
    found = wishes.of(context.get("request"))
    pairs = [("data-theme", found.theme, "auto"), ("data-size", found.size, "normal")]
    return format_html_join(" ", '{}="{}"', ((key, value) for key, value, usual in pairs if value != usual))


@register.simple_tag(takes_context=True)
def wishes_of(context: template.Context) -> wishes.Wishes:
    return wishes.of(context.get("request"))


@register.simple_tag
def district() -> str:
    """The name of the district this house serves, in the reader's language."""
    return str(said(house.district_words()))


@register.simple_tag
def address(name: str, *args: Any) -> str:
    """The address of a page by its URL name, or nothing where this installation has no such page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


@register.inclusion_tag("look/components/field.html")
def field(
    bound: BoundField, sees: str = "", optional: bool | None = None, cards: bool = True
) -> dict[str, Any]:
    """A form field with label, hint, who sees it (``public``, ``handlers``, ``sealed``), the error beside it, the input kept.

    ``sees`` may also stand on the form field as ``seen_by``.
    """
    widget = bound.field.widget
    kind = "plain"
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        kind = "choices"
    elif isinstance(widget, CheckboxInput):
        kind = "check"
    elif isinstance(widget, FileInput):
        kind = "file"
    base = bound.auto_id or bound.html_name
    described = [f"{base}_hint"] if bound.help_text else []
    attrs: dict[str, str | bool] = {}
    if bound.errors:
        described.append(f"{base}_wrong")
        attrs["aria-invalid"] = "true"
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if kind == "choices":
        attrs = {}  # the group carries them, not each of its members
    elif bound.field.required:
        attrs["aria-required"] = "true"
    seen_by = sees or getattr(bound.field, "seen_by", "")
    if seen_by not in ("", "public", "partly", "handlers", "sealed"):
        raise template.TemplateSyntaxError(f"{seen_by!r} says nobody: use public, partly, handlers or sealed")
    return {
        "bound": bound,
        "kind": kind,
        "cards": cards,
        "base": base,
        "described": " ".join(described),
        "input": SafeString("") if kind == "choices" else bound.as_widget(attrs=attrs),
        "seen_by": seen_by,
        "optional": (not bound.field.required) if optional is None else optional,
    }


def _page_href(request: HttpRequest | None, number: int, name: str) -> str:
    query = request.GET.copy() if request is not None else None
    if query is None:
        return f"?{name}={number}"
    query[name] = str(number)
    return f"?{query.urlencode()}"


@register.inclusion_tag("look/components/pages.html", takes_context=True)
def pagination(
    context: template.Context, page: Page[Any] | Turn, name: str = "page", label: Any = ""
) -> dict[str, Any]:
    """Turning pages: of a Django ``Page`` (numbers) or a ``Turn`` (neighbours only). The other filters are kept.

    ``label`` names it where a page has two.
    """
    if isinstance(page, Turn):
        return {"label": label, "turn": page, "many": bool(page.previous or page.next)}
    request = context.get("request")
    numbers: list[Mapping[str, Any]] = []
    for number in page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1):
        if isinstance(number, int):
            href = _page_href(request, number, name)
            numbers.append({"number": number, "href": href, "current": number == page.number})
        else:
            numbers.append({"gap": conditional_escape(number)})
    return {
        "label": label,
        "page": page,
        "many": page.paginator.num_pages > 1,
        "numbers": numbers,
        "previous": _page_href(request, page.previous_page_number(), name) if page.has_previous() else "",
        "next": _page_href(request, page.next_page_number(), name) if page.has_next() else "",
    }
