"""One measurement in a process of its own: ``python -m bench.one MODULE [--quick]``; the rows as JSON on the last line."""

from __future__ import annotations

import importlib
import json
import sys

from bench.rows import Row

rows = importlib.import_module(f"bench.{sys.argv[1]}").run("--quick" in sys.argv)
print(json.dumps([row.as_json() if isinstance(row, Row) else row for row in (rows if isinstance(rows, list) else [rows])], ensure_ascii=False))
