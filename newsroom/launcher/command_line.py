"""`manage.py`: a wrong setting or a missing database is told in two lines."""

from __future__ import annotations

import os
import sys

import psycopg
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError

SETTINGS = (
    "docs/configuration.md has every setting. `make run` sets what one machine needs;"
    " to develop, NEWSROOM_DEBUG=1 is enough."
)
DATABASE = (
    "DATABASE_URL says where it is (docs/configuration.md). `make run` starts one, and so"
    " does `python -m newsroom.launcher.embedded start`."
)


def execute(argv: list[str]) -> None:
    """Run a command; exit with 1 and two lines where it cannot begin."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    try:
        execute_from_command_line(argv)
    except ImproperlyConfigured as error:
        _exit(f"{str(error).rstrip('.')}.", SETTINGS)
    except OperationalError as error:
        if not is_unreachable(error):
            raise
        words = str(error).strip().splitlines()[0].strip()
        _exit(f"The database does not answer: {words.rstrip('.')}.", DATABASE)


def is_unreachable(error: OperationalError) -> bool:
    """Tell whether no connection was made: an answer of the server carries a code."""
    cause = error.__cause__
    return isinstance(cause, psycopg.OperationalError) and cause.sqlstate is None


def _exit(*lines: str) -> None:
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    raise SystemExit(1)
