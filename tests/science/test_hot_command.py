"""``python -m gongbi.science hot``: columns, JSON, and a sentence for what cannot be read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gongbi.science.commands import main

HEAD = "msg_id,user,time,title,body,likes,dislikes\n"
ROWS = (
    "7,甲,2019-01-02 08:00:00,槐树湾小区旁边建搅拌站噪音扰民,,3,1\n"
    "8,乙,2019/1/20 9:05,投诉槐树湾小区的搅拌站噪音,,,\n"
    "9,丙,2019-02-01 10:00:00,图书馆几点开门,,0,0\n"
)


def _file(folder: Path, text: str) -> str:
    path = folder / "m.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_an_issue_is_told_with_its_messages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "o.json"
    assert main(["hot", "--data", _file(tmp_path, HEAD + ROWS), "--top", "3", "--json", str(out)]) == 0
    told = json.loads(out.read_text(encoding="utf-8"))
    assert told["messages"] == 3
    (group,) = told["groups"]
    assert group["msg_ids"] == ["7", "8"]
    assert (group["first"], group["last"]) == ("2019-01-02 08:00:00", "2019-01-20 09:05:00")
    assert (group["writers"], group["likes"], group["weeks"]) == (2, 2, 2)
    assert group["heat"] == pytest.approx(sum(group["heat_of"].values()), abs=0.01)
    assert group["name"] in capsys.readouterr().out


def test_likes_may_be_absent_and_nameless_writers_are_different_people(tmp_path: Path) -> None:
    out = tmp_path / "o.json"
    text = "msg_id,user,time,title,body\n" + "".join(
        f"{i},,2019-01-0{i},槐树湾小区的搅拌站噪音扰民,\n" for i in range(1, 4)
    )
    assert main(["hot", "--data", _file(tmp_path, text), "--json", str(out)]) == 0
    assert json.loads(out.read_text(encoding="utf-8"))["groups"][0]["writers"] == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        (HEAD, "no row"),
        ("msg_id,user,time,title\n1,a,2019-01-01,x\n", "'body'"),
        (HEAD + "1,a,yesterday,x,y,0,0\n", "line 2: time"),
        (HEAD + "1,a,,x,y,0,0\n", "line 2: time"),
        (HEAD + "1,a,2019-01-01,x,y,nan,0\n", "likes"),
        (HEAD + "1,a,2019-01-01,x,y,-3,0\n", "likes"),
        (HEAD + "1,a,2019-01-01,x,y,0,many\n", "dislikes"),
        (HEAD + ",a,2019-01-01,x,y,0,0\n", "msg_id is blank"),
        (HEAD + "1,a,2019-01-01,x,y,0,0\n1,b,2019-01-01,x,y,0,0\n", "there twice"),
        (HEAD + "1,a,2019-01-01T00:00:00Z,x,y,0,0\n2,b,2019-01-01,x,y,0,0\n", "zone"),
    ],
)
def test_what_cannot_be_read_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    assert main(["hot", "--data", _file(tmp_path, text)]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


def test_no_issue_at_all_is_refused_as_a_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hot", "--data", _file(tmp_path, HEAD + ROWS), "--top", "0"]) == 2
    assert "--top" in capsys.readouterr().err
