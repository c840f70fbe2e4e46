"""The house rules that no linter knows, read off the syntax tree. ``house.py`` prints what breaks them; status 1 when any.

Each rule has its named escapes below, with the reason; there are no others and no comments that switch a rule off.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINES = 400

# --- Named escapes: pattern of the path inside src/gongbi → why -----------------------------------------------------

WRITERS = {
    "kernel/flow/advance.py": "the one door through which a matter changes",
    "kernel/flow/bulk.py": "the same door for many new matters at once",
    "kernel/clock/batch.py": "the clocks' half of that door: several effects of one step, each changed clock written once",
}
CLOCKS = {
    "ops/*": "commands and processes: the outermost edge",
    "api/*": "edge: HTTP",
    "desk/*": "edge: HTTP",
    "field/*": "edge: HTTP",
    "resident/*": "edge: HTTP",
    "look/gallery.py": "edge: HTTP",
    "channels/hotline/calling.py": "edge: HTTP; a signature holds for minutes from the moment of sending",
    "parties/adapters.py": "edge: called by the sign-in library",
    "parties/auth.py": "edge: called by the interface's authentication",
    "parties/sessions.py": "edge: called by the session middleware",
}
TRANSACTIONS = {
    "*/demo.py": "the demo district is made whole or not at all",
    "kernel/flow/advance.py": "the one door opens the transaction that its callers join",
}
STATE = {
    "kernel/flow/advance.py": "the one door",
    "kernel/flow/bulk.py": "the same door for many new matters at once",
    "insight/fold.py": "the fold's own running value, read off the ledger; no row",
}
# A query without a viewer: "path:function" → why everybody may read it.
OPEN_QUERIES: dict[str, str] = {
    "cases/queries/reading.py:report_by_link": "the secret link is the permission; it makes the viewer",
    "cases/queries/settings.py:setting": "the house's own settings: no row of anybody",
    "cases/queries/settings.py:number": "the house's own settings: no row of anybody",
    "cases/queries/settings.py:forget": "empties this process's copy of the settings",
    "cases/queries/triage.py:look_ups": "what triage may ask; the machine proposes before anybody looks",
    "cases/queries/triage.py:twins_of": "the machine proposes before anybody looks",
    "cases/queries/twins.py:likest": "the machine proposes before anybody looks",
    "cases/queries/triage.py:special_reply": "standing replies: no row of anybody",
}

# --- Furniture ------------------------------------------------------------------------------------------------------

WRITING = ("actions", "models", "demo", "migrations")
EDGES = (
    "pages",
    "api",
    "tasks",
    "middleware",
    "management",
    "templatetags",
    "admin",
    "context",
    "subscribers",
)
DOCUMENTED = ("actions", "queries", "rules", "tasks", "exchange")
ALWAYS_WRITES = frozenset(
    {
        "bulk_create",
        "bulk_update",
        "get_or_create",
        "update_or_create",
        "abulk_create",
        "asave",
        "acreate",
        "adelete",
    }
)
SAVE_WORDS = frozenset({"update_fields", "force_insert", "force_update", "using"})
CLOCK_NAMES = frozenset(
    {
        "timezone.now", "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns",
        "time.localtime", "time.gmtime", "datetime.datetime.now", "datetime.date.today",
    }
)  # fmt: skip
CLOCK_WHEN_EMPTY = frozenset({"timezone.localdate", "timezone.localtime"})


@dataclass(frozen=True, slots=True)
class Violation:
    """One breach: which rule, where, and what to do about it."""

    rule: str
    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: [{self.rule}] {self.what}"


@dataclass(frozen=True, slots=True)
class Module:
    """One parsed module; ``path`` is relative to ``src/gongbi``, with forward slashes."""

    path: str
    source: str
    tree: ast.Module

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.path.removesuffix(".py").split("/"))

    def is_furniture(self, names: tuple[str, ...]) -> bool:
        """Whether it is ``<name>.py``, ``<name>_more.py`` or stands in a package ``<name>/``."""
        stem = self.parts[-1]
        return any(name in self.parts or stem.startswith(f"{name}_") for name in names)

    def escaped(self, escapes: dict[str, str]) -> bool:
        return any(fnmatch(self.path, pattern) for pattern in escapes)

    def breach(self, rule: str, node: ast.AST | int, what: str) -> Violation:
        line = node if isinstance(node, int) else getattr(node, "lineno", 1)
        return Violation(rule, f"src/gongbi/{self.path}", line, what)


def dotted(node: ast.AST) -> str:
    """``a.b.c`` for a chain of names, "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def writes(call: ast.Call) -> bool:
    """Whether a call looks like a write of the ORM. ``dict.update(x)``, ``hash.update(b)``, ``image.save(path)`` do not:
    they have positional arguments, which the ORM's methods never get."""
    if not isinstance(call.func, ast.Attribute):
        return False
    name = call.func.attr
    words = {keyword.arg for keyword in call.keywords}
    if name in ALWAYS_WRITES:
        return True
    if call.args:
        return False
    if name == "save":
        return not words or bool(words & SAVE_WORDS)
    if name in ("update", "aupdate"):
        return bool(words) and not dotted(call.func.value).endswith(("environ", ".conf"))
    if name == "create":
        return bool(words)
    return name == "delete" and not words


