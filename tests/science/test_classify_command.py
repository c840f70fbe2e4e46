"""``classify`` from a shell: the fixed options and columns, both kinds of data, a tree beside them, sentences for what is wrong."""

import csv
import gzip
import json
from pathlib import Path

import pytest

from gongbi.science.commands import main

MESSAGES = [
    ("路灯不亮", "我们巷子的路灯坏了一个月", "建设"),
    ("路灯坏了", "街上路灯全黑，走路很怕", "建设"),
    ("井盖缺失", "人行道井盖没有了很危险", "建设"),
    ("垃圾没人清", "楼下垃圾堆了一周，很臭", "环保"),
    ("乱扔垃圾", "垃圾桶满了没有人运走", "环保"),
    ("烧垃圾", "有人在河边烧垃圾，烟很大", "环保"),
]
TREE = "level1,level2,level3\n建设,市政,路灯\n建设,其他,其他\n环保,噪声,施工噪声\n卫生,食品,保健品\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with open(tmp_path / "raw.csv", "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["msg_id", "title", "body", "level1"])
        writer.writerows([(number, *message) for number, message in enumerate(MESSAGES * 2, 100)])
    with gzip.open(tmp_path / "tokens.csv.gz", "wt", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "tokens", "level1"])
        writer.writerows([(0, "路灯 坏", "建设"), (1, "垃圾 臭 河边", "环保"), (2, "只有 一条", "单独")])
    return tmp_path


def _train(folder: Path, *more: str, data: tuple[str, ...] = ("raw.csv", "tokens.csv.gz")) -> int:
    given = [part for name in data for part in ("--data", str(folder / name))]
    return main(["classify", "train", *given, "--label", "level1", "--model", str(folder / "m"), *more])


def _predict(folder: Path, *more: str, name: str = "raw.csv") -> int:
    out = str(folder / "p.csv")
    return main(
        [
            "classify",
            "predict",
            "--model",
            str(folder / "m"),
            "--data",
            str(folder / name),
            "--out",
            out,
            *more,
        ]
    )


def _rows(folder: Path) -> list[dict[str, str]]:
    with open(folder / "p.csv", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_both_kinds_of_data_make_one_model(folder: Path) -> None:
    out = folder / "out.json"
    assert _train(folder, "--json", str(out)) == 0
    result = json.loads(out.read_text())
    assert (result["messages"], result["raw"]) == (15, 12)
    assert list(result["labels"]) == ["建设", "环保"]
    assert result["left_out"] == {"单独": 1}
    assert result["bytes"] == (folder / "m").stat().st_size
    assert b"pickle" not in (folder / "m").read_bytes()
    assert _predict(folder, "--json", str(out), "--label", "level1") == 0
    rows = _rows(folder)
    assert list(rows[0]) == ["msg_id", "label", "probability", "abstained", "reasons"]
    assert [row["msg_id"] for row in rows] == [str(number) for number in range(100, 112)]
    assert [row["label"] for row in rows] == [label for *_text, label in MESSAGES * 2]
    assert all(
        0 <= float(row["probability"]) <= 1 and row["abstained"] in "01" and row["reasons"] for row in rows
    )
    assert json.loads(out.read_text())["scores"]["macro_f1"] == 1
    assert _predict(folder, name="tokens.csv.gz") == 0
    assert [row["msg_id"] for row in _rows(folder)] == ["0", "1", "2"]


def test_the_same_seed_makes_the_same_model(folder: Path) -> None:
    models = []
    for _turn in range(2):
        assert _train(folder, "--seed", "7") == 0
        models.append((folder / "m").read_bytes())
    assert models[0] == models[1]


def test_a_tree_beside_the_data_is_taken_and_can_be_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "taxonomy.csv").write_text(TREE, encoding="utf-8")
    out = folder / "out.json"
    assert _train(folder, "--json", str(out)) == 0
    assert json.loads(out.read_text())["leaves"] == 3
    assert "3 leaves" in capsys.readouterr().out
    assert _train(folder, "--json", str(out), "--tree", "none") == 0
    assert json.loads(out.read_text())["tree"] is None


