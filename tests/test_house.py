"""The house rules hold, and each rule finds what it is for (planted) and leaves alone what it is not."""

import ast
from pathlib import Path

import pytest

from scripts import house

ROOT = Path(__file__).resolve().parent.parent


def found(path: str, source: str) -> list[str]:
    module = house.Module(path, source, ast.parse(source))
    return [breach.rule for rule in house.RULES for breach in rule(module)]


HEAD = '"""Words."""\n'


def test_the_house_keeps_its_own_rules() -> None:
    assert [str(breach) for breach in house.check_house(ROOT)] == []


@pytest.mark.parametrize(
    ("path", "source", "rules"),
    [
        # Writes
        ("cases/pages.py", "case.save()", ["write"]),
        ("cases/pages.py", "case.save(update_fields=['x'])", ["write"]),
        ("cases/queries.py", "Case.objects.create(title='x')", ["write"]),
        ("cases/queries.py", "Case.objects.filter(pk=1).update(title='x')", ["write"]),
        ("cases/tasks.py", "rows.delete()", ["write"]),
        ("cases/tasks.py", "Case.objects.bulk_create(rows)", ["write"]),
        ("cases/tasks.py", "Case.objects.get_or_create(pk=1)", ["write"]),
        ("cases/actions.py", "case.save()", []),
        ("cases/actions/merge.py", "case.save()", []),
        ("cases/actions_merge.py", "case.save()", []),
        ("cases/models.py", "Case.objects.create(title='x')", []),
        ("cases/migrations/0001_initial.py", "Case.objects.create(title='x')", []),
        ("territory/demo/grids.py", "Case.objects.bulk_create(rows)", []),
        ("kernel/flow/advance.py", "matter.save()", []),
        ("cases/pages.py", "seen.update({'a': 1})", []),
        ("cases/pages.py", "digest.update(b'a')", []),
        ("cases/pages.py", "app.conf.update(task_ignore_result=True)", []),
        ("cases/pages.py", "image.save(buffer, format='JPEG')", []),
        ("cases/pages.py", "storage.delete(name)", []),
        ("science/scan.py", "state.update(a=1)", []),
        # The system clock
        ("cases/queries.py", "now = timezone.now()", ["clock"]),
        ("cases/models.py", "at = models.DateTimeField(default=timezone.now)", ["clock"]),
        ("cases/actions.py", "now = datetime.now(UTC)", ["clock"]),
        ("cases/rules.py", "today = date.today()", ["clock"]),
        ("cases/rules.py", "t = time.time()", ["clock"]),
        ("cases/actions.py", "day = timezone.localdate()", ["clock"]),
        ("cases/actions.py", "day = timezone.localdate(at)", []),
        ("cases/actions.py", "t = time.perf_counter()", []),
        ("cases/pages.py", "now = timezone.now()", []),
        ("cases/tasks.py", "now = timezone.now()", []),
        ("api/cases.py", "now = timezone.now()", []),
        ("ops/commands/run.py", "t = time.time()", []),
        # Transactions
        ("cases/pages.py", "with transaction.atomic():\n    pass", ["transaction"]),
        ("cases/queries.py", "from django.db.transaction import atomic", ["transaction"]),
        ("cases/actions.py", "with transaction.atomic():\n    pass", []),
        # Assigning a state
        ("cases/actions.py", "case.state = 'closed'", ["state"]),
        ("cases/actions.py", "case.title, case.state = 'a', 'closed'", ["state"]),
        ("cases/actions.py", "setattr(case, 'state', 'closed')", ["state"]),
        ("cases/actions.py", "Case.objects.filter(pk=1).update(state='closed')", ["state"]),
        ("kernel/flow/advance.py", "matter.state = arrow.to", []),
        ("cases/models.py", "state = models.CharField()", []),
        # Constants that could be somebody's
        ("cases/rules.py", "PHONE = '13912345678'", ["personal"]),
        ("cases/rules.py", "TEXT = 'call 13912345678 now'", ["personal"]),
        ("cases/rules.py", "NUMBER = 13912345678", ["personal"]),
        ("cases/rules.py", "ID = '11010519491231002X'", ["personal"]),
        ("cases/rules.py", "ID = '110105194912310021'", []),  # the check digit is wrong: nobody's
        ("cases/rules.py", "GRID = '610104001001001'", []),
        ("cases/rules.py", "LON = 108.13912345678", []),
    ],
)  # fmt: skip
def test_a_planted_violation_is_found_and_its_neighbour_is_not(
    path: str, source: str, rules: list[str]
) -> None:
    assert found(path, HEAD + source + "\n") == rules


