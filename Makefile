# Everything starts here: `make run` and `make test` set up what they need.
.DEFAULT_GOAL := help
.PHONY: help setup run schedule test test-all faults check bench catalogue sample lock clean

PYTHON ?= python3
VENV   ?= .venv
PY     := $(VENV)/bin/python
export DO_NOT_TRACK := 1

# The settings of a run: all optional.
DATA   ?=
RAW    ?=
AS_OF  ?=
TASKS  ?=
FROM   ?=
TO     ?=
SCALE  ?= 0.1
ROUNDS ?= 3
ONLY   ?=
FOLDER ?=
export BAROMETRE_DATA  := $(DATA)
export BAROMETRE_RAW   := $(RAW)
export BAROMETRE_AS_OF := $(AS_OF)
export BAROMETRE_TASKS := $(TASKS)

help:  ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

$(VENV)/.run: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) -V). Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@echo "Setting up $(VENV) (once) ..."
	@$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.test: requirements-dev.lock $(VENV)/.run
	@$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

setup: $(VENV)/.test  ## the virtual environment, from the locks

run: $(VENV)/.run  ## the pipeline: on data/ or the sample; DATA=folder RAW=folder AS_OF=day, or FROM=2025-01 TO=2025-06
	@$(PY) -m flows $(if $(or $(FROM),$(TO)),backfill $(if $(FROM),--from $(FROM)) $(if $(TO),--to $(TO)),run)

schedule: $(VENV)/.run  ## the same every night, at the hour of [schedule] in pipeline.toml; until it is stopped
	@$(PY) -m flows schedule

test: $(VENV)/.test  ## the tests, under ten minutes
	@$(PY) -m pytest -n 2 -m "not slow" $(ARGS)

AXE := build/axe/node_modules/axe-core/axe.min.js
$(AXE):
	@command -v npm >/dev/null || { apt-get update -q && apt-get install -q -y npm; }
	@npm install --silent --no-audit --no-fund --prefix build/axe axe-core@4.14.1

test-all: $(VENV)/.test $(AXE)  ## the tests and the slow rest (browser and axe-core come by the package managers)
	@command -v chromium >/dev/null || { apt-get update -q && apt-get install -q -y chromium; }
	@command -v cc >/dev/null || { apt-get update -q && apt-get install -q -y gcc libc6-dev; }
	@BAROMETRE_FAULTS=required BAROMETRE_BROWSER=required BAROMETRE_AXE=$(abspath $(AXE)) $(PY) -m pytest -n 2 $(ARGS)

faults: $(VENV)/.test  ## what was done to the pipeline, and what of it went through: a table of the twelve promises
	@command -v cc >/dev/null || { apt-get update -q && apt-get install -q -y gcc libc6-dev; }
	@BAROMETRE_FAULTS=required $(PY) -m pytest -n 2 -q tests/faults $(ARGS)

check: $(VENV)/.test  ## ruff, mypy, the layers, the generated documents
	@$(PY) -m ruff check . && $(PY) -m ruff format --check . && $(PY) -m mypy
	@$(PY) -m pytest tests/architecture
	@$(PY) -m flows catalogue --check

bench: $(VENV)/.test  ## time and memory as ratios, SCALE=1 is a million tickets; ROUNDS=3, ONLY=night,gx, FOLDER=kept data
	@$(PY) -m tests.benchmarks.bench --scale $(SCALE) --rounds $(ROUNDS) \
	  $(if $(ONLY),--only $(ONLY)) $(if $(FOLDER),--folder $(FOLDER)) $(ARGS)

catalogue: $(VENV)/.run  ## write the metric catalogue and the data dictionary
	@$(PY) -m flows catalogue

sample: $(VENV)/.test  ## write data/sample again from its seed
	@$(PY) -m flows.sample --out data/sample

lock: $(VENV)/.test  ## resolve the dependencies again, for every supported Python
	@set -e; lock() { out=$$1; shift; $(PY) -m uv pip compile --quiet --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate "$$@" pyproject.toml -o $$out >/dev/null; }; \
	lock requirements.lock; \
	lock requirements-dask.lock --extra dask -c requirements.lock; \
	lock requirements-dev.lock --extra dev --extra dask -c requirements-dask.lock

clean:  ## remove what was built; data/ stays
	@rm -rf $(VENV) build .ruff_cache .mypy_cache .hypothesis .prefect
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
