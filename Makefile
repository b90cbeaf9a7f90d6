# Two commands matter: `make demo` and `make test`. Each sets itself up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo test quick lint bench format clean

help: ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(STAMP): requirements/dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

setup: $(STAMP) ## the environment, from hashed locks

demo: $(STAMP) ## the whole line on both sandbox CRMs, no credentials needed
	$(BIN)/tierline demo

test: $(STAMP) ## every test
	$(BIN)/python -m pytest -n 2

quick: $(STAMP) ## the inner loop: lint and the fast tests
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/python -m pytest -n 2 -q -m "not slow"

lint: $(STAMP) ## format check, ruff, strict mypy, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy config connectors engine sandbox sync bench
	$(BIN)/lint-imports

bench: $(STAMP) ## one pass on the medium world, against the bare transport in the same run
	$(BIN)/python bench/pass.py

format: $(STAMP) ## rewrite to the house format
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

clean: ## everything that was made
	rm -rf $(VENV) dist build runs out .tierline .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
