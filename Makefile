# make setup   Python environment with the pinned packages
# make run     the whole paper on this machine      PORT=8000 DEMO=0 NEWSROOM_VAR=var
# make test    the tests                            ARGS="-k words"
# make test-fast  those without a browser, processes or long waits, in under two minutes
# make check   everything CI checks, tests included
# make bench   the benchmarks                       ARGS="front parse"

PYTHON_HERE := .venv/bin/python
ARGS ?=
export PYTHON

.PHONY: setup run test test-fast check static-checks bench
.SILENT:

setup:
	GOAL=setup bin/setup dev

run:
	GOAL=run bin/setup && exec $(PYTHON_HERE) -m newsroom.launcher.run

test:
	GOAL=test bin/setup dev && exec $(PYTHON_HERE) -m pytest $(ARGS)

test-fast:
	GOAL=test-fast bin/setup dev && exec $(PYTHON_HERE) -m pytest -n 2 -m "not slow and not browser" $(ARGS)

check: static-checks
	echo "== tests"
	exec $(PYTHON_HERE) -m pytest -n 2 $(ARGS)

static-checks:
	GOAL=check bin/setup dev
	echo "== format"
	$(PYTHON_HERE) -m ruff format --check .
	echo "== lint"
	$(PYTHON_HERE) -m ruff check .
	echo "== types"
	NEWSROOM_DEBUG=1 $(PYTHON_HERE) -m mypy .
	echo "== import contracts"
	.venv/bin/lint-imports
	echo "== migrations"
	NEWSROOM_DEBUG=1 $(PYTHON_HERE) -W ignore manage.py makemigrations --check --dry-run
	echo "== deployment settings"
	env -u NEWSROOM_DEBUG -u NEWSROOM_HTTPS \
	    NEWSROOM_SECRET_KEY="$$($(PYTHON_HERE) -c 'import secrets; print(secrets.token_urlsafe(64))')" \
	    $(PYTHON_HERE) manage.py check --deploy --fail-level WARNING
	echo "== templates"
	git ls-files -z '*.html' | xargs -0 -r .venv/bin/djade --check --target-version 6.1

bench:
	GOAL=bench bin/setup dev && exec $(PYTHON_HERE) -m benchmarks $(ARGS)
