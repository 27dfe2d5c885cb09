# `make theorems` checks the catalogue, `make test` checks the checker; both set up what they need.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
READY := $(VENV)/ready
JOBS ?= auto

.PHONY: theorems test lint soundness docs setup clean

theorems: $(READY)
	$(VENV)/bin/python -m pytest theorems -n $(JOBS) $(ARGS)

test: $(READY)
	$(VENV)/bin/python -m pytest tests -n $(JOBS) $(ARGS)

lint: $(READY)
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

# Hours of evidence about the checker itself; not part of `make test`.
soundness: $(READY)
	$(VENV)/bin/python -m tests.soundness $(ARGS)

# The site, docs/_build/index.html: a page for each paper and claim, made from the claims themselves.
docs: $(READY)
	$(VENV)/bin/python -m sphinx -E -W --keep-going -q -j auto -b html docs docs/_build $(ARGS)

setup: $(READY)

# The stamp is written last, so that an interrupted set-up is never taken for a whole one.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"python {sys.version.split()[0]} is too old; install Python 3.11 or newer, or run: make PYTHON=/path/to/python3.11")'
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $(READY)

clean:
	rm -rf $(VENV) .hypothesis .provably .pytest_cache .mypy_cache .ruff_cache docs/_build docs/_generated
