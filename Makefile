# What a person types. Every target makes sure of what it needs; `make` alone explains.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help install services assets catalogue wheel demo demo-reset release test test-unit test-faults drill check format evaluate bench mutants

PYTHON ?= python3
BIN := .venv/bin
# Modules stay compiled: the tests start a hundred processes, and each would compile all that it imports, at a second each.
unexport PYTHONDONTWRITEBYTECODE
# The machine's own certificates, where it has them: a company's proxy is known there only.
export UV_SYSTEM_CERTS ?= $(if $(wildcard /etc/ssl/certs/ca-certificates.crt),true,false)
# Newer than everything it was made from, so that `make` knows when to install again.
INSTALLED := .venv/installed

# For the demo; for example: make demo PORT=8090 RESIDENTS=50
PORT ?= 8080
INBOX_PORT ?= 8025
RESIDENTS ?= 20
FOLDER ?= var
FACTOR ?= 10
# What happens in the demo; for example: make demo SCENARIO=power_cut, make demo SCENARIO="mine.toml sos"
SCENARIO ?=
# For pytest; for example: make test ARGS="-k geofence"
ARGS ?=

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(INSTALLED) assets ## Make .venv with everything in uv.lock, and fetch what browsers need

$(INSTALLED): pyproject.toml uv.lock
	@command -v $(PYTHON) >/dev/null || { echo "python3 is missing; install it: apt-get install python3 python3-venv" >&2; exit 69; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $$($(PYTHON) --version) was found (choose with PYTHON=...)" >&2; exit 69; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "python3-venv is missing; install it: apt-get install python3-venv" >&2; exit 69; }
	@[ -x $(BIN)/python ] || { echo "Making .venv"; $(PYTHON) -m venv .venv; }
	@[ -x $(BIN)/uv ] || $(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'
	@echo "Installing what uv.lock names"
	@VIRTUAL_ENV= $(BIN)/uv sync --locked --quiet --inexact --python $(BIN)/python
	@touch $@

assets: $(INSTALLED) ## Fetch what browsers need (styles, map) from npm, once
	@$(BIN)/python -m deploy.local.browser_assets

catalogue: $(INSTALLED) ## Fetch the device catalogue that the contract tests read from npm, once
	@$(BIN)/python -m tests.support.zigbee_catalogue

wheel: assets ## Build the package, with all that the program needs at run time, in dist/
	@VIRTUAL_ENV= $(BIN)/uv build --wheel --out-dir dist --python $(BIN)/python

# For example: make release VERSION=0.3.0; make release VERSION=0.3.0 DRY=1
VERSION ?=
DRY ?=

release: assets ## Make a release: VERSION=0.3.0, version, changelog, wheel, SBOM, commit and tag (DRY=1: only try)
	@[ -n "$(VERSION)" ] || { echo "say which: make release VERSION=0.3.0" >&2; exit 64; }
	@$(BIN)/python -m deploy.local.release $(VERSION) $(if $(DRY),--dry-run)

services: $(INSTALLED) ## Install Mosquitto, PostgreSQL with TimescaleDB, and what the tests need besides
	@$(BIN)/python -m deploy.local.required_programs --tests

demo: $(INSTALLED) ## Start everything with a simulated ward; Ctrl-C stops it, the next start goes on
	@$(BIN)/mimamori demo --folder $(FOLDER) --port $(PORT) --inbox-port $(INBOX_PORT) --residents $(RESIDENTS) --factor $(FACTOR) $(addprefix --scenario ,$(SCENARIO))

demo-reset: $(INSTALLED) ## Drop the demo's data
	@$(BIN)/mimamori demo-reset --folder $(FOLDER)

test: assets catalogue services ## Run all tests, with a real broker, database and browser
	@$(BIN)/pytest -n 3 --dist worksteal $(ARGS)

test-unit: catalogue ## Run the tests that need no services
	@$(BIN)/pytest -n 2 --dist worksteal tests/unit tests/property tests/contract $(ARGS)

test-faults: assets services ## Run the long forms of tests: processes killed again and again, months, every page
	@LONG_FAULTS=1 $(BIN)/pytest -m faults $(ARGS)

drill: services ## Lose a database with its disk, bring it back with pgBackRest, and say what was lost
	@LONG_FAULTS=1 $(BIN)/pytest tests/integration/deploy/test_drill.py $(ARGS)

check: $(INSTALLED) ## Check style, types, imports and sizes
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/pyright
	@$(BIN)/lint-imports
	@$(BIN)/python -m tests.checks

format: $(INSTALLED) ## Put imports and layout in order
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

# Recorded homes to evaluate, besides the made-up ones; for example: make evaluate EVENTS=homes.csv
EVENTS ?= tests/data/tihm/activity.csv.gz

evaluate: $(INSTALLED) ## Measure detection on made-up and recorded homes: a table, JSON and pictures
	@$(BIN)/mimamori evaluate --made-up $(EVENTS) --out $(FOLDER)/evaluation

# What to measure, all by default; for example: make bench BENCH=quick, make bench BENCH="ingest latency"
BENCH ?=

bench: services ## Measure speed, memory and space: a table and bench.json (BENCH=quick: in minutes)
	@$(BIN)/python -m tests.bench $(BENCH)

mutants: $(INSTALLED) ## Lay faults into the heart and say how many the nearest tests notice (half an hour)
	@$(BIN)/python -m tests.mutants $(ARGS)
