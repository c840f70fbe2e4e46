"""Whatever the clock refuses, it says in Chinese and in English."""

import ast
import inspect
import string
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from gongbi.kernel.clock import actions, refusals

PO = Path(refusals.__file__).parent / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"


def msgids(module: object) -> list[str]:
    """The sentences that a module gives to gettext."""
    tree = ast.parse(inspect.getsource(module))  # type: ignore[arg-type]
    return [
        ast.literal_eval(node.args[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_"
    ]


SENTENCES = msgids(refusals) + msgids(actions)


def test_there_are_sentences_to_translate() -> None:
    assert len(SENTENCES) > 20


@pytest.mark.parametrize("sentence", SENTENCES)
def test_every_sentence_has_a_chinese_translation_with_the_same_blanks(sentence: str) -> None:
    with PO.open("rb") as file:
        catalog = read_po(file, locale="zh_Hans")
    message = catalog.get(sentence)
    assert message is not None
    assert message.string
    assert not message.fuzzy
    fields = [
        {name for _t, name, _f, _c in string.Formatter().parse(text) if name}
        for text in (sentence, str(message.string))
    ]
    assert fields[0] == fields[1]
