# The everyday commands. `make demo` and `make test` need Python 3.11+ and a package registry.

PYTHON ?= python3
# Extra arguments for pip, e.g. where to find PyTorch's CPU build: see docs/operations.md.
PIP_ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
ONCE ?=
FLOORS ?= check
ARTICLES ?= 200000

.PHONY: demo test check lint types layers coverage quality bench clean

demo: $(VENV)/ready
	$(BIN)/samestory demo $(if $(filter-out 0,$(ONCE)),--once)

# A file's tests stay together, for what they set up is shared; files that take long come first.
test: $(VENV)/ready-dev
	HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# What CI runs before the tests.
check: lint types layers

lint: $(VENV)/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/ready-dev
	$(BIN)/mypy

layers: $(VENV)/ready-dev
	$(BIN)/lint-imports

coverage: $(VENV)/ready-dev
	HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -q --cov --cov-report=term

# The quality of the grouping on every labelled set of SAMESTORY_DATA, against its floors.
# FLOORS=set raises the floors to what is measured; LOWER="the reason" lets it lower one.
quality: $(VENV)/ready-dev
	HF_HUB_OFFLINE=1 $(BIN)/python -m pytest -q tests/quality/test_floors.py --floors=$(FLOORS) --lower="$$LOWER"

# The last part fills a store of ARTICLES articles, which takes some minutes.
bench: $(VENV)/ready-dev
	HF_HUB_OFFLINE=1 $(BIN)/python -m tests.bench.run $(ARTICLES)

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "samestory needs Python 3.11 or later")'
	$(PYTHON) -m venv $(VENV)

# A stamp each, so that set-up runs again only when the dependencies change.
$(VENV)/ready: pyproject.toml | $(VENV)/bin/python
	@echo "Installing samestory into $(VENV); about 1.5 GB, once."
	$(BIN)/python -m pip install --quiet $(PIP_ARGS) --editable '.[multilingual]'
	@touch $@

$(VENV)/ready-dev: pyproject.toml | $(VENV)/bin/python
	@echo "Installing samestory and its test tools into $(VENV)."
	$(BIN)/python -m pip install --quiet $(PIP_ARGS) --editable '.[dev,multilingual]'
	@touch $@ $(VENV)/ready

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .coverage
