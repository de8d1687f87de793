# Needs make, git and Python 3.11 with venv; everything else is installed into .venv and node_modules.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
# uv does not look at pip's wheel folders by itself (docs/decisions.md).
export UV_FIND_LINKS := $(PIP_FIND_LINKS)
export PATH := $(CURDIR)/$(BIN):$(PATH)
export DJANGO_SETTINGS_MODULE ?= config.settings
# Dens starts many short processes; each would compile the whole program again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo demo-audit run worker test peers check types lint bench requirements messages train-demo clean

help:  ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: var/.python var/.node var/.messages built/viewer/manifest.json built/charts/plotly.min.js  ## Install everything into this folder

var/.python: requirements/dev.txt
	@mkdir -p var
	@test -x $(BIN)/python || { echo "Creating $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@test -x $(BIN)/uv || $(BIN)/pip install --quiet --disable-pip-version-check uv
	@echo "Installing Python packages (about 1.4 GB on disk)"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements/dev.txt
	@touch $@

var/.node: package-lock.json var/.python
	@echo "Installing fonts and the libraries of viewer and charts"
	@$(BIN)/npm ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@

built/viewer/manifest.json: var/.node package.json $(wildcard viewer/*.mjs) static/js/api_client.mjs static/js/save_queue.mjs static/js/report_changes.mjs
	@echo "Building the viewer"
	@$(BIN)/npm run --silent build
	@touch $@

built/charts/plotly.min.js: var/.node
	@mkdir -p $(@D)
	@cp node_modules/plotly.js-strict-dist-min/plotly-strict.min.js $@

var/.messages: $(wildcard locale/*/LC_MESSAGES/django.po) var/.python
	@test ! -d locale || $(BIN)/pybabel --quiet compile --directory locale --domain django
	@touch $@

demo: setup  ## Set up, analyse five synthetic studies, serve (ONCE=1: stop after the files are written)
	@$(BIN)/python -m config.demo $(if $(ONCE),--once)

demo-audit: setup  ## Look at the department audit over invented reports, in a database of their own
	@$(BIN)/python -m config.demo.audit

run: setup  ## Web server in the foreground
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py prepare_broker
	@exec $(BIN)/gunicorn --config config/gunicorn.py config.wsgi:application

worker: setup  ## Inference worker in the foreground (DENS_QUEUE=default for the light one)
	@exec $(BIN)/python -m config.worker $${DENS_QUEUE:-inference}

test: setup  ## All tests (browser and peer tests skip with a reason where their programs are missing)
	@$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

peers: setup  ## Fetch programs of others that some tests speak with: OHIF, a FHIR server (320 MB in var)
	@$(BIN)/python -m benchmarks.ohif_pages
	@$(BIN)/npm install --prefix var/peers --silent --no-audit --no-fund --ignore-scripts --no-save @medplum/fhir-router@5.2.13

check: setup  ## Lint, types, import contracts, templates, migrations, deployment settings
	@$(MAKE) --no-print-directory --jobs 2 --output-sync types lint

types:
	@$(BIN)/mypy

lint:
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/lint-imports
	@$(BIN)/djlint templates --check --lint --quiet
	@$(BIN)/python manage.py makemigrations --check --dry-run
	@DENS_HTTPS=1 DENS_ALLOWED_HOSTS=dens.example.org $(BIN)/python manage.py check --deploy --fail-level WARNING

train-demo: setup  ## Make the demo weights from nothing (docs/training.md says how long)
	@$(BIN)/python manage.py train all

bench: setup  ## Measure speed and memory on this machine (BENCH="--json OUT --repeats 15 …"; docs/benchmarks.md)
	@$(BIN)/python -m benchmarks $(BENCH)

requirements:  ## Export exact versions from pyproject.toml
	@$(BIN)/uv pip compile --quiet $(UV_EXPORT) pyproject.toml -o requirements/web.txt
	@$(BIN)/uv pip compile --quiet $(UV_EXPORT) pyproject.toml --extra inference -c requirements/web.txt -o requirements/inference.txt
	@$(BIN)/uv pip compile --quiet $(UV_EXPORT) pyproject.toml --extra inference --extra dev -c requirements/inference.txt -o requirements/dev.txt
	@sed -i 's/+cpu$$//' requirements/*.txt

UV_EXPORT := --no-header --no-annotate --no-emit-index-url --no-emit-find-links

messages: setup  ## Collect translatable strings (needs gettext)
	@$(BIN)/python manage.py makemessages --locale zh_Hans --ignore .venv --ignore node_modules --ignore var --no-obsolete

clean:  ## Remove what set-up and demo made (the demo's data too)
	rm -rf $(VENV) node_modules built var
