# demo: set up and run the main job   test: the tests   check: style and types   bench: the figures
# tools: what tests of browsers, relays and networks run besides (Debian; they are skipped without)
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

TOOLS := chromium ffmpeg fonts-liberation janus iproute2 softhsm2

.PHONY: demo test check bench clean tools

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
	$(BIN)/python -m pytest -m "not realtime" --numprocesses 2 --dist loadfile
	$(BIN)/python -m pytest -m realtime

tools:
	@if (for name in chromium ffmpeg janus ip tc softhsm2-util; do command -v $$name >/dev/null || exit 1; done); then \
		echo "$(TOOLS): here"; \
	elif test "$$(id -u)" != 0 || ! command -v apt-get >/dev/null; then \
		echo "Not installed (no apt-get, or not root): $(TOOLS). Some tests will be skipped."; \
	else \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $(TOOLS); \
	fi

check: $(VENV)/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_fairness_gate.py

bench: $(VENV)/ready-dev
	for name in avatar lips portraits speech marks marking credentials live_credentials receipts archive ears transcribe mimic webrtc live artefacts harmless harmless_sound reference reference_motion fairness check caller liveness; do $(BIN)/python bench/$$name.py || exit 1; done

clean:
	rm -rf $(VENV) demo out .mypy_cache .ruff_cache .pytest_cache
