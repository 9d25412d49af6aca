# Gatehouse: `make help` lists what there is to do.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help setup demo test check crash bench dashboards lock clean

# Each stamp says: this lock file is installed in .venv.
RUNTIME := .venv/installed-runtime
DEV := .venv/installed-dev
INSTALLED_FROM := pyproject.toml deploy/setup

# pytest's processes: `logical` is one for each processor; 0 runs everything in one.
WORKERS ?= logical

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: $(RUNTIME) ## set up .venv with the pinned dependencies
	@echo "Ready: make demo, or .venv/bin/gatehouse --help"

demo: $(RUNTIME) ## run a simulated estate and its duty desk on http://127.0.0.1:8080 (Ctrl-C ends it)
	@exec .venv/bin/gatehouse demo $(ARGS)

# Hundreds of Pythons are started, so bytecode is kept.
test: export PYTHONDONTWRITEBYTECODE =
test: $(DEV) ## run all tests, installing the servers they use (ARGS="tests/journal -x" for a part)
	@deploy/install-test-tools
	@exec .venv/bin/python -m pytest --numprocesses $(WORKERS) --dist worksteal $(ARGS)

check: $(DEV) ## lint, formatting, types, import contracts, lock files
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports
	deploy/pin --check

crash: $(DEV) ## kill gateway, broker and InfluxDB 200 times under load (ARGS="--rounds 50 --seed 7")
	@deploy/install-test-tools
	@exec .venv/bin/python -m tests.crash $(ARGS)

bench: $(DEV) ## measure speed (ONLY=name for one benchmark); results also in build/bench.jsonl
	@exec .venv/bin/python -m tests.benchmarks $(ONLY)

dashboards: $(DEV) ## write dashboards/grafana/*/*.json anew
	@.venv/bin/python -m dashboards.grafana

lock: $(DEV) ## pin what pyproject.toml asks for (UPGRADE=1: the newest releases)
	deploy/pin $(if $(UPGRADE),--upgrade)

clean: ## remove .venv, caches and build results; keeps the demo's data
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find gateway drivers simulators dashboards tests -name __pycache__ -prune -exec rm -rf {} +

# The development set holds the runtime set, so it serves `make demo` too.
$(RUNTIME): requirements.lock $(INSTALLED_FROM)
	@deploy/setup requirements.lock
	@touch $@

$(DEV): requirements-dev.lock requirements.lock $(INSTALLED_FROM)
	@deploy/setup requirements-dev.lock
	@touch $(RUNTIME) $@
