"""The library from a shell: exit status, the sentence on standard error, tables read as people save them."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from gongbi.science.commands import COMMANDS, main, reading


def test_the_library_starts_without_django() -> None:
    code = (
        "import sys; from gongbi.science.commands import main; status = main([]); "
        "assert not [name for name in sys.modules if name.split('.')[0] in ('django', 'ninja')]; sys.exit(status)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "")
    assert all(name in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("given", [["nothing"], ["scan", "--no-such-option"]])
def test_a_wrong_word_is_answered_with_one_sentence(
    given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(given)
    assert ended.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_table_is_read_as_people_save_it(tmp_path: Path, encoding: str, packed: bool) -> None:
    data = "编号, 内容\r\n1,“路灯,不亮”\r\n2,𠮷\r\n".replace("“", '"').replace("”", '"').encode(encoding)
    path = tmp_path / "table.csv"
    path.write_bytes(gzip.compress(data) if packed else data)
    assert reading.table(path, "--data", "编号") == [
        {"编号": "1", "内容": "路灯,不亮"},
        {"编号": "2", "内容": "𠮷"},
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"c\n", "has a heading and no row"),
        (b"a,b\n1,2\n", "no column 'c'"),
        (b"\x1f\x8b\x08broken", "not a whole gzip file"),
        (b"c\n\xff\xff\n", "neither UTF-8 nor GB18030"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_argument(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=words) as refused:
        reading.table(path, "--data", "c")
    assert str(refused.value).startswith("--data:")


@pytest.mark.parametrize("value", ["", "x", "nan", "inf"])
def test_a_number_that_is_none_is_refused_with_its_line(value: str) -> None:
    with pytest.raises(ValueError, match=r"--lat: line 3: lat is .*, not a number"):
        reading.numbers([{"lat": "34.2"}, {"lat": value}], "lat", "--lat")


@pytest.mark.parametrize("text", ["2026-02-30", "yesterday", "", "13/13/2020"])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time"):
        reading.moment(text)
