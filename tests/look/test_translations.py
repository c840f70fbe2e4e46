"""No room says anything in English only, and the check for it finds what it must."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.utils import translation

from gongbi.look.i18n import GONGBI, catalogues, compile_messages, messages, rooms, untranslated


@pytest.mark.parametrize("room", rooms(), ids=lambda room: str(room.relative_to(GONGBI)))
def test_everything_that_people_read_is_in_chinese(room: Path) -> None:
    assert [str(one) for one in untranslated(room)] == []


def test_a_text_is_read_as_its_own_room_translates_it() -> None:
    """All catalogues become one, and the first room wins: a receipt's "Filed" was once read as a rate's 立案时间."""
    compile_messages()
    wrong = []
    with translation.override("zh-hans"):
        for path in catalogues():
            with path.open("rb") as file:
                for entry in read_po(file):
                    if entry.id and isinstance(entry.id, str) and entry.context is None:
                        shown = translation.gettext(entry.id)
                        if shown != entry.string:
                            wrong.append((path.relative_to(GONGBI).parts[0], entry.id, entry.string, shown))
    assert wrong == []


@pytest.fixture
def little(tmp_path: Path) -> Path:
    room = tmp_path / "little"
    (room / "templates" / "little").mkdir(parents=True)
    (room / "locale" / "zh_Hans" / "LC_MESSAGES").mkdir(parents=True)
    (room / "apps.py").write_text("")
    (room / "actions.py").write_text(
        'from x import gettext_lazy as _, ngettext\na = _("Known.")\nb = _("Not known: "\n      "two lines.")\n'
        'c = ngettext("%(n)s case", "%(n)s cases", 2)\nd = _("Value {value}")\n'
    )
    (room / "templates" / "little" / "page.html").write_text(
        "{% load i18n %}\n    <p>it's {% translate 'In a page' %}</p>\n"
        "  {% blocktranslate count n=k %}{{ n }} man{% plural %}{{ n }} men{% endblocktranslate %}\n"
    )
    return room


def catalogue(room: Path, *entries: str) -> None:
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
    (room / "locale/zh_Hans/LC_MESSAGES/django.po").write_text(head + "\n".join(entries))


def test_texts_are_found_in_python_and_in_pages(little: Path) -> None:
    found = {msgid if isinstance(msgid, str) else msgid[0] for _where, _line, msgid in messages(little)}
    assert found == {
        "Known.",
        "Not known: two lines.",
        "%(n)s case",
        "Value {value}",
        "In a page",
        "%(n)s man",
    }


def test_what_is_missing_fuzzy_or_empty_is_named(little: Path) -> None:
    catalogue(
        little,
        'msgid "Known."\nmsgstr "知道。"\n',
        '#, fuzzy\nmsgid "In a page"\nmsgstr "页面里"\n',
        'msgid "Value {value}"\nmsgstr ""\n',
        'msgid "%(n)s case"\nmsgid_plural "%(n)s cases"\nmsgstr[0] "%(n)s 件"\n',
        'msgid "%(n)s man"\nmsgid_plural "%(n)s men"\nmsgstr[0] "%(n)s 人"\n',
    )
    assert {one.msgid for one in untranslated(little)} == {
        "In a page",
        "Value {value}",
        "Not known: two lines.",
    }


def test_a_translation_may_not_name_a_value_that_is_not_given(little: Path) -> None:
    catalogue(little, 'msgid "Value {value}"\nmsgstr "值 {vlaue}"\n')
    [wrong] = [one for one in untranslated(little) if one.msgid == "Value {value}"]
    assert "value" in wrong.why


def test_catalogues_are_compiled_when_they_are_newer(little: Path) -> None:
    catalogue(little, 'msgid "Known."\nmsgstr "知道。"\n')
    assert compile_messages(little) == 1
    assert (little / "locale/zh_Hans/LC_MESSAGES/django.mo").stat().st_size > 40
    assert compile_messages(little) == 0
    assert sorted(p.name for p in (little / "locale/zh_Hans/LC_MESSAGES").iterdir()) == [
        "django.mo",
        "django.po",
    ]
