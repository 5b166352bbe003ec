# Everything a developer runs. Needs GNU make and Python 3.11 or newer, nothing else.

PYTHON ?= python3
# Where the evaluation data lies; tests that use it skip, loudly, without it.
DATA ?= ../shared/data
# Extra words for the command behind run, test, bench, eval and lock.
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --no-input --disable-pip-version-check
LOCK := requirements/run.txt
DEV_LOCK := requirements/dev.txt
E5_LOCK := requirements/e5.txt
# pip's bars on a terminal; a line per package elsewhere, so that no minute is silent.
INSTALL := $(PIP) install --require-hashes --no-deps --progress-bar $$([ -t 1 ] && echo on || echo off) -r
UV_VERSION := 0.13.8
URL := http://127.0.0.1:9077

export DATA

.DEFAULT_GOAL := help
.PHONY: help setup dev e5 run test test-e5 check format docs offline wheel soak siege model fuzz \
  bench sizes eval quality lock clean

define HELP
make setup    install what running needs into $(VENV)/ (a no-op when nothing changed)
make dev      setup, and what tests and checks need
make e5       setup, and the model for languages other than English (91 MB to fetch)
make run      setup, then start the memory on $(URL)
make test     dev, then run all tests
make test-e5  dev and e5, then run the tests that need that model
make check    dev, then format, lint, types and import layers (under a minute)
make format   dev, then format the code and mend what the linter can
make docs     write docs/reference/ and the Python API's types from the declarations,
              and docs/transcript.md from a session
