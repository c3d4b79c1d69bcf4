# `make demo` and `make test` set up all they need and reuse what is there; `make help` lists the rest.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: help setup parts tools demo test test-engines cluster test-fast bench fuzz fuzz-commands lint format expected clean

help:
	@echo "make demo       the main job on an embedded YARN: who lands in which queue, decided and seen"
	@echo "make test       all tests: the fast ones, then those on the embedded YARN"
	@echo "make test-fast  the tests that need no YARN"
	@echo "make test-engines  the tests with real Flink, Hive, Airflow, JupyterLab and a KDC, and the long ones, on the embedded YARN; fetches 2 GB"
	@echo "make cluster    an embedded YARN to try things on by hand; SCHEDULER=capacity for the other"
	@echo "make bench      figures, each against something run beside it"
	@echo "make fuzz       damaged maps and indexes, a million of them; RUNS=, SEED="
	@echo "make fuzz-commands  command lines, read by us and by two Sparks; RUNS=100000, SEED="
	@echo "make lint       formatting, lint and types"
	@echo "make format     formats the code"
	@echo "make expected   rewrites the expected outputs in tests/data; review the difference"
	@echo "make clean      removes what the above made"

setup: .venv/ready parts tools

demo: setup
	@$(BIN)/python -m tests.cluster.demo

test: setup
	$(BIN)/pytest -n 2 -m "not cluster and not engines"
	$(BIN)/pytest -m cluster --durations=12

# Heavy engines, Flink, Hive, Airflow, JupyterLab, fetched when they are not there; and the long walks on the embedded YARN
test-engines: setup
	@$(BIN)/python -m tests.engines.parts
	$(BIN)/pytest -m engines

# A cluster to try things on by hand
SCHEDULER ?= fair
cluster: setup
	@$(BIN)/python -m tests.cluster --scheduler $(SCHEDULER)

test-fast: .venv/ready tools
	$(BIN)/pytest -n 2 -m "not cluster and not engines"

# Figures, each against something run beside it
bench: .venv/ready
	@for bench in tests/bench/bench_*.py; do $(BIN)/python -m tests.bench.$$(basename $$bench .py) || exit 1; done

# Damaged maps and indexes: RUNS of them, from a SEED of your own
RUNS ?= 1000000
SEED ?= 1
fuzz: .venv/ready
	$(BIN)/python -m tests.fuzz.fuzz_policy $(RUNS) $(SEED)

# Command lines of Spark's commands, read by us and by two versions of Spark; every night
fuzz-commands: RUNS = 100000
fuzz-commands: setup
	$(BIN)/python -m tests.fuzz.fuzz_commands $(RUNS) $(SEED)

lint: .venv/ready
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy

format: .venv/ready
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

expected: .venv/ready
	$(BIN)/pytest -q -m "not cluster and not engines" --write-expected

clean:
	rm -rf .venv .parts build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

# What the fast tests want of Debian: PostgreSQL, promtool, systemd-analyze
tools:
	@$(PYTHON) -m tests.tools

# Real YARN, Spark and MapReduce, and the Java they need, under .parts
parts:
	@$(PYTHON) -m tests.cluster.parts

.venv/ready: setup.cfg constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "setup: $(PYTHON) is too old or missing; Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -q && apt-get install -y -q python3-venv; \
	  else echo "setup: Python's venv is missing; install it: apt-get install python3-venv"; exit 1; fi
	@echo "setup: Python packages into .venv (half a minute)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@
