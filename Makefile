# Two commands matter: `make demo` shows the main job, `make test` passes all tests. Both set up what they need.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
SPECIMENS := .venv-specimens/bin/python -m specimens
GRID := .venv-specimens/bin/python -m specimens.grid
export OMP_NUM_THREADS ?= 1

.PHONY: demo test test-hf check fmt lint types arch docs perf parity trials attacks strength specimens grid pictures system verifier clean

demo: $(VENV)/.runtime            ## recorded real answers compared, two bundled models on trial; offline, no key
	$(BIN)/fairtrial demo

test: $(VENV)/.dev system check   ## everything that must pass before a change lands
	$(BIN)/python -m pytest

test-hf: .venv-hf/.done            ## local weights against lm-eval's `hf` (torch, CPU), in an environment of their own
	.venv-hf/bin/python -m pytest tests/hf

check: $(VENV)/.dev lint types arch docs

fmt: $(VENV)/.dev
	$(BIN)/ruff format src tests perf specimens verifier
	$(BIN)/ruff check --fix src tests perf specimens verifier

lint: $(VENV)/.dev
	$(BIN)/ruff format --check src tests perf specimens verifier
	$(BIN)/ruff check src tests perf specimens verifier

types: $(VENV)/.dev
	$(BIN)/mypy

arch: $(VENV)/.dev                ## imports only go down the floors
	$(BIN)/lint-imports --no-cache

docs: $(VENV)/.dev                ## the CLI reference equals the help texts; every link and example holds
	$(BIN)/python docs/build.py --check

perf: $(VENV)/.perf               ## side by side with other runners; writes docs/reference/performance.md
	$(BIN)/python perf/run.py

parity: $(VENV)/.dev .venv-parity/.done  ## scores equal lm-evaluation-harness, item by item
	$(BIN)/python -m tests.parity

trials: $(VENV)/.dev              ## every bundled case audited in full, held against the truth table (QUICK=1: few formats)
	$(BIN)/python -m tests.lab.trials $(if $(QUICK),--quick)

attacks: $(VENV)/.dev system .venv-attacks/.done  ## wrong programs before our judge and before others; writes its table
	$(BIN)/python -m tests.sandbox.peers

strength: $(VENV)/.dev system      ## wrong answers that HumanEval's tests let pass, and derived inputs don't; writes its page
	$(BIN)/python -m tests.sandbox.strength docs/reference/humaneval-strength.md

specimens: .venv-specimens/.done  ## the bundled models trained again (torch, CPU), their cards compared with those that ship
	$(SPECIMENS) train trunk
	$(SPECIMENS) train honest & honest=$$!; $(SPECIMENS) train cheat && wait $$honest
	$(SPECIMENS) card honest
	$(SPECIMENS) card cheat

grid: .venv-specimens/.done       ## the calibration grid trained and measured again (hours on two cores; goes on where it was cut)
	$(GRID) work --root .cache/grid-again & other=$$!; $(GRID) work --root .cache/grid-again && wait $$other
	$(GRID) compare --root .cache/grid-again

verifier: $(VENV)/.runtime         ## dist/fairtrial-verify.pyz: verifying alone, in one file that needs two packages
	$(BIN)/python verifier/build.py

pictures: $(VENV)/.dev system     ## the screenshot of the README, made afresh
	$(BIN)/python -m tests.report --readme

system: $(VENV)/.dev              ## Chromium for the page tests, bubblewrap for untrusted code
	@sh tests/system.sh

$(VENV)/.runtime: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	$(PIP) install --editable '.[test,dev]'
	@touch $@

$(VENV)/.perf: $(VENV)/.dev perf/requirements.txt
	$(PIP) install --requirement perf/requirements.txt
	@touch $@

.venv-parity/.done: tests/parity/requirements.txt
	$(PYTHON) -m venv .venv-parity
	.venv-parity/bin/python -m pip --disable-pip-version-check --quiet install --requirement tests/parity/requirements.txt
	@touch $@

.venv-attacks/.done: tests/sandbox/peers/requirements.txt
	$(PYTHON) -m venv .venv-attacks
	.venv-attacks/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --requirement tests/sandbox/peers/requirements.txt
	@touch $@

.venv-specimens/.done: specimens/requirements.txt
	$(PYTHON) -m venv .venv-specimens
	.venv-specimens/bin/python -m pip --disable-pip-version-check --quiet install --requirement specimens/requirements.txt --editable .
	@touch $@

.venv-hf/.done: tests/hf/requirements.txt
	$(PYTHON) -m venv .venv-hf
	.venv-hf/bin/python -m pip --disable-pip-version-check --quiet install --requirement tests/hf/requirements.txt --editable .
	@touch $@

clean:
	rm -rf $(VENV) .venv-hf .venv-parity .venv-attacks .venv-specimens .cache build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
