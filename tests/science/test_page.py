"""The frame of docs/science.md: parts in their places, charts that are valid SVG."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from science_page import ORDER, Section, drawing, table
from science_page.__main__ import place, write


def test_a_part_replaces_itself_and_leaves_the_others() -> None:
    page = place(place("# Title\n", "twins", "old"), "scan", "scan's")
    again = place(page, "twins", r"new \1")
    assert again == page.replace("old", r"new \1")
    assert again.index("<!-- twins -->") < again.index("<!-- scan -->")


def test_a_new_part_stands_before_those_that_follow_it_in_the_order() -> None:
    first, last = ORDER[0], ORDER[-1]
    page = place(place("# Title\n", last, "second"), first, "first")
    assert page.index("first") < page.index("second")


def test_a_section_is_written_with_its_figures_and_the_older_ones_go(tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    (images / "scan-old.svg").write_text("x")
    (images / "twins-kept.svg").write_text("x")
    write("scan", Section("Scan", "words", {"scan-cost.svg": "<svg/>"}), tmp_path / "science.md", images)
    assert sorted(p.name for p in images.iterdir()) == ["scan-cost.svg", "twins-kept.svg"]
    assert "## Scan\n\nwords" in (tmp_path / "science.md").read_text()


@pytest.mark.parametrize("log", [False, True])
def test_charts_are_valid_and_name_what_they_show(log: bool) -> None:
    chart = drawing.lines(
        "a < b", {"one & two": [(1, 0.5), (10, 3)]}, x="x", y="y", log_x=log, log_y=log, marks={"floor": 2}
    )
    assert "one & two" in "".join(ElementTree.fromstring(chart).itertext())
    assert "3.5" in drawing.bars("b", {"one": 3.5}, y="s", marks={"floor": 5})


def test_an_empty_chart_or_table_is_refused() -> None:
    with pytest.raises(ValueError, match="values"):
        drawing.lines("t", {}, x="x", y="y")
    with pytest.raises(ValueError, match="rows"):
        table(("a",), [])
