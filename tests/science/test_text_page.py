"""The page of messages and of addresses is made from whatever stands in the shared folder's form."""

import csv
import gzip
import io
import itertools
from pathlib import Path
from xml.etree import ElementTree

import pytest

from science_page import addresses, text

THINGS = {
    "建设": ("路灯不亮", "井盖坏了", "人行道塌陷", "路面有坑"),
    "环保": ("垃圾没人清", "河水发臭", "噪声扰民", "工地扬尘"),
    "卫生": ("医院收费高", "挂号太难", "疫苗不够", "药品过期"),
}
PLACES = ("东门", "西门", "南街", "北街", "小学旁", "河边", "老楼下", "市场口", "桥头", "车站")


def _write(path: Path, rows: list[tuple[object, ...]]) -> None:
    lines = io.StringIO()
    csv.writer(lines).writerows(rows)
    data = lines.getvalue().encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def test_messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "SAME", 2.0)  # texts made from a pattern are all alike
    folder = tmp_path / "messages"
    folder.mkdir()
    every = [
        (f"{place}{thing}", f"我们{place}那里{thing}已经{number}天，请{label}部门来看", label)
        for number, ((label, things), place) in enumerate(itertools.product(THINGS.items(), PLACES))
        for thing in things
    ]
    raw, rest = every[::2], every[1::2]
    _write(folder / "labelled_raw.csv", [("title", "body", "level1"), *raw])
    _write(
        folder / "labelled_tokens.csv.gz",
        [("tokens", "level1"), *((" ".join(body), label) for _t, body, label in rest)],
    )
    leaves = [(label, thing[:2], "其他") for label, things in THINGS.items() for thing in things]
    _write(folder / "taxonomy.csv", [("level1", "level2", "level3"), *leaves])
    _write(folder / "places_and_times.csv", [("title", "body"), *(row[:2] for row in every)])
    section = text.section(tmp_path, seed=1, quick=True)
    assert "macro-F1" in section.text
    assert "| 建设 | 20 |" in section.text
    for figure in section.figures.values():
        ElementTree.fromstring(figure)


def test_addresses(tmp_path: Path) -> None:
    folder = tmp_path / "addresses"
    folder.mkdir()
    lines = [
        f"{place[0]} B-road\n{place[1]} I-road\n{number} B-roadno\n号 I-roadno\n"
        for number, place in enumerate(PLACES * 6)
    ]
    (folder / "train.conll").write_text("\n".join(lines[:50]), encoding="utf-8")
    (folder / "dev.conll").write_text("\n".join(lines[50:]), encoding="utf-8")
    section = addresses.section(tmp_path, seed=1, quick=True)
    assert "| roadno | 10 |" in section.text
    ElementTree.fromstring(section.figures["addresses-size.svg"])
