# demo: set up and run the main job   test: the tests   check: style and types   bench: the figures
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check bench clean

$(VENV)/ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/ready-dev: $(VENV)/ready
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

demo: $(VENV)/ready
	$(BIN)/python -m bonaface demo

test: $(VENV)/ready-dev
	$(BIN)/python -m bonaface models fetch --all
	$(BIN)/python -m pytest

check: $(VENV)/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/ready-dev
	for name in avatar lips portraits speech marks; do $(BIN)/python bench/$$name.py || exit 1; done

clean:
	rm -rf $(VENV) demo out .mypy_cache .ruff_cache .pytest_cache
