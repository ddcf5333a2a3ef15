# The two commands: `make repro` rebuilds everything, `make test` checks everything.
VENV ?= .venv
PYTHON ?= python3.11
READY := $(VENV)/.installed
export PATH := $(abspath $(VENV))/bin:$(PATH)

.PHONY: install repro test

install: $(READY)

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --constraint requirements.lock --editable .
	touch $@

repro: install
	dvc repro

test: install
	pytest
