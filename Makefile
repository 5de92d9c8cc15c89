# One obvious place for every chore. `make demo` and `make test` do all set-up by themselves.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
UV     := $(BIN)/uv
UV_PIN := uv==0.13.9

.PHONY: env demo servers test unit chaos lint format lock bench bench-quality clean

env: $(VENV)/.ready ## the environment, from the lock file

$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "omnibus needs Python 3.11 or newer; found $$($(PYTHON) --version). Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@test -x $(UV) || { $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet --disable-pip-version-check $(UV_PIN); }
	@echo "Installing the packages of requirements.lock ..."
	$(UV) pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps $(UV_PIN) --editable .
	@touch $@

demo: env ## the main job, end to end, on the embedded stack
	$(BIN)/omnibus demo

servers: env ## Kafka, MinIO, Weaviate and Redis for the services stack, without Docker
	$(BIN)/python -m omnibus.stacks.native

test: env ## everything
	$(BIN)/python -m pytest tests

unit: env ## what needs no process, in seconds
	$(BIN)/python -m pytest tests/unit

chaos: env servers ## the long chaos run: make chaos STACK=embedded|services|both SEED=1 KILLS=100
	PYTHONPATH=tests $(BIN)/python -m chaos --stack $(or $(STACK),both) --seed $(or $(SEED),1) --kills $(or $(KILLS),100)

lint: env ## style, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: env
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: ## pin every dependency with its hashes (no index address goes into the file)
	@test -x $(UV) || { $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet --disable-pip-version-check $(UV_PIN); }
	$(UV) pip compile pyproject.toml --all-extras --universal --generate-hashes --no-annotate --no-header \
		--no-emit-index-url --quiet --upgrade --output-file requirements.lock

bench: env servers ## the table of ratios
	$(BIN)/python -m benchmarks

bench-quality: env ## what is found, heard and read right, on public material (docs/quality.md); needs apt, not root
	$(BIN)/python -m benchmarks.quality

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