def rule_writes(module: Module) -> Iterator[Violation]:
    if module.is_furniture(WRITING) or module.escaped(WRITERS) or module.parts[0] == "science":
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and writes(node):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            yield module.breach(
                "write", node, f".{name}() outside actions and models: make it an action of the room"
            )


def rule_clock(module: Module) -> Iterator[Violation]:
    if module.is_furniture(EDGES) or module.escaped(CLOCKS) or "migrations" in module.parts:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and dotted(node) in CLOCK_NAMES:
            yield module.breach(
                "clock", node, f"{dotted(node)}: the time is an argument (at: datetime) inside the house"
            )
        elif (
            isinstance(node, ast.Call)
            and not (node.args or node.keywords)
            and dotted(node.func) in CLOCK_WHEN_EMPTY
        ):
            yield module.breach("clock", node, f"{dotted(node.func)}() without a time reads the system clock")


def rule_transaction(module: Module) -> Iterator[Violation]:
    if module.is_furniture(("actions", "migrations")) or module.escaped(TRANSACTIONS):
        return
    for node in ast.walk(module.tree):
        taken = isinstance(node, ast.Attribute) and dotted(node).endswith("transaction.atomic")
        if isinstance(node, ast.ImportFrom) and node.module == "django.db.transaction":
            taken = any(alias.name == "atomic" for alias in node.names)
        if taken:
            yield module.breach(
                "transaction", node, "a transaction outside actions: the action is the unit of work"
            )


def rule_viewer(module: Module) -> Iterator[Violation]:
    if not module.is_furniture(("queries",)) or module.parts[0] in ("kernel", "science"):
        return
    for node in public_functions(module):
        names = {a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
        if "viewer" not in names and f"{module.path}:{node.name}" not in OPEN_QUERIES:
            yield module.breach("viewer", node, f"{node.name}() takes no viewer: who may read this?")


def rule_state(module: Module) -> Iterator[Violation]:
    if module.escaped(STATE) or "migrations" in module.parts:
        return
    for node in ast.walk(module.tree):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = [
                t
                for target in node.targets
                for t in (target.elts if isinstance(target, ast.Tuple) else [target])
            ]
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            targets = [node.target]
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else dotted(node.func)
            by_word = name == "update" and any(k.arg == "state" for k in node.keywords) and not node.args
            by_name = name == "setattr" and len(node.args) > 1 and _text(node.args[1]) == "state"
            if by_word or by_name:
                yield module.breach("state", node, "sets a state: only kernel.flow.advance does")
        if any(isinstance(t, ast.Attribute) and t.attr == "state" for t in targets):
            yield module.breach("state", node, "assigns .state: only kernel.flow.advance does")


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def rule_length(module: Module) -> Iterator[Violation]:
    lines = module.source.count("\n") + (not module.source.endswith("\n"))
    if lines > LINES and "migrations" not in module.parts:
        yield module.breach(
            "length", LINES + 1, f"{lines} lines: a module has at most {LINES}; divide it by its subject"
        )


def public_functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in module.tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
            continue
        if not any(dotted(decorator).endswith("overload") for decorator in node.decorator_list):
            yield node


def rule_docstring(module: Module) -> Iterator[Violation]:
    if "migrations" in module.parts or module.parts[-1] in ("__init__", "apps", "__main__"):
        return
    if ast.get_docstring(module.tree) is None and module.tree.body:
        yield module.breach("docstring", 1, "the module does not say what it is for")
    if module.is_furniture(DOCUMENTED) or module.parts[0] == "science":
        for node in public_functions(module):
            # One statement speaks for itself.
            if len(node.body) > 1 and ast.get_docstring(node) is None:
                yield module.breach(
                    "docstring", node, f"{node.name}() is public and says nothing about itself"
                )


PHONE = re.compile(r"(?<![0-9.])1[3-9][0-9]{9}(?![0-9.])")
IDENTITY = re.compile(r"(?<![0-9])[1-9][0-9]{5}(?:19|20)[0-9]{2}[01][0-9][0-3][0-9][0-9]{3}[0-9Xx](?![0-9])")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def looks_personal(text: str) -> str:
    """The first thing in ``text`` that could be somebody's: a mobile number or a valid resident identity number; or ""."""
    phone = PHONE.search(text)
    if phone:
        return phone.group()
    for found in IDENTITY.finditer(text):
        digits = found.group().upper()
        total = sum(int(d) * w for d, w in zip(digits, WEIGHTS, strict=False))
        if "10X98765432"[total % 11] == digits[17]:
            return digits
    return ""


def rule_personal(module: Module) -> Iterator[Violation]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant):
            found = looks_personal(str(node.value)) if isinstance(node.value, str | int) else ""
            if found:
                yield module.breach(
                    "personal", node, f"{found} could be somebody's: make it at run time, marked synthetic"
                )


