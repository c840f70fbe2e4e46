"""What the template tags write."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory
from django.utils.translation import override

from gongbi.kernel.flow.declare import State
from gongbi.look import assets
from gongbi.look.deadlines import Deadline
from gongbi.look.furniture import Turn
from gongbi.look.templatetags.look import percent


def written(source: str, **values: Any) -> str:
    return Template("{% load look %}" + source).render(Context(values)).strip()


@pytest.mark.parametrize(
    ("numerator", "denominator", "text"),
    [
        (0, 0, "—"),
        (0, 10, "0.0%"),
        (10, 10, "100.0%"),
        (1234, 1297, "95.1%"),
        (1, 3, "33.3%"),
        (2, 3, "66.7%"),
        (1, 2000, "0.1%"),  # 0.05 rounds half up
        (1, 5000, "0.1%"),  # not none
        (1999, 2000, "99.9%"),  # 99.95 would round to all
        (999_999, 1_000_000, "99.9%"),
        (1, 16, "6.3%"),  # 6.25 rounds half up, not to even
    ],
)
def test_a_rate_is_all_only_when_it_is_all(numerator: int, denominator: int, text: str) -> None:
    assert percent(numerator, denominator) == text


def test_a_figure_shows_its_parts_and_opens_its_rows() -> None:
    html = written("{% figure 1234 1297 '/rows?x=1' %}")
    assert '<a href="/rows?x=1">95.1%</a>' in html
    assert "1,234 / 1,297" in html


def test_an_empty_denominator_is_a_dash_that_is_also_said_and_leads_nowhere() -> None:
    html = written("{% figure 0 0 '/rows' %}")
    assert "—" in html
    assert "unseen" in html
    assert "<a " not in html


@pytest.mark.parametrize(
    ("kind", "tone", "shape"),
    [("open", "info", "circle"), ("waiting", "quiet", "M4 3h4"), ("closed", "ok", "cut")],
)
def test_a_state_is_colour_word_and_shape(kind: Any, tone: str, shape: str) -> None:
    html = written("{% state s %}", s=State("x", ("处置中", "handling"), kind))
    assert f'data-tone="{tone}"' in html
    assert "处置中" in html
    assert shape in html
    assert 'aria-hidden="true"' in html  # the shape; the word is what is read


def test_pairs_follow_the_reader() -> None:
    state = State("x", ("处置中", "handling"))
    assert "处置中" in written("{% words p %}", p=state.words)
    with override("en"):
        assert "handling" in written("{% words p %}{{ p|said }}", p=state.words)
        assert written("{% words p %}", p=("只有中文", "")) == "只有中文"


def test_what_people_typed_is_never_markup() -> None:
    nasty = '<img src=x onerror="alert(1)">'
    deadline = Deadline((nasty, nasty), "ok", "ring")
    for html in (
        written("{% chip w %}", w=nasty),
        written("{% deadline d %}", d=deadline),
        written("{% words w %}", w=(nasty, nasty)),
        written("{% include 'look/components/notice.html' with title=w body=w %}", w=nasty),
        written("{% figure 1 2 w %}", w=nasty),
    ):
        assert "<img" not in html


def test_a_moment_is_said_as_people_say_it_and_kept_exactly(now: datetime) -> None:
    html = written("{% time at now %}", at=now - timedelta(hours=1), now=now)
    assert "今天 09:00" in html
    assert 'datetime="2026-03-10T09:00:00+08:00"' in html
    assert 'title="2026-03-10 09:00"' in html


def test_paper_says_the_full_date(now: datetime) -> None:
    html = written("{% with on_paper=True %}{% time at now %}{% endwith %}", at=now, now=now)
    assert ">2026-03-10 10:00<" in html


def test_no_moment_is_a_dash() -> None:
    assert written("{% time at %}", at=None) == "—"


class Form(forms.Form):
    phone = forms.CharField(label="电话", help_text="手机或座机")
    grade = forms.ChoiceField(label="评价", choices=[("1", "好"), ("2", "不好")], widget=forms.RadioSelect)


def test_a_wrong_field_ties_label_hint_and_error_to_the_input_and_keeps_what_was_typed() -> None:
    form = Form({"phone": "", "grade": "7"})
    html = written("{% field form.phone sees='sealed' %}", form=form)
    assert re.search(r'<label[^>]* for="id_phone"', html)
    assert 'aria-describedby="id_phone_hint id_phone_wrong"' in html
    assert 'id="id_phone_hint"' in html
    assert 'id="id_phone_wrong"' in html
    assert 'aria-invalid="true"' in html
    assert "密封保存" in html
    kept = written("{% field form.phone %}", form=Form({"phone": '12"3', "grade": "1"}))
    assert 'value="12&quot;3"' in kept
    assert "aria-invalid" not in kept


def test_choices_are_a_group_with_its_own_name_and_error() -> None:
    html = written("{% field form.grade %}", form=Form({"phone": "1", "grade": "7"}))
    assert html.count("<fieldset") == 1
    assert "<legend" in html
    assert 'aria-describedby="id_grade_wrong"' in html
    assert html.count('type="radio"') == 2


def test_who_sees_it_must_be_one_of_three() -> None:
    with pytest.raises(TemplateSyntaxError):
        written("{% field form.phone sees='friends' %}", form=Form())


def test_turning_the_page_keeps_the_filters() -> None:
    request = RequestFactory().get("/list", {"q": "垃圾", "page": "2"})
    html = written("{% pagination page %}", page=Paginator(range(95), 10).page(2), request=request)
    assert "page=3" in html
    assert html.count("q=%E5%9E%83%E5%9C%BE") == html.count("<a ")
    assert 'aria-current="page"' in html
    assert "共 95 条" in html


def test_a_list_too_long_to_count_turns_by_its_neighbours() -> None:
    html = written("{% pagination t %}", t=Turn("?before=9", "?after=30", 20))
    assert 'href="?before=9"' in html
    assert 'href="?after=30"' in html
    assert "20" in html


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("entry", ["base", "form", "map", "board", "desk"])
def test_every_built_file_is_there_with_its_true_digest(entry: str) -> None:
    html = written("{% asset e %}", e=entry)
    found = re.findall(r'(?:src|href)="/static/look/built/([^"]+)" integrity="sha384-([^"]+)"', html)
    assert found
    assert html.count("<script") == 1
    for name, integrity in found:
        assert (
            base64.b64encode(hashlib.sha384((assets.BUILT / name).read_bytes()).digest()).decode()
            == integrity
        )


@pytest.mark.usefixtures("built")
def test_only_the_base_carries_the_style() -> None:
    assert "stylesheet" in written("{% asset 'base' %}")
    assert "stylesheet" not in written("{% asset 'desk' %}")


@pytest.mark.usefixtures("built")
def test_an_unknown_entry_or_icon_is_a_mistake_that_is_named() -> None:
    with pytest.raises(LookupError, match="there are: base, board, desk, field/app, form, map"):
        written("{% asset 'bse' %}")
    with pytest.raises(TemplateSyntaxError, match=r"frontend/icons\.json"):
        written("{% icon 'no-such-icon' %}")


@pytest.mark.usefixtures("built")
def test_icons_are_for_the_eye_only() -> None:
    html = written("{% icon 'send' %}")
    assert 'aria-hidden="true"' in html
    assert html.count("<use") == 1


def test_the_picture_of_the_tab_comes_whether_or_not_the_files_were_collected(
    settings: Any, tmp_path: Any
) -> None:
    settings.STATIC_ROOT = tmp_path  # nothing was collected there
    assert written("{% seal_address %}") == "/static/look/seal.svg"
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    }
    assert written("{% seal_address %}") == "/static/look/seal.svg"


def test_without_a_build_pages_still_come(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(assets, "BUILT", tmp_path)
    assert written("{% asset 'base' %}").startswith("<!--")
    assert written("{% icon 'send' %}") == ""
