"""Whatever the clock refuses, it says in Chinese and in English; and the arithmetic needs no framework."""

import ast
import inspect
import re
import string
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.utils import translation

from gongbi.kernel.clock import exchange, refusals
from gongbi.kernel.errors import Refused

PO = Path(refusals.__file__).parent / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
REFUSALS = [
    function
    for name, function in inspect.getmembers(refusals, inspect.isfunction)
    if function.__module__ == refusals.__name__
]
SENTENCES = [
    ast.literal_eval(node.args[0])
    for node in ast.walk(ast.parse(inspect.getsource(exchange)))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_"
]


def test_nothing_is_overlooked() -> None:
    assert len(REFUSALS) >= 20
    assert len(SENTENCES) == 4


@pytest.mark.parametrize("function", REFUSALS, ids=lambda f: f.__name__)
def test_every_refusal_is_said_in_both_languages_with_its_values(function: object) -> None:
    assert callable(function)
    names = list(inspect.signature(function).parameters)
    refused = function(*[f"<{name}>" for name in names])
    assert isinstance(refused, Refused)
    assert refused.code.startswith("clock.")
    for language, pattern in (("zh-hans", r"[一-鿿]"), ("en", r"[a-z]")):
        with translation.override(language):
            assert re.search(pattern, refused.message)
            assert all(f"<{name}>" in refused.message for name in names)
            assert "%(" not in refused.message
            if language == "en":
                assert refused.message.startswith(refused.words[1][:5])


@pytest.mark.parametrize("slots", [(), ((720, 480),), ((480, 720), (700, 900))])
def test_wrong_office_hours_are_shown_as_they_were_given(slots: tuple[tuple[int, int], ...]) -> None:
    assert str(slots) in refusals.slots_wrong(slots).message


@pytest.mark.parametrize("sentence", SENTENCES)
def test_every_sentence_about_a_cell_has_a_chinese_translation_with_the_same_blanks(sentence: str) -> None:
    with PO.open("rb") as file:
        catalog = read_po(file, locale="zh_Hans")
    message = catalog.get(sentence)
    assert message is not None
    assert message.string
    assert not message.fuzzy
    texts = (sentence, str(message.string))
    blanks = [{name for _t, name, _f, _c in string.Formatter().parse(text) if name} for text in texts]
    assert blanks[0] == blanks[1]


def test_the_arithmetic_needs_neither_framework_nor_database() -> None:
    modules = ", ".join(
        f"gongbi.kernel.clock.{name}" for name in ("limits", "calendar", "engine", "words", "notices")
    )
    code = (
        f"import sys; import {modules}; print(sorted(m for m in sys.modules if m.split('.')[0] == 'django'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