make offline  walk the whole surface in an empty network: nothing may leave the machine
make wheel    build dist/*.whl and try it in fresh environments, bare and semantic
make soak     sixteen processes on one file for twenty seconds
make siege    kills, sick and full disks, replaced files, at every call there is (an hour;
              ARGS='--rounds 20 --only restore' for less)
make model    the store against a model of it, for long (ARGS='--seed 7 --steps 1000000')
make fuzz     ask a server everything its OpenAPI document promises (CASES=n per operation)
make bench    setup, then measure speed, each figure beside its floor
make sizes    the same at four sizes up to a million (an hour the first time; the
              stores are kept in .bench/), and write docs/performance.md's figures
make eval     setup, then measure retrieval on the data in $$DATA
make quality  setup, then measure retrieval on the project's own sets, and fail where
              it is below FTS5, BM25 or the vectors alone
make lock     resolve requirements/*.txt anew (ARGS=--upgrade takes newer versions)
make clean    remove the environment and every cache

PYTHON=python3.12 chooses the interpreter, DATA=folder the evaluation data,
ARGS='...' is passed on: make test ARGS='-k recall', make run ARGS='--tier keyword'.
endef
export HELP

help:
	@echo "$$HELP"

# --- Environment ----------------------------------------------------------------------------------

# Compiled here: where Python may not write bytecode, each call would compile all it imports anew,
# which takes three times as long as the call.
setup: $(VENV)/project.stamp
	@$(BIN)/python -m compileall -q src

# Made anew whenever the lock changes, so that nothing stays behind from an older one.
$(VENV)/lock.stamp: $(LOCK)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "ai-memory needs Python 3.11 or newer, and '$(PYTHON)' is not one. Install it, or name it: make setup PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
	  echo "'$(PYTHON)' cannot make virtual environments; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "[1/3] making $(VENV)/ with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear $(VENV)
	@echo "[2/3] installing $$(grep -c == $(LOCK)) pinned packages, about 90 MB to fetch: a minute or so"
	@$(INSTALL) $(LOCK)
	@touch $@

$(VENV)/project.stamp: $(VENV)/lock.stamp pyproject.toml
	@echo "[3/3] installing ai-memory itself, editable"
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# What tests and checks need beside it.
$(VENV)/dev.stamp: $(VENV)/project.stamp $(DEV_LOCK)
	@echo "installing $$(grep -c == $(DEV_LOCK)) packages for tests and checks, about 45 MB to fetch"
	@$(INSTALL) $(DEV_LOCK)
	@touch $@

dev: $(VENV)/dev.stamp
	@:

# The model for languages other than English: `--embedder e5` and AI_MEMORY_EMBEDDER=e5 choose it.
$(VENV)/e5.stamp: $(VENV)/project.stamp $(E5_LOCK)
	@echo "installing the model for other languages, 91 MB to fetch"
	@$(INSTALL) $(E5_LOCK)
	@touch $@

e5: $(VENV)/e5.stamp
	@:

# Installs a pinned uv beside the environment; only a change of dependencies needs this.
lock:
	@[ -x .venv-lock/bin/uv ] || $(PYTHON) -m venv --clear .venv-lock
	@.venv-lock/bin/python -m pip --disable-pip-version-check install --quiet uv==$(UV_VERSION)
	@.venv-lock/bin/python scripts/lock.py .venv-lock/bin/uv $(ARGS)

# --- What the project does ------------------------------------------------------------------------

define WELCOME
A memory for your agents, at $(URL) · Ctrl-C stops it. From a second terminal, in this folder:

  store a first memory
    $(BIN)/ai-memory --url $(URL) store --title "Coffee" --content "Ada drinks her coffee black."
    curl $(URL)/api/v1/memories -H 'Content-Type: application/json' \
      -d '{"title": "Tea", "content": "Grace takes milk in her tea."}'

  recall it
    $(BIN)/ai-memory --url $(URL) recall "how does Ada like her coffee"
    curl '$(URL)/api/v1/recall?context=tea'

  give it to an agent (MCP)
    over HTTP     $(URL)/mcp
    over stdio    $(CURDIR)/$(BIN)/ai-memory mcp

endef
export WELCOME

run: setup
	@printf '%s\n' "$$WELCOME"
	@exec $(BIN)/ai-memory serve $(ARGS)

docs: dev
	@$(BIN)/python scripts/reference.py
	@$(BIN)/python scripts/transcript.py

model: dev
	@$(BIN)/python -m tests.system.model.long $(ARGS)

offline: dev
	@$(BIN)/python -m pytest tests/system/test_offline.py $(ARGS)

wheel: dev
	@rm -rf build dist
	@$(BIN)/python -m build --wheel --no-isolation --outdir dist .
	@AI_MEMORY_WHEEL=$$(echo $(CURDIR)/dist/*.whl) $(BIN)/python -m pytest tests/system/test_wheel.py \
	  -o faulthandler_timeout=0 $(ARGS)

soak: dev
	@AI_MEMORY_SOAK_SECONDS=20 $(BIN)/python -m pytest tests/system/test_processes.py $(ARGS)

siege: dev
	@$(BIN)/python -m tests.siege $(ARGS)

CASES ?= 500
fuzz: dev
	@AI_MEMORY_FUZZ_CASES=$(CASES) $(BIN)/python -m pytest tests/system/test_fuzz.py $(ARGS)

bench: setup
	@$(BIN)/ai-memory bench $(ARGS)

# One size per run, so that a size can be measured anew: make sizes SIZES=100000
SIZES ?= 1000 10000 100000 1000000
sizes: setup
	@for size in $(SIZES); do \
	  $(BIN)/ai-memory bench --only memories,lifecycle --sizes $$size --keep .bench \
	    --output .bench/$$size $(ARGS) || exit; \
	done
	@$(BIN)/ai-memory bench --only graph --output .bench/graph $(ARGS)
	@shown="--show .bench/graph/bench-semantic.json"; for size in 1000 10000 100000 1000000; do \
	  file=.bench/$$size/bench-semantic.json; [ ! -f $$file ] || shown="$$shown --show $$file"; \
	done; $(BIN)/ai-memory bench $$shown --output .bench
	@$(BIN)/python scripts/performance.py .bench

eval: setup
	@[ -f "$(DATA)/locomo_dev.json" ] || { \
	  echo "no evaluation data in $(DATA); name its folder: make eval DATA=..." >&2; exit 1; }
	@$(BIN)/ai-memory eval retrieval --dataset locomo --path "$(DATA)/locomo_dev.json" $(ARGS)
	@$(BIN)/ai-memory eval retrieval --dataset xquad --path "$(DATA)/xquad_zh.json" $(ARGS)

quality: setup
	@$(BIN)/ai-memory eval retrieval --dataset own --levels all --check $(ARGS)

# --- Checks ---------------------------------------------------------------------------------------

# A file's tests share what they start, so a file stays on one process. JOBS=0: all on this one.
JOBS ?= auto
test: dev
	@$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile $(ARGS)

test-e5: dev e5
	@$(BIN)/python -m pytest -m e5 $(ARGS)

check: dev
	$(BIN)/ruff format --check --output-format concise
	$(BIN)/ruff check
	$(BIN)/mypy src tests
	$(BIN)/lint-imports --no-cache --no-logo

format: dev
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

clean:
	rm -rf $(VENV) .venv-lock build dist src/*.egg-info \
	  .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
