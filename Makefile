# make run and make test are all a newcomer needs; see README.md.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
# The tests' processes; 0 for this one alone, which takes less memory and longer.
WORKERS ?= 2
STAMP := $(VENV)/.runtime
DEV_STAMP := $(VENV)/.development

export PYTHONDONTWRITEBYTECODE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# pip as root prints a warning that does not apply inside a virtual environment.
export PIP_ROOT_USER_ACTION := ignore

.PHONY: run setup test check bench format browser screenshots clean

run: $(STAMP)
	@$(BIN)/python -m medimg_core warm
	@$(BIN)/streamlit run app.py --server.port $(PORT)

setup: $(STAMP) $(DEV_STAMP)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "MedImg needs Python 3.11 or newer, this is " + sys.version.split()[0])'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] \
	  && apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null; } \
	  || { echo "MedImg needs Python's venv module: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(STAMP): requirements.txt | $(BIN)/python
	$(BIN)/pip install --quiet -r requirements.txt
	@touch $@

$(DEV_STAMP): requirements.txt requirements-dev.txt pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet -r requirements-dev.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $(STAMP) $@

browser:
	@sh tests/browser/install.sh $(BIN)/playwright

test: $(DEV_STAMP) browser
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

check: $(DEV_STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV_STAMP)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# The README's pictures, of the running dashboard.
screenshots: $(DEV_STAMP) browser
	$(BIN)/python -m tests.browser.screenshots

bench: $(DEV_STAMP) browser
	@status=0; for file in benchmarks/[a-z]*.py; do $(BIN)/python -m benchmarks.$$(basename $$file .py) || status=1; done; \
	  exit $$status

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
