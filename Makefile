# Two commands do everything: make run, make test. The rest is for those who change LoanFlow.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.ready
SERVE  ?= yes
DATABASE ?= sqlite:///var/loanflow.db

.PHONY: setup run test check format bench browser fuzz clean
.DELETE_ON_ERROR:

setup: $(STAMP)

$(STAMP): pyproject.toml requirements/all.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "LoanFlow needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Preparing $(VENV) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/all.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: setup
	@mkdir -p var
	@$(BIN)/loanflow demo --database '$(DATABASE)' $(if $(filter no,$(SERVE)),--no-serve,)

test: setup
	$(BIN)/python -m pytest -n auto --dist loadfile

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(MAKE) test

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

browser: setup web/frontend/node_modules
	$(BIN)/python -m pytest tests/browser -m browser

web/frontend/node_modules: web/frontend/package-lock.json
	cd web/frontend && npm ci
	@touch $@

bench: setup
	@for name in feel decision_tables execution case_throughput task_lists; do echo "== $$name"; $(BIN)/python -m benchmarks.$$name || exit 1; done

# Each is a module that is run with --help for its numbers; they take minutes.
FUZZ := tests.feel.fuzz tests.dmn.fuzz tests.execution.random_models.fuzz tests.execution.random_models.mutations

fuzz: setup
	@for name in $(FUZZ); do echo "== $$name"; $(BIN)/python -m $$name || exit 1; done
	@echo "== ways back and approval verbs at random"
	@LOANFLOW_FUZZ=500 $(BIN)/python -m pytest -q -n auto tests/execution/test_causality.py tests/execution/test_ways_back_and_compensation.py tests/engine/test_verbs_at_random.py

clean:
	rm -rf $(VENV) var build dist .pytest_cache .ruff_cache .hypothesis
