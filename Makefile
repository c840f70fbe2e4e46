# Everything a newcomer types. Needs make and Python 3.11 or newer; the rest is installed into this folder.
SHELL := /bin/sh
BIN := .venv/bin
PREPARE = python=$$(sh scripts/find-python) && "$$python" scripts/install.py

.PHONY: help run install test lint bench science lock rehearse clean

help:
	@echo "make run      install what is missing and start Gongbi (PORT, DATABASE_URL and HOST are obeyed)"
	@echo "make install  only install"
	@echo "make test     the whole suite, on SQLite and on PostgreSQL when one is reachable (ARGS=... goes to pytest)"
	@echo "make lint     style, types, import contracts, house rules, locks, front end"
	@echo "make bench    measure against the floors and write docs/bench.md"
	@echo "make science  measure the library and write docs/science.md (ARGS=scan: one subject)"
	@echo "make lock     make the locks of the Python packages again"
	@echo "make rehearse a newcomer's first start, in a fresh copy"
	@echo "make clean    remove what was installed and built (your data in var/ stays)"

run:
	@$(PREPARE) runtime && exec $(BIN)/gongbi run $(ARGS)

install:
	@$(PREPARE) runtime

test:
	@$(PREPARE) dev && exec $(BIN)/python scripts/test.py $(ARGS)

lint:
	@$(PREPARE) dev && exec $(BIN)/python scripts/lint.py

bench:
	@$(PREPARE) dev && exec $(BIN)/python -m bench $(ARGS)

science:
	@$(PREPARE) science && exec $(BIN)/python -m science_page $(ARGS)

lock:
	@$(PREPARE) dev && exec $(BIN)/python scripts/lock.py

rehearse:
	@python=$$(sh scripts/find-python) && exec "$$python" scripts/rehearse.py $(ARGS)

clean:
	rm -rf .venv frontend/node_modules src/gongbi/look/static/look/built var/static var/tests src/*.egg-info
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache tests/artifacts
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} +
	find src -name '*.mo' -delete
