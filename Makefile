PYTHON ?= python3
PORT ?= 8000
# Test files wait more than they work, so more of them than there are cores are tried at the same time.
export SIDE_BY_SIDE ?= --numprocesses=3 --dist=loadfile
VENV := .venv
BIN := $(VENV)/bin
DOCUMENT := studyapp/content/lessons/concurrency/concurrency.txt

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help run install test check format bench clean

help: ## Say what each command does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: install ## Serve the site on http://127.0.0.1:8000 (PORT= changes the port)
	@$(BIN)/python -c 'import socket; socket.create_server(("127.0.0.1", $(PORT)))' 2>/dev/null || \
		{ echo "Port $(PORT) is taken or cannot be used. Choose another: make run PORT=8001" >&2; exit 1; }
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py load_document $(DOCUMENT)
	@echo "Interleave serves on http://127.0.0.1:$(PORT) (Ctrl-C stops it)"
	@exec env --default-signal=INT $(BIN)/daphne --bind 127.0.0.1 --port $(PORT) --verbosity 0 studyapp.asgi:application

install: $(VENV)/installed ## Make the virtual environment with all that the site needs
	@PYTHON=$(PYTHON) deploy/system-packages.sh bwrap=bubblewrap
	@$(BIN)/python -m studyapp.sandbox.guest_packages

test: install $(VENV)/installed-for-tests ## Run the whole suite (ARGS= adds arguments for pytest)
	@deploy/system-packages.sh chromium=chromium libatomic.so.1=libatomic1
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) $(ARGS)
	@$(BIN)/python -m tests.as_ordinary_user $(ARGS)

check: install $(VENV)/installed-for-tests ## Check format, lint, types, import ranks, templates, migrations and docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint templates --check --quiet
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/python manage.py check
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check_document $(DOCUMENT)
	$(BIN)/python -m pytest -q tests/docs

format: $(VENV)/installed-for-tests ## Format sources and templates
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	-$(BIN)/djlint templates --reformat --quiet

bench: install $(VENV)/installed-for-tests ## Measure, as a table and as bench/results/latest.json
	$(BIN)/python -m bench

clean: ## Remove everything that was installed or made, the site's data left as it is
	rm -rf $(VENV) .guest .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache test-results

$(VENV)/installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Interleave needs Python 3.11 or newer, but $(PYTHON) is " + sys.version.split()[0] + ". Name a newer one: make run PYTHON=python3.12")'
	@PYTHON=$(PYTHON) deploy/system-packages.sh venv=python3-venv
	@echo "Installing Python packages into $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet -r requirements.txt
	@touch $@

$(VENV)/installed-for-tests: $(VENV)/installed tests/requirements.txt
	@echo "Installing the packages that tests and checks need"
	@$(BIN)/python -m pip install --quiet -r tests/requirements.txt
	@touch $@
