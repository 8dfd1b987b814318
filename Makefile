# A fresh machine needs Python 3.11+, make and nothing else. Each target sets up what it needs,
# once: a stamp per lock file says whether the environment is current.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
PYTEST := $(BIN)/pytest
BENCH  := $(PYTEST) -c benchmarks/pytest.ini --rootdir=.

# Where what depends on the servers' versions is tested; the rest runs on top of it.
IN_CONTAINERS := tests/infrastructure tests/contract --ignore tests/infrastructure/postgres/embedded

# What is measured: tests of the layers, within their own process, and what wires them, by servers
# and commands. Only engine v1 has greenlets to be followed; the rest takes half the time without.
WIRED := tests/wiring tests/e2e/test_commands.py tests/e2e/test_life.py
OF_LAYERS := tests/domain tests/application tests/infrastructure tests/presentation $(WIRED)
OF_ENGINE_V1 := $(wildcard tests/legacy)
ONLY_THREADS := --concurrency=thread
ON_SERVERS := tests/architecture tests/benchmarks tests/deploy \
	$(filter-out $(WIRED),$(sort $(wildcard tests/e2e/test_*.py)))

# The suites by name. What runs a server of its own over HTTP belongs to one of them.
E2E := tests/e2e
V2_END_TO_END := tests/contract/v2 $(addprefix $(E2E)/test_,access_log.py audit.py \
	cache_consistency.py cache_outages.py commands.py comments.py document.py draining.py life.py \
	backup.py metrics.py rate_limits.py rolling_restart.py schedule.py two_nodes.py)
V1_COMPATIBILITY := tests/contract/v1 tests/presentation/http/v1 \
	$(addprefix $(E2E)/test_,deprecation.py given_back.py memory.py mixed_traffic.py)
V2_DATABASE := tests/infrastructure/postgres tests/presentation/http/v2
CANARY := tests/contract/release $(addprefix $(E2E)/test_,canary_timeline.py comparing.py \
	live_servers.py release_commands.py release_drill.py release_faults.py release_nodes.py \
	release_patterns.py release_steering.py switch.py told_to_prometheus.py webhooks.py)

# What is over soon: simulated releases take seconds each, and reports are made of them; bcrypt and
# many thousands of consumers take theirs.
UNIT := tests/domain tests/application tests/presentation tests/infrastructure $(OF_ENGINE_V1) \
	$(addprefix --ignore=,tests/application/release/simulation tests/presentation/report \
	tests/presentation/cli/test_simulate_command.py tests/infrastructure/postgres/test_fixtures.py \
	tests/legacy/test_passwords.py tests/presentation/http/test_switch_memory.py)

.DEFAULT_GOAL := help
.PHONY: help run demo test coverage coverage-domain test-on-servers test-contracts \
	test-v2-end-to-end test-v1-compatibility \
	test-v2-database test-canary test-staging count-e2e test-containers test-without-legacy \
	unit check deploy-check format openapi lock claims bench bench-baseline bench-compare soak clean

help: ## what can be done here
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 30

run: $(VENV)/run.stamp ## set up, then serve everything embedded on port 8000
	@$(BIN)/serinus serve --demo

demo: $(VENV)/run.stamp ## a whole release in minutes; FAULT=errors|latency|difference: one that is taken back
	@$(BIN)/serinus demo $(if $(FAULT),--fault $(FAULT))

test: $(VENV)/dev.stamp ## every test, on real servers
	$(PYTEST) -n 2

coverage: $(VENV)/dev.stamp ## the tests of all layers, measured: fails below a floor; build/coverage.xml
	rm -f .coverage .coverage.*
	$(BIN)/coverage run $(ONLY_THREADS) -m pytest -n 2 $(OF_LAYERS)
	$(if $(OF_ENGINE_V1),$(BIN)/coverage run -m pytest -n 2 $(OF_ENGINE_V1))
	$(BIN)/coverage combine --quiet
	@mkdir -p build
	$(BIN)/coverage xml --quiet -o build/coverage.xml
	$(BIN)/coverage json --quiet -o build/coverage.json
	@$(BIN)/python .ci/coverage_by_layer.py build/coverage.json

coverage-domain: $(VENV)/dev.stamp ## the rules of the domain by their own tests: all of them, or it fails
	rm -f .coverage .coverage.*
	$(BIN)/coverage run $(ONLY_THREADS) -m pytest -n 2 tests/domain
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --include='src/serinus/domain/*' --fail-under=100 --show-missing --skip-covered

