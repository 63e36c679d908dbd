"""Prepare database, static files and the first login before the paper runs.

Every step looks whether it is needed, is whole or not done at all, and can be repeated;
so a start may be killed anywhere, and a start with nothing to do takes no time.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import DatabaseError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from kombu.exceptions import OperationalError as BrokerError

from articles.models import Article
from markets import loading
from markets.models import Exchange
from newsroom import stored_html
from newsroom.celery import app
from newsroom.database import roles
from newsroom.database.base import take_any_time
from newsroom.operator_errors import OperatorError, refusing_os_errors
from newsroom.private_files import restrict_var, write_private
from staff.models import Role
from wire.models import Source

OLDEST_POSTGRES = 15
LOCK = 0x6E657773  # "news": the advisory lock of whoever prepares
FIRST_LOGIN = "operator"

Say = Callable[[str], object]


@dataclass(slots=True)
class Outcome:
    """What `prepare` did, for `make run` to print; stored in `var/prepared.json`."""

    username: str = FIRST_LOGIN
    password: str = ""  # empty once somebody has changed it
    demo: bool = False  # the demo's world is in the database
    staff: str = ""  # the logins of the demo's staff, a line each

    @classmethod
    def read(cls, var: Path) -> "Outcome":
        """Return what the last start left, or a new one."""
        try:
            return cls(**json.loads(_file(var).read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return cls()

    def save(self, var: Path) -> None:
        """Write it where only the owner of the installation reads it."""
        write_private(_file(var), json.dumps(asdict(self)))


def _file(var: Path) -> Path:
    return var / "prepared.json"


def prepare(var: Path, *, demo: bool, say: Say) -> Outcome:
    """Do every step that is needed. Raises `OperatorError` where one cannot be done."""
    restrict_var(var)
    outcome = Outcome.read(var)
    with roles.as_owner(), _locked_database():
        require_own_database()
        migrate(say)
        roles.grant()
        load_markets(say)
        collect_static(say)
        ensure_login(outcome, var)
        if demo and not outcome.demo and is_empty():
            say("Loading the demo …")
            call_command("demo", "load")
            outcome.demo = True
            call_command("demo", "staff", stdout=(staff := StringIO()))
            outcome.staff = staff.getvalue().rstrip()
            outcome.save(var)
        render_stored_html(say)
    return outcome


@contextmanager
def _locked_database() -> Iterator[None]:
    """Let one prepare the database at a time, with no limit to how long a step takes."""
    try:
        cursor = connection.cursor()
    except OperationalError as error:
        raise OperatorError(
            f"The database does not answer: {str(error).strip().splitlines()[-1]}"
            " (DATABASE_URL says where it is)."
        ) from error
    with cursor:
        take_any_time()
        cursor.execute("SET lock_timeout = 0")
        cursor.execute("SET idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            with suppress(DatabaseError):  # lost with its connection: unlocked
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def require_own_database() -> None:
    """Raise `OperatorError` unless the database is empty, or of this or an older release."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        version = int(cursor.fetchone()[0]) // 10000
    if version < OLDEST_POSTGRES:
        raise OperatorError(
            f"The database server is PostgreSQL {version}; the paper needs"
            f" {OLDEST_POSTGRES} or newer."
        )
    name = connection.settings_dict["NAME"]
    loader = MigrationLoader(connection)
    if unknown := sorted(set(loader.applied_migrations) - set(loader.disk_migrations)):
        app, migration = unknown[-1]
        raise OperatorError(
            f"The database {name} knows changes this release does not ({app}."
            f"{migration}): run the release that made it, or another database."
        )
    ours = any(app == "staff" for app, _ in loader.applied_migrations)
    tables = connection.introspection.table_names()
    if not ours and set(tables) - {"django_migrations"}:
        raise OperatorError(
            f"The database {name} holds something else (a table {tables[0]}, for one):"
            " give the paper a database of its own."
        )


def migrate(say: Say) -> None:
    """Bring the tables up to this release."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        say(f"Migrating the database: {len(plan)} steps …")
        call_command("migrate", interactive=False, verbosity=0)


def load_markets(say: Say) -> None:
    """Add the exchanges, their days and the instruments every paper starts with."""
    if not Exchange.objects.exists():
        say("Loading instruments and exchange calendars …")
    loading.load()


def collect_static(say: Say) -> None:
    """Gather, name by content and compress the static files, unless none has changed."""
    root = Path(settings.STATIC_ROOT)
    stamp = root.with_name("static.stamp")
    storage = settings.STORAGES["staticfiles"]["BACKEND"]
    state = hashlib.sha256(storage.encode())
    files = 0
    for finder in get_finders():
        for path, files_of in finder.list([]):
            facts = os.stat(files_of.path(path))
            state.update(f"{path} {facts.st_size} {facts.st_mtime_ns}\n".encode())
            files += 1
    if root.is_dir() and stamp.exists() and stamp.read_text() == state.hexdigest():
        return
    say(f"Preparing {files} static files …")
    with refusing_os_errors(root):
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)
        stamp.write_text(state.hexdigest())


def ensure_login(outcome: Outcome, var: Path) -> None:
    """Make the first login of a paper that has no operator yet.

    The password is written down before the user is made: a crash between the two makes
    the user at the next start.
    """
    users = get_user_model().objects
    user = users.filter(username=outcome.username).first()
    if user is None:
        if users.filter(is_superuser=True, is_active=True).exists():
            outcome.username = outcome.password = ""
            return
        outcome.password = outcome.password or secrets.token_urlsafe(12)
        outcome.save(var)
        users.create_superuser(
            outcome.username, password=outcome.password, role=Role.OPERATOR
        )
    elif outcome.password and not user.check_password(outcome.password):
        outcome.password = ""
        outcome.save(var)


def render_stored_html(say: Say) -> None:
    """Have a worker render what older templates rendered, while the paper runs already.

    Without a broker nobody can be told: `doctor` warns, and the next start tries again.
    """
    if not stored_html.any_old():
        return
    try:
        app.send_task("newsroom.operations.tasks.render_stored_html")
    except BrokerError:
        say("Older templates rendered some pages: run manage.py render.")
    else:
        say("Older templates rendered some pages: they are rendered again meanwhile.")


def is_empty() -> bool:
    """Tell whether nobody has written, and nothing has arrived, in this paper yet."""
    return not Article.objects.exists() and not Source.objects.exists()
