"""Two roles: one owns the tables and changes them, the other works with what is in them.

What the paper must never alter is then a wall and not a habit: its role may add rows to a
ledger, and neither change nor remove one, nor switch off the trigger that says so too.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from psycopg import sql

# Where rows are only ever added.
LEDGERS = (
    "articles_alteration", "articles_change", "articles_move", "articles_notice",
    "articles_revision",
    "wire_event", "wire_version",
)  # fmt: skip
ENDED_ONCE = {"articles_evidence": "until"}  # one column may change, no row may go
MIGRATIONS = "django_migrations"
WHO = ("USER", "PASSWORD", "HOST", "PORT")


def become_owner() -> None:
    """Ask the database as the owner of its tables from here on."""
    ours, owner = connection.settings_dict, settings.DATABASE_OWNER
    if all(ours.get(key) == owner.get(key) for key in WHO):
        return
    connection.close()
    ours.update({key: owner.get(key, "") for key in WHO})
    ours["OPTIONS"] = {**ours["OPTIONS"], **owner.get("OPTIONS", {})}


@contextmanager
def as_owner() -> Iterator[None]:
    """Ask the database as the owner of its tables, in all of this process, meanwhile."""
    ours = connection.settings_dict
    before = {key: ours[key] for key in (*WHO, "OPTIONS")}
    become_owner()
    try:
        yield
    finally:
        if any(ours[key] != before[key] for key in WHO):
            connection.close()
            ours.update(before)


def grant() -> None:
    """Let the paper's role work with the tables there are; asked as their owner.

    Nothing to do where the paper is given one role for all. Can be repeated.
    """
    role = settings.DATABASE_ROLE
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        if cursor.fetchone() == (role,):
            return
        tables = connection.introspection.table_names(cursor)
        for statement in _grants(tables):
            cursor.execute(statement.format(role=sql.Identifier(role)))


def _grants(tables: list[str]) -> Iterator[sql.SQL]:
    """Yield what to run, with a place for the role; all of it or none must happen."""
    yield sql.SQL("GRANT USAGE ON SCHEMA public TO {role}")
    yield sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    everything = "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public"
    yield sql.SQL(f"{everything} TO {{role}}")
    yield sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}")
    # A table made by hand later on is no more open than a ledger.
    later = "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT"
    yield sql.SQL(f"{later} SELECT, INSERT ON TABLES TO {{role}}")
    yield sql.SQL(f"{later} USAGE, SELECT ON SEQUENCES TO {{role}}")
    for table in sorted({*LEDGERS, *ENDED_ONCE} & {*tables}):
        yield _on("REVOKE UPDATE, DELETE ON {table} FROM {role}", table)
    for table, column in ENDED_ONCE.items():
        if table in tables:
            yield _on(f"GRANT UPDATE ({column}) ON {{table}} TO {{role}}", table)
    if MIGRATIONS in tables:
        yield _on("REVOKE INSERT, UPDATE, DELETE ON {table} FROM {role}", MIGRATIONS)


def _on(words: str, table: str) -> sql.SQL:
    # Names of our own tables, which need no quotes; the role gets them.
    return sql.SQL(words.replace("{table}", table))


def powers() -> list[str]:
    """Say what the paper's role may do that it should not; empty if nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolname, rolsuper FROM pg_roles"
            " WHERE rolname = coalesce(nullif(%s, ''), current_user)",
            [settings.DATABASE_ROLE],
        )
        role, is_superuser = cursor.fetchone()
        if is_superuser:
            return [f"{role} is a superuser"]
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname = ANY(%s) AND relkind = 'r'"
            " AND (pg_has_role(%s, relowner, 'USAGE')"
            "      OR has_table_privilege(%s, oid, 'UPDATE, DELETE, TRUNCATE'))"
            " ORDER BY relname",
            [list(LEDGERS), role, role],
        )
        altered: list[Any] = [name for [name] in cursor.fetchall()]
    return [f"{role} may alter {', '.join(altered)}"] if altered else []
