# `make` alone lists what can be made. Everything is installed into .venv beside this file.

PYTHON ?= python3
BIN := .venv/bin
# uv must neither download a Python nor take an environment that happens to be active in the shell.
UV_SYNC := UV_PROJECT_ENVIRONMENT=.venv UV_PYTHON=$(BIN)/python UV_PYTHON_DOWNLOADS=never \
	$(BIN)/uv sync --frozen --inexact
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME

# Both databases in one run; a plain `pytest` uses SQLite alone.
export MAILCRM_TEST_DATABASE ?= both
PYTEST_ARGS ?= -n 2 --dist loadgroup

.DEFAULT_GOAL := help
.PHONY: help demo test lint format bench clean system-packages

help:  ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: .venv/.synced-demo  ## Start a small invented company: mail server, mailcrm and web pages, all on this machine
	@$(BIN)/python -m demo

test: system-packages lint  ## Check everything: style, types, contracts, tests on SQLite and PostgreSQL, browser
	$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: .venv/.synced-all  ## Check style, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/.synced-all  ## Put the code into the common format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: .venv/.synced-all  ## Measure mailcrm against its peers; writes bench/RESULTS.md
	tools/system_packages.sh bench
	$(BIN)/python -m bench

clean:  ## Remove the environment, the demo company and every cache
	rm -rf .venv .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

system-packages:
	tools/system_packages.sh test

.venv/.bootstrapped:
	$(PYTHON) tools/bootstrap.py .venv
	@touch $@

.venv/.synced-demo: .venv/.bootstrapped uv.lock pyproject.toml
	$(UV_SYNC) --no-default-groups --group demo
	@touch $@

.venv/.synced-all: .venv/.bootstrapped uv.lock pyproject.toml
	$(UV_SYNC) --all-extras
	@touch $@ .venv/.synced-demo