@pytest.mark.parametrize(
    ("path", "signature", "rules"),
    [
        ("cases/queries.py", "def open_cases(viewer): 'x'", []),
        ("cases/queries.py", "def open_cases(*, viewer): 'x'", []),
        ("cases/queries.py", "def open_cases(at): 'x'", ["viewer"]),
        ("cases/queries/lists.py", "def open_cases(at): 'x'", ["viewer"]),
        ("cases/queries.py", "def _helper(at): 'x'", []),
        ("kernel/flow/queries.py", "def steps(matter): 'x'", []),
        ("cases/rules.py", "def open_cases(at): 'x'", []),
    ],
)
def test_a_query_above_the_kernel_asks_who_reads(path: str, signature: str, rules: list[str]) -> None:
    assert found(path, HEAD + signature + "\n") == rules


def test_a_named_escape_lets_one_query_pass_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(house.OPEN_QUERIES, "cases/queries.py:kinds", "reference data")
    assert found("cases/queries.py", HEAD + "def kinds(): 'x'\n") == []
    assert found("cases/queries.py", HEAD + "def people(): 'x'\n") == ["viewer"]


@pytest.mark.parametrize(("lines", "rules"), [(399, []), (400, []), (401, ["length"])])
def test_a_module_has_at_most_400_lines(lines: int, rules: list[str]) -> None:
    assert found("cases/rules.py", HEAD + "x = 1\n" * (lines - 1)) == rules


@pytest.mark.parametrize(
    ("path", "source", "rules"),
    [
        ("cases/rules.py", "x = 1\n", ["docstring"]),
        ("cases/__init__.py", "x = 1\n", []),
        ("cases/rules.py", HEAD + "def decide():\n    x = 1\n    return x\n", ["docstring"]),
        ("cases/rules.py", HEAD + "def decide(): return 1\n", []),
        ("cases/rules.py", HEAD + "def decide(): 'Says why.'\n", []),
        ("cases/rules.py", HEAD + "def _decide():\n    x = 1\n    return x\n", []),
        ("cases/rules.py", HEAD + "@overload\ndef decide(): ...\n", []),
        ("cases/pages.py", HEAD + "def decide():\n    x = 1\n    return x\n", []),
        ("science/scan.py", HEAD + "def likelihood():\n    x = 1\n    return x\n", ["docstring"]),
    ],
)
def test_what_is_public_says_what_it_is_for(path: str, source: str, rules: list[str]) -> None:
    assert found(path, source) == rules


# --- Locks ----------------------------------------------------------------------------------------------------------


def lock_tree(root: Path, base: str, dev: str, npm: str = "") -> list[str]:
    (root / "requirements").mkdir()
    (root / "frontend").mkdir()
    (root / "requirements" / "base.txt").write_text(base)
    (root / "requirements" / "dev.txt").write_text(dev)
    if npm:
        (root / "frontend" / "package-lock.json").write_text(npm)
    return [breach.what for breach in house.check_locks(root)]


PIN = "six==1.16.0 \\\n    --hash=sha256:00\n"


def test_a_lock_with_digests_and_without_servers_passes(tmp_path: Path) -> None:
    assert (
        lock_tree(tmp_path, PIN, PIN, '{"packages": {"": {}, "node_modules/a": {"integrity": "sha512-x"}}}')
        == []
    )


@pytest.mark.parametrize(
    ("base", "dev", "npm", "word"),
    [
        ("--index-url there\n" + PIN, PIN, "", "names a server"),
        ("six @ https://host/six.whl\n" + PIN, PIN, "", "names a server"),
        ("six==1.16.0\n", PIN, "", "no digest"),
        (PIN, PIN.replace("1.16.0", "1.17.0"), "", "is not in dev.txt"),
        (PIN, "", "", "is not in dev.txt"),
        (
            PIN,
            PIN,
            '{"packages": {"node_modules/a": {"resolved": "https://h/a.tgz", "integrity": "x"}}}',
            "its server",
        ),
        (PIN, PIN, '{"packages": {"node_modules/a": {}}}', "no digest"),
    ],
)
def test_a_lock_that_names_a_server_or_lacks_a_digest_is_found(
    tmp_path: Path, base: str, dev: str, npm: str, word: str
) -> None:
    assert any(word in what for what in lock_tree(tmp_path, base, dev, npm))


def test_an_escape_that_points_at_nothing_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(house.WRITERS, "cases/gone.py", "was needed once")
    assert any("cases/gone.py" in breach.what for breach in house.stale_escapes(ROOT / "src" / "gongbi"))
