# Two commands on a fresh machine with Python 3.11+, venv and make:  make run   make test
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
WORKERS ?= 2

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

# uv installs in seconds where it is present; pip does the same work where it is not.
define install
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@if command -v uv >/dev/null; then \
	  uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1) && \
	  uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1) && \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ; \
	fi
	@$(BIN)/python -m scheduler.optimizer
	@touch $@
endef

$(VENV)/.run-ready: requirements.lock pyproject.toml
	$(call install,requirements.lock)

$(VENV)/.test-ready: requirements-dev.lock pyproject.toml
	$(call install,requirements-dev.lock)

# The extras come on top of what developers need; Ray is large, so only who wants it takes it.
$(VENV)/.ray-ready: requirements-ray.lock $(VENV)/.test-ready
	$(call install,requirements-ray.lock)

$(VENV)/.notebooks-ready: requirements-notebooks.lock $(VENV)/.test-ready
	$(call install,requirements-notebooks.lock)

setup: $(VENV)/.test-ready ## Make .venv with everything a developer needs

run: $(VENV)/.run-ready ## Run the main job end to end
	@$(BIN)/python -m api.tour

test: $(VENV)/.test-ready ## Run the whole suite
	@$(BIN)/python -m pytest -n $(WORKERS)

test-slow: $(VENV)/.test-ready ## Run the long tests too
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m slow --durations=25

format: $(VENV)/.test-ready ## Rewrite the code in the house format
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix-only --quiet .

check: $(VENV)/.test-ready ## What CI runs: format, lint, types, import contracts, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) --no-print-directory test

ray: $(VENV)/.ray-ready ## Add the Ray and S3 extras to .venv

sites: $(VENV)/.test-ready ## Bring up three Slurm sites and one container site until Ctrl-C
	@$(BIN)/python -m tests.api.dispatch.local_sites

lose: $(VENV)/.test-ready ## Kill one of the Slurm sites that `make sites` brought up: make lose SITE=west
	@$(BIN)/python -m tests.api.dispatch.local_sites lose $(SITE)

notebooks: $(VENV)/.notebooks-ready ## Open the planner's notebooks
	@$(BIN)/jupyter lab simulations/notebooks

serve: $(VENV)/.run-ready ## Leave the service running on http://127.0.0.1:8000
	@$(BIN)/edwc serve

bench: $(VENV)/.test-ready ## Measure the service and print its tables
	@$(BIN)/python -m tests.benchmarks.service

bench-optimizer: $(VENV)/.test-ready ## Measure the optimizer and print its tables
	@$(BIN)/python -m tests.benchmarks
	@$(BIN)/python -m tests.benchmarks.replanning

# The S3 client's own client does not take python-dateutil 3 yet, and all locks must agree.
lock: ## Pin every dependency again (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --group build -c <(echo 'python-dateutil<3') pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --group dev -c <(echo 'python-dateutil<3') pyproject.toml -o requirements-dev.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --extra ray --extra s3 --group s3-tests -c requirements-dev.lock pyproject.toml -o requirements-ray.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --extra notebooks -c requirements-dev.lock pyproject.toml -o requirements-notebooks.lock

clean: ## Remove what was made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

bench-console: $(VENV)/.test-ready ## Measure how fast the console draws 100,000 jobs
	@$(BIN)/python -m tests.benchmarks.console

.PHONY: help setup ray sites lose notebooks run serve test test-slow format check bench bench-optimizer bench-console lock clean