test-on-servers: $(VENV)/dev.stamp ## what coverage does not run, but for the contracts
	$(PYTEST) -n 2 $(ON_SERVERS)

test-contracts: $(VENV)/dev.stamp ## the contracts, on the servers that come with the packages
	$(PYTEST) -n 2 tests/contract

test-v2-end-to-end: $(VENV)/dev.stamp ## suite: v2 end to end
	$(PYTEST) -n 2 $(V2_END_TO_END)

test-v1-compatibility: $(VENV)/dev.stamp ## suite: v1 compatibility, on both engines and at 50 %
	$(PYTEST) -n 2 $(V1_COMPATIBILITY)

test-v2-database: $(VENV)/dev.stamp ## suite: v2 with a real database
	$(PYTEST) -n 2 $(V2_DATABASE)

test-canary: $(VENV)/dev.stamp ## suite: canary release, the environment and the release engine
	$(PYTEST) -n 2 $(CANARY)

test-staging: $(VENV)/run.stamp ## deploy from DATABASE_URL, REDIS_URL and the switches, and take back
	.ci/staging

count-e2e: $(VENV)/dev.stamp ## how many tests there are over real HTTP, on running servers
	@$(PYTEST) --collect-only -q -m http tests/contract $(E2E) | tail -1

test-containers: $(VENV)/dev.stamp ## those that need a database, on the PostgreSQL and Redis of staging
	$(PYTEST) -m "not database" tests/contract # whether the cases are complete
	SERINUS_TEST_SERVERS=containers $(PYTEST) -n 2 -m "database and not e2e" $(IN_CONTAINERS)

test-without-legacy: $(VENV)/dev.stamp ## what is left when engine v1 is deleted, on a copy
	.ci/without-legacy

unit: $(VENV)/dev.stamp ## the rules and their edges, without a server: within a minute
	$(PYTEST) -n 2 -m "not database and not e2e and not containers" $(UNIT)

check: $(VENV)/dev.stamp ## format, lint, types, import contracts, migrations, dependencies: what CI runs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	if [ -d tests/legacy ]; then $(BIN)/lint-imports --no-logo --config tests/legacy/importlinter.toml; fi
	$(BIN)/squawk src/serinus/infrastructure/postgres/migrations/versions/*.sql
	$(BIN)/deptry src
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/zizmor --offline --quiet .github

deploy-check: build/deploy/stamp ## the files in deploy/, by the tools that read them (needs kubectl and promtool)
	.ci/deploy-check build/deploy/bin

format: $(VENV)/dev.stamp ## format and apply safe fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

openapi: $(VENV)/dev.stamp ## write docs/openapi.json anew, after a change of a contract
	$(BIN)/serinus openapi > docs/openapi.json.new
	mv docs/openapi.json.new docs/openapi.json

lock: ## write the lock files anew (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --upgrade --quiet -o requirements/run.txt requirements/build.in
	uv pip compile pyproject.toml --group test --group check --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet -c requirements/run.txt -o requirements/dev.txt requirements/build.in
	uv pip compile requirements/deploy.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --upgrade --quiet -o requirements/deploy.txt
	uv pip compile --group bench --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet -c requirements/dev.txt -o requirements/bench.txt

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

# Apart: what validates manifests shall not decide which versions the server gets.
build/deploy/stamp: requirements/deploy.txt
	$(PYTHON) -m venv build/deploy
	build/deploy/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements/deploy.txt
	@touch $@

$(VENV)/bench.stamp: requirements/bench.txt $(VENV)/dev.stamp
	$(PIP) install --require-hashes --no-deps -r requirements/bench.txt
	@touch $@

bench: $(VENV)/bench.stamp ## engine v1 against engine v2, and others: build/bench. Quick: BENCH_SECONDS=0.2
	$(BENCH) benchmarks/side_by_side/test_targets.py

bench-baseline: bench ## measure, and store the ratios for machines of this kind
	$(BIN)/python -m benchmarks.side_by_side.baseline

bench-compare: $(VENV)/bench.stamp ## as bench; fails, too, when a ratio is worse than the stored one
	$(BENCH) benchmarks/side_by_side

claims: $(VENV)/run.stamp ## simulate and measure all that is promised of releases: build/claims
	$(BIN)/serinus release simulate --runs 2000 --live --report build/claims

soak: $(VENV)/bench.stamp ## a site under load for MINUTES=2, with its memory: build/soak; fails when a promise is broken
	$(BIN)/python -m benchmarks.soak.run $(if $(MINUTES),--minutes $(MINUTES)) $(if $(RATE),--rate $(RATE))
