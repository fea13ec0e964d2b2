# The commands of Kalanso. `make help` lists them; README.md says more.

PYTHON ?= python3

.DEFAULT_GOAL := help
.PHONY: help run test lint bench bench-cascade load faults messages audit licences backup restore upgrade release confirm-clock clean

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

run: python ## prepare everything that is missing, and serve (HOST, PORT and DATA_DIR from the environment)
	@exec $(PYTHON) tools/run.py

test: python ## check and test everything, browser tests included
	@exec $(PYTHON) tools/test.py

lint: python ## the fast checks only: format, types, layers, migrations
	@exec $(PYTHON) tools/test.py --lint

bench: python ## measure what a request and a certificate cost (writes docs/measurements.md; BENCH=--postgres=URL)
	@$(PYTHON) -c "import sys; sys.path.insert(0, 'tools'); import environment; environment.prepare('dev')"
	@.venv/bin/python -m bench.cost $(BENCH)
	@exec .venv/bin/python -m bench.certificates

bench-cascade: python ## what the cascade of trainers costs at 20,000 participants and at ten times that (writes docs/measurements.md)
	@$(PYTHON) -c "import sys; sys.path.insert(0, 'tools'); import environment; environment.prepare('dev')"
	@exec .venv/bin/python -m bench.cascade $(CASCADE)

load: python ## three hundred people take an assessment (writes docs/measurements.md; LOAD=--postgres=URL)
	@$(PYTHON) -c "import sys; sys.path.insert(0, 'tools'); import environment; environment.prepare('dev')"
	@exec .venv/bin/python -m bench.load $(LOAD)

faults: python ## break disk, database, cache and files for real (root; writes docs/measurements.md)
	@$(PYTHON) -c "import sys; sys.path.insert(0, 'tools'); import environment; environment.prepare('dev')"
	@exec .venv/bin/python -m bench.faults $(FAULTS)

messages: python ## collect what the interface says into locale/ (for developers)
	@exec $(PYTHON) tools/messages.py

backup: python ## make a backup while the site runs
	@exec $(PYTHON) tools/manage.py backup

restore: python ## go back to a backup: make restore FILE=… (KEY=… for an encrypted one)
	@FILE="$(FILE)" KEY="$(KEY)" exec $(PYTHON) tools/manage.py restore

upgrade: python ## install the newest version, or that of FILE=…, or nothing if it does not work
	@FILE="$(FILE)" TO="$(TO)" exec $(PYTHON) tools/upgrade.py

release: python ## make the file that upgrades a site without network
	@exec $(PYTHON) tools/release.py

confirm-clock: python ## say that the clock of this machine is right as it stands (BY=username of an administrator)
	@BY="$(BY)" exec $(PYTHON) tools/manage.py confirm_clock

audit: python ## known faults of the locked packages, from the network or from a file (OSV=all.zip)
	@exec $(PYTHON) tools/audit.py

licences: python ## the licence of every package the site runs with; fails where one does not fit
	@exec $(PYTHON) tools/licences.py

clean: ## remove what can be made again (never data/)
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.PHONY: python
python:
	@command -v $(PYTHON) >/dev/null 2>&1 || { \
	  echo "Python 3.11 or newer is needed, and '$(PYTHON)' was not found." >&2; \
	  echo "On Debian or Ubuntu: sudo apt install python3 python3-venv" >&2; exit 1; }