def test_a_tree_alone_makes_a_cold_model_of_whole_paths(folder: Path) -> None:
    (folder / "tree.csv").write_text(TREE, encoding="utf-8")
    tree = str(folder / "tree.csv")
    assert main(["classify", "train", "--tree", tree, "--label", "path", "--model", str(folder / "m")]) == 0
    assert _predict(folder) == 0
    assert _rows(folder)[0]["label"] == "建设/市政/路灯"


def test_asking_for_more_precision_abstains_more(folder: Path) -> None:
    assert _train(folder) == 0
    assert _predict(folder, "--precision", "0") == 0
    assert all(row["abstained"] == "0" for row in _rows(folder))
    assert _predict(folder, "--precision", "1.5") == 2


@pytest.mark.parametrize(
    ("rows", "given", "why"),
    [
        ("title,level1\na,b\n", ["train", "--label", "level1"], "two labels"),
        ("title,level1\na,\n", ["train", "--label", "level1"], "line 2: level1 is empty"),
        ("title,level1\na,x\nb,NaN\n", ["train", "--label", "level1"], "line 3: level1 is empty"),
        ("title,level1\na,x\nb, \n", ["train", "--label", "level1"], "line 3: level1 is empty"),
        ("title,level1\na,x\nb,x\nc,y\n", ["train", "--label", "level1"], "two labels"),
        ("title,level1\n?,x\n!,x\n。,y\n,y\n", ["train", "--label", "level1"], "nothing to read"),
        ("words,level1\na,b\n", ["train", "--label", "level1"], "neither title and body nor tokens"),
        ("title,level1\na,b\n", ["train", "--label", "kind"], "'kind'"),
        ("title,level1\na,b\n", ["train"], "--label"),
        ("title,level1\na,b\n", ["predict"], "--out"),
        ("", ["train", "--label", "level1"], "empty"),
    ],
)
def test_what_cannot_be_used_is_named(
    rows: str, given: list[str], why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(rows, encoding="utf-8")
    assert main(["classify", *given, "--data", str(path), "--model", str(tmp_path / "m")]) == 2
    assert why in capsys.readouterr().err


STRANGE = {
    "": True,
    "灯": None,  # one character may say enough or not
    "路灯" + "很亮的街道" * 2000: None,
    "The street lamp in front of our house is broken": True,
    "😀🚧😡": True,
    "？！。": True,
    "\u200b\ufeff": True,
}


def test_strange_messages_are_answered_one_by_one(folder: Path) -> None:
    assert _train(folder) == 0
    with open(folder / "strange.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["msg_id", "title", "body"])
        writer.writerows([(number, "", text) for number, text in enumerate(STRANGE)])
    assert _predict(folder, name="strange.csv") == 0
    rows = _rows(folder)
    assert [row["msg_id"] for row in rows] == [str(number) for number in range(len(STRANGE))]
    for row, silent in zip(rows, STRANGE.values(), strict=True):
        assert row["label"] in ("建设", "环保")
        assert 0.5 <= float(row["probability"]) <= 1
        assert silent is None or (row["abstained"], row["reasons"]) == ("1", "")


def test_traditional_characters_are_read_as_simplified_ones(folder: Path) -> None:
    assert _train(folder) == 0
    answers = []
    for title, body in (
        ("樓下垃圾沒人運走", "垃圾桶滿了很髒，請問誰來處理"),
        ("楼下垃圾没人运走", "垃圾桶满了很脏，请问谁来处理"),
    ):
        (folder / "one.csv").write_text(f"title,body\n{title},{body}\n", encoding="utf-8")
        assert _predict(folder, name="one.csv") == 0
        answers.append(_rows(folder))
    assert answers[0] == answers[1]
    assert answers[0][0]["label"] == "环保"


def test_a_table_without_its_column_is_refused_by_predict_too(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _train(folder) == 0
    (folder / "t.csv").write_text("words,level1\n路灯,建设\n", encoding="utf-8")
    assert _predict(folder, name="t.csv") == 2
    assert "neither title and body nor tokens" in capsys.readouterr().err
    assert _predict(folder, "--label", "level2") == 2
    assert "'level2'" in capsys.readouterr().err


def test_a_file_that_is_no_model_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "m").write_bytes(b"\x80\x04K\x01.")
    assert _predict(folder) == 2
    assert "model" in capsys.readouterr().err
