# A fresh machine needs Python 3.11+, make and nothing else. Each target sets up what it needs,
# once: a stamp per lock file says whether the environment is current.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
PYTEST := $(BIN)/pytest

# Where what depends on the servers' versions is tested; the rest runs on top of it.
IN_CONTAINERS := tests/infrastructure tests/contract --ignore tests/infrastructure/postgres/embedded

.DEFAULT_GOAL := help
.PHONY: help run demo test test-containers test-without-legacy unit check format lock claims soak clean

help: ## what can be done here
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

run: $(VENV)/run.stamp ## set up, then serve everything embedded on port 8000
	@$(BIN)/serinus serve --demo

demo: $(VENV)/run.stamp ## a whole release in minutes; FAULT=errors|latency|difference: one that is taken back
	@$(BIN)/serinus demo $(if $(FAULT),--fault $(FAULT))

test: $(VENV)/dev.stamp ## every test, on real servers
	$(PYTEST) -n 2

test-containers: $(VENV)/dev.stamp ## those that need a database, on the PostgreSQL and Redis of staging
	SERINUS_TEST_SERVERS=containers $(PYTEST) -n 2 -m "database and not e2e" $(IN_CONTAINERS)

test-without-legacy: $(VENV)/dev.stamp ## what is left when engine v1 is deleted, on a copy
	.ci/without-legacy

unit: $(VENV)/dev.stamp ## only the tests that need no server
	$(PYTEST) -m "not database and not e2e and not containers"

check: $(VENV)/dev.stamp ## format, lint, types, import contracts, migrations, dependencies: what CI runs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	if [ -d tests/legacy ]; then $(BIN)/lint-imports --no-logo --config tests/legacy/importlinter.toml; fi
	$(BIN)/squawk src/serinus/infrastructure/postgres/migrations/versions/*.sql
	$(BIN)/deptry src

format: $(VENV)/dev.stamp ## format and apply safe fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

openapi: $(VENV)/dev.stamp ## write docs/openapi.json anew, after a change of a contract
	$(BIN)/serinus openapi > docs/openapi.json.new
	mv docs/openapi.json.new docs/openapi.json

lock: ## write the lock files anew (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --upgrade --quiet -o requirements/run.txt requirements/build.in
	uv pip compile pyproject.toml --group test --group check --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet -c requirements/run.txt -o requirements/dev.txt requirements/build.in

clean: ## remove the environment and caches; the data folder stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Serinus needs Python 3.11 or newer; set PYTHON=")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements/run.txt | $(BIN)/python
	$(PIP) install --require-hashes -r requirements/run.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	# As locked, and no second opinion: the lock overrides what one of them asks for.
	$(PIP) install --require-hashes --no-deps -r requirements/dev.txt
	@touch $@

claims: $(VENV)/run.stamp ## simulate and measure all that is promised of releases: build/claims
	$(BIN)/serinus release simulate --runs 2000 --live --report build/claims

soak: $(VENV)/dev.stamp ## a site under load for MINUTES=2, with its memory: build/soak; fails when a promise is broken
	$(BIN)/python -m benchmarks.soak.run $(if $(MINUTES),--minutes $(MINUTES)) $(if $(RATE),--rate $(RATE))
