# Every target sets up what it needs in .venv; nothing but python3 (3.11 or newer) is expected.
PYTHON ?= python3
BIN := .venv/bin

# What a server of another version may do differently; faults between metaads and Meta are the same on every one.
ABOUT_THE_SERVER := tests/patches $(foreach name,enrich enrich_forms enrich_plans ingest ingest_contacts ingest_identities \
	ingest_leads ingest_plans performance sessions stats stats_leads stats_money stats_plans stats_property,tests/integration/test_$(name).py)

.PHONY: help demo test test-postgres15 test-browser lint format bench bench-migrate bench-stats bench-sync schema lock clean

help:  ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:[^#]*## /\t/' | expand -t 18

demo: .venv/runtime  ## install, then run the whole pipeline on an embedded database
	@$(BIN)/metaads demo

test: .venv/dev  ## the test suite on the embedded PostgreSQL 18
	$(BIN)/python -m pytest -n 3 --dist worksteal

test-postgres15: .venv/dev  ## the database tests on Debian's PostgreSQL 15 and PgBouncer (installs them when root)
	tools/with_postgres15 tools/with_pgbouncer $(BIN)/python -m pytest -n 3 --dist worksteal $(ABOUT_THE_SERVER) \
		tests/pooler

test-browser: .venv/dev  ## the report in Debian's Chromium (installs it when root)
	tools/with_chromium $(BIN)/python -m pytest -n 2 --dist worksteal tests/browser

lint: .venv/dev  ## ruff, mypy, import-linter, the patch lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python tools/lint_patches.py

format: .venv/dev  ## rewrite the sources in the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/dev  ## the benchmarks: ratios to a peer measured in the same run
	$(BIN)/python bench/startup.py
	$(BIN)/python bench/ingest.py
	$(BIN)/python bench/export.py

bench-sync: .venv/dev  ## sync-insights beside the SDK, tap-facebook, dlt and Airbyte; then up to 150,000 ads
	$(BIN)/python bench/sync.py
	$(BIN)/python bench/sync_scale.py

bench-migrate: .venv/dev  ## how long readers wait while a patch is applied, beside plain psql
	$(BIN)/python bench/migrate.py

bench-stats: .venv/dev  ## stats beside psql, among a thousand tenants with ten million insights (7 GB, minutes)
	$(BIN)/python bench/stats.py

schema: .venv/dev  ## write sql/schema.sql anew from a patched database
	$(BIN)/python tools/dump_schema.py sql/schema.sql

lock: .venv/dev  ## write the locked requirements anew from pyproject.toml
	tools/lock_requirements $(BIN)/uv

clean:  ## remove the environment and all build products (the embedded database stays: metaads db reset)
	rm -rf .venv build dist .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "metaads needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another with: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv

.venv/runtime: requirements/runtime.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev: requirements/dev.txt .venv/runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@
