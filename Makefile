# `make` lists what there is to do.
.DEFAULT_GOAL := help
.PHONY: help setup app test tests js eslint lint style types format browser wheel bench reference checkpoints controls results lock clean

PYTHON ?= python3
VENV ?= .venv
PORT ?= 8501
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps
UV := $(BIN)/uv pip install --quiet --no-deps --index-strategy unsafe-best-match
# What pip is told in its files or variables, which uv does not read.
pip = $$($(BIN)/python -m pip config list | sed -n "s/^.*\.$(1)='\(.*\)'$$/\1/p" | head -n 1)
# Packages of which little is run, and none of it often.
RARE := altair|debugpy|fontTools|jedi|mypyc?|networkx|pip|plotly/graph_objs|plotly/validators|prompt_toolkit|pygments/lexers|setuptools|torch/_vendor|torch/testing|wcwidth
RESOLVE := $(BIN)/uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 \
  --no-header --no-annotate --extra dev
WSSS := $(BIN)/python -m wsss_viz
TRAIN := $(WSSS) train
SHIP := --out checkpoints/scenes
# One process more than there are cores: the one that drives the browser waits most of the time.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')
CONTROLS := build/controls
CSE := $(TRAIN) cse --alpha 3 --alpha-growth 0 --rate 3e-3
STORED := wsss_viz/evaluation/results
SEEDS := --also "CS-AE, seed 1=$(CONTROLS)/cgnet-1.safetensors" --also "CS-AE, seed 2=$(CONTROLS)/cgnet-2.safetensors"
AGNOSTIC := --also "control: one mask for all labels=$(CONTROLS)/agnostic.safetensors"
LONGER := --also "control: longer training=$(CONTROLS)/control.safetensors"

help: ## List the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-12s %s\n", $$1, $$2 }'

setup: $(INSTALLED) ## Install everything into .venv (again only when a lock or pyproject.toml has changed)

$(INSTALLED): requirements.lock torch.lock pyproject.toml setup.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; give one with: make PYTHON=python3.12 setup" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > $(VENV)/uv.lock
	@# uv unpacks by all cores, pip by one; where uv cannot (another index, no wheel of it), pip does.
	$(PIP) --no-compile --require-hashes -r $(VENV)/uv.lock \
	  && export VIRTUAL_ENV=$(VENV) UV_DEFAULT_INDEX="$(call pip,index-url)" UV_INDEX="$(call pip,extra-index-url)" \
	  && $(UV) --require-hashes -r requirements.lock && $(UV) -r torch.lock \
	  || { $(PIP) --no-compile -r torch.lock && $(PIP) --no-compile --require-hashes -r requirements.lock; }
	@# Compiled by all cores, which pip does by one, but for what nobody runs; what some packages carry is no Python.
	@$(BIN)/python -m compileall -qq -j 0 -x '/(tests?|sympy|_inductor|$(RARE))/' $(VENV)/lib || true
	$(PIP) --no-build-isolation -e .
	@touch $@

app: setup ## Start the app in the browser (PORT=8501)
	$(BIN)/python -m wsss_viz app --port $(PORT)

test: setup browser style js ## Check style and types, run all tests
	@$(MAKE) --no-print-directory -j 2 types tests  # beside each other: the types take a minute of one core

tests: setup
	@# What one process has compiled, the others and those that the tests start find.
	PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --no-loadscope-reorder --durations=20

js: setup ## Test the JavaScript by node, which is installed into .venv where there is none
	@$(BIN)/python -m tests.javascript test

eslint: setup ## Check the style of the JavaScript
	@$(BIN)/python -m tests.javascript lint

lint: style types ## Check style and types

style: setup eslint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

format: setup ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

browser: setup ## Install chromium for the browser tests where there is none
	@$(BIN)/python -m tests.browser.chromium

wheel: setup ## Build the package with pages and checkpoints, into dist/
	rm -rf build/lib build/bdist.*
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

bench: setup browser ## Measure speeds beside peers, load and faults, by hand and on a quiet machine
	$(BIN)/python -m bench

reference: setup ## Write the reference from the docstrings to docs/reference/
	@$(BIN)/python docs/make_reference.py

checkpoints: setup ## Train every shipped checkpoint again, from seed 0 (about an hour on two cores)
	$(TRAIN) backbone $(SHIP)-backbone.safetensors
	$(TRAIN) classifier $(SHIP)-classifier.safetensors
	$(TRAIN) gain --rate 3e-3 $(SHIP)-gain.safetensors
	$(CSE) $(SHIP)-cgnet.safetensors
	$(TRAIN) ae --rate 3e-3 $(SHIP)-ae.safetensors
	$(TRAIN) segmenter $(SHIP)-segmenter.safetensors
	$(TRAIN) affinity $(SHIP)-affinity.safetensors
	$(TRAIN) sequences --out checkpoints/sequences-classifier.safetensors
	$(TRAIN) sequences-ae --out checkpoints/sequences-ae.safetensors

controls: setup ## Train what the tables compare with: two more seeds and two controls, into build/controls
	$(TRAIN) classifier-longer --rate 3e-3 --out $(CONTROLS)/control.safetensors
	$(CSE) --agnostic --out $(CONTROLS)/agnostic.safetensors
	$(CSE) --seed 1 --out $(CONTROLS)/cgnet-1.safetensors
	$(CSE) --seed 2 --out $(CONTROLS)/cgnet-2.safetensors

results: setup ## Measure again all that pages and README say of the checkpoints (after `make controls`; hours)
	$(WSSS) evaluate --methods cam,ae,ae-rounds,gain,cs-ae,cs-ae-single,rib,rib-bce $(SEEDS) $(AGNOSTIC) \
	  $(LONGER) --data scenes:test --limit 300 --json $(STORED)/scenes-test.json
	for by in crf:irn pamr; do $(WSSS) evaluate --methods cam,ae,ae-rounds,gain,cs-ae,cs-ae-single,rib,rib-bce \
	  --data scenes:test --limit 300 \
	  --refine $$by --json $(STORED)/refined/scenes-test.$$(echo $$by | tr : -).json || exit 1; done
	$(WSSS) diagnose leakage --methods cam,gain,cs-ae $(SEEDS) $(AGNOSTIC) \
	  --reference "control: one mask for all labels" --json $(STORED)/leakage/scenes-test.json
	$(WSSS) diagnose gradient-ratio --data scenes:test --store
	$(WSSS) diagnose gradient-ratio --data toy --store
	$(WSSS) diagnose probe --store
	$(WSSS) showcase
	$(WSSS) showcase --report scenes-test $(SEEDS) $(AGNOSTIC) $(LONGER)
	$(BIN)/python -m pytest -m slow

lock: setup ## Resolve what pyproject.toml declares into requirements.lock and torch.lock again
	@$(RESOLVE) --upgrade pyproject.toml > versions.partial
	@{ sed '/^#/!d' torch.lock; grep -E '^torch(vision)?==' versions.partial; } > torch.partial
	@{ sed '/^#/!d' requirements.lock; \
	   $(RESOLVE) --constraint versions.partial --generate-hashes \
	     --no-emit-package torch --no-emit-package torchvision pyproject.toml; } > requirements.partial
	@rm versions.partial
	@mv torch.partial torch.lock
	@mv requirements.partial requirements.lock

clean: ## Remove .venv and what tools have cached
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
