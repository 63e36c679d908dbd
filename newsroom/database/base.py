"""The backend: Django's own, by another connection."""

from typing import Any

from django.db import connection
from django.db.backends.postgresql import base

from newsroom.database import driver, patience
from newsroom.database.patience import Connection


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's PostgreSQL backend, whose connections do not wait for ever."""

    Database = driver

    def get_connection_params(self) -> dict[str, Any]:
        """As Django's. A server that lives ends our statements before we hang up."""
        params: dict[str, Any] = super().get_connection_params()
        if patience.patience < patience.AT_WORK:
            limit = int(1000 * max(patience.patience - 1, 1))
            given = params.get("options", "")
            params["options"] = f"{given} -c statement_timeout={limit}".strip()
        return params


def take_any_time() -> None:
    """Let the statements of this connection take as long as they need."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
    if isinstance(connection.connection, Connection):
        connection.connection.unhurried = True