RULES: tuple[Callable[[Module], Iterator[Violation]], ...] = (
    rule_writes, rule_clock, rule_transaction, rule_viewer, rule_state, rule_length, rule_docstring, rule_personal,
)  # fmt: skip


def modules(package: Path) -> Iterator[Module]:
    for file in sorted(package.rglob("*.py")):
        source = file.read_text(encoding="utf-8")
        yield Module(file.relative_to(package).as_posix(), source, ast.parse(source, str(file)))


def check_code(package: Path) -> list[Violation]:
    """Every breach in the package whose folder is ``package`` (``src/gongbi``)."""
    return [breach for module in modules(package) for rule in RULES for breach in rule(module)]


# --- Locks ----------------------------------------------------------------------------------------------------------

PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)
SERVER_OPTIONS = ("--index-url", "--extra-index-url", "--find-links")


def pins(lock: str) -> set[tuple[str, str]]:
    """(name, version) of every requirement in a lock."""
    return {(name.lower(), version) for name, version in PIN.findall(lock)}


def check_locks(root: Path) -> list[Violation]:
    """Locks name no server, every pin has a digest, and the development lock holds the runtime's pins unchanged."""
    found: list[Violation] = []
    texts: dict[str, str] = {}
    for file in sorted((root / "requirements").glob("*.txt")):
        texts[file.stem] = text = file.read_text(encoding="utf-8")
        found += [
            Violation("lock", f"requirements/{file.name}", number, "names a server: make lock")
            for number, line in enumerate(text.splitlines(), start=1)
            if "://" in line or line.lstrip().startswith(SERVER_OPTIONS)
        ]
        for block in re.split(r"\n(?=[A-Za-z0-9])", text):
            if PIN.match(block) and "--hash=sha256:" not in block:
                found.append(
                    Violation("lock", f"requirements/{file.name}", 1, f"no digest: {block.split()[0]}")
                )
    runtime, development = pins(texts.get("base", "")), pins(texts.get("dev", ""))
    for name, version in sorted(runtime - development):
        found.append(
            Violation("lock", "requirements/base.txt", 1, f"{name} {version} is not in dev.txt: make lock")
        )
    package_lock = root / "frontend" / "package-lock.json"
    if package_lock.exists():
        for name, entry in json.loads(package_lock.read_text(encoding="utf-8")).get("packages", {}).items():
            if "://" in str(entry.get("resolved", "")):
                found.append(Violation("lock", "frontend/package-lock.json", 1, f"{name} names its server"))
            elif name and not entry.get("link") and "integrity" not in entry:
                found.append(Violation("lock", "frontend/package-lock.json", 1, f"{name} has no digest"))
    return found


def stale_escapes(package: Path) -> list[Violation]:
    """Escapes that no longer point at anything."""
    paths = [file.relative_to(package).as_posix() for file in package.rglob("*.py")]
    named = {"WRITERS": WRITERS, "CLOCKS": CLOCKS, "TRANSACTIONS": TRANSACTIONS, "STATE": STATE}
    found = [
        Violation("escape", "scripts/house.py", 1, f"{name}: {pattern} matches no module")
        for name, escapes in named.items()
        for pattern in escapes
        if not any(fnmatch(path, pattern) for path in paths)
    ]
    known = {f"{m.path}:{f.name}" for m in modules(package) for f in public_functions(m)}
    lost = sorted(OPEN_QUERIES.keys() - known)
    found += [
        Violation("escape", "scripts/house.py", 1, f"OPEN_QUERIES: there is no {entry}") for entry in lost
    ]
    return found


def check_house(root: Path = ROOT) -> list[Violation]:
    """Everything: code, escapes, locks."""
    package = root / "src" / "gongbi"
    return [*check_code(package), *stale_escapes(package), *check_locks(root)]


if __name__ == "__main__":
    breaches = check_house()
    for breach in breaches:
        print(breach)
    print(f"house: {len(breaches)} breaches" if breaches else "house: every rule holds")
    sys.exit(1 if breaches else 0)
