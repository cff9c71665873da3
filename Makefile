# SPDX-License-Identifier: Apache-2.0
#
#   make demo          the example under gunicorn, and what it answers
#   make serve         the example on 127.0.0.1, PORT=8080
#   make test          the tests, but for those that start real servers
#   make lint types docs translations clean
#
# Everything runs in .venv, made with the first Python on PATH that runs and
# is new enough; PYTHON=... names another.

SHELL := /bin/sh
PORT ?= 8080
PYTHON ?=

VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check
LOCALE := errorkit/locale

# A Python that runs, is 3.11 or newer and can make an environment. A name on
# PATH proves little: a version manager's shim may be there and refuse to run.
USABLE := import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))

define FIND_PYTHON
found=; \
for name in $${wanted:-python3.11 python3.12 python3.13 python3.14 python3}; \
do \
    if "$$name" -c '$(USABLE)' >/dev/null 2>&1; then \
        found=$$name; break; \
    fi; \
done; \
if [ -z "$$found" ]; then \
    echo "make: no usable Python $${wanted:+($$wanted) }found." >&2; \
    echo "errorkit needs Python 3.11 or newer with its venv module" >&2; \
    echo "(python3-venv on Debian). Name one: make PYTHON=/path/to/python" >&2; \
    exit 1; \
fi
endef

.DELETE_ON_ERROR:
.PHONY: help venv demo serve test lint types docs translations clean FORCE

help:
	@sed -n 's/^#   //p' Makefile

venv: $(STAMPS)/venv

# The stamp says where the environment was made and for which PYTHON. A copied
# checkout, or another PYTHON, gets a new one; else the stamp keeps its time,
# and nothing that hangs on it is made again.
$(STAMPS)/venv: FORCE
	@made=$$(cat $@ 2>/dev/null || true); wanted='$(PYTHON)'; \
	here=$$(pwd -P); \
	case "$$made" in \
	"$$here|"*) \
	    if { [ -z "$$wanted" ] || [ "$$made" = "$$here|$$wanted" ]; } \
	            && $(BIN)/python -c '$(USABLE)' >/dev/null 2>&1; then \
	        exit 0; \
	    fi;; \
	esac; \
	$(FIND_PYTHON); \
	echo "Making $(VENV) with $$found ($$("$$found" --version))"; \
	"$$found" -m venv --clear $(VENV) && mkdir -p $(STAMPS) && \
	printf '%s|%s\n' "$$here" "$$wanted" > $@

# One stamp for each extra: made again when what setup.cfg says has changed.
$(STAMPS)/%: setup.cfg pyproject.toml $(STAMPS)/venv
	@echo "Installing errorkit[$*] into $(VENV)"
	@$(PIP) -e '.[$*]'
	@touch $@

demo: $(STAMPS)/examples
	@$(BIN)/python examples/volumes/demo.py

serve: $(STAMPS)/examples
	@$(BIN)/python examples/volumes/serve.py --port $(PORT)

test: $(STAMPS)/test
	@$(BIN)/python -m pytest -rs -m 'not server'

lint: $(STAMPS)/dev
	@$(BIN)/python -m ruff check .

types: $(STAMPS)/dev
	@$(BIN)/python -m mypy --strict errorkit

docs: $(STAMPS)/docs
	@$(BIN)/python -m sphinx -W --keep-going -q -b html \
	    doc/source doc/build/html
	@echo "The pages are in doc/build/html"

translations: $(STAMPS)/dev
	@$(BIN)/pybabel -q extract --project=errorkit --no-location \
	    --version="$$(sed -n 's/^version = //p' setup.cfg)" \
	    --sort-output --copyright-holder='errorkit contributors' \
	    --header-comment='# SPDX-License-Identifier: Apache-2.0' \
	    -o $(LOCALE)/errorkit.pot errorkit
	@$(BIN)/pybabel -q update -D errorkit -i $(LOCALE)/errorkit.pot \
	    -d $(LOCALE) --no-fuzzy-matching --ignore-pot-creation-date
	@# Without what nobody filled in, and the template without its date:
	@# nothing changes when no text has changed.
	@for file in $(LOCALE)/errorkit.pot $(LOCALE)/*/*/errorkit.po; do \
	    case $$file in *.pot) date=POT-Creation-Date ;; *) date=YEAR ;; esac; \
	    sed -e "/^\"$$date/d" -e '/YEAR-MO-DA/d' \
	        -e '/EMAIL@ADDRESS/d' -e '/LL@li.org/d' \
	        "$$file" > "$$file.new" && mv "$$file.new" "$$file"; \
	done
	@$(BIN)/pybabel compile -D errorkit -d $(LOCALE) --statistics

clean:
	@rm -rf $(VENV) build dist doc/build *.egg-info .hypothesis \
	    .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
