"""Columns of PostgreSQL that Django has no field for."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage
from django.db import models


class Computed(models.GeneratedField):
    """A column PostgreSQL computes; checked without connecting to a database.

    Django's own check asks the server whether it can: it can, from our floor of 15 on,
    and checks must run where no server does.
    """

    def check(self, **kwargs: Any) -> list[CheckMessage]:  # noqa: ANN401
        """Return what is wrong with the field itself."""
        return super().check(**{**kwargs, "databases": []})


class XidField(models.Field):
    """PostgreSQL's `xid8`: the transaction that wrote the row; set by the database."""

    def db_type(self, connection: object) -> str:
        return "xid8"

    def from_db_value(self, value: object, *args: object) -> int | None:
        return None if value is None else int(str(value))

    def get_prep_value(self, value: object) -> object:
        # As text: the server casts that to `xid8`, and casts no number to it.
        return str(value) if isinstance(value, int) else value


class CurrentXid(models.Func):
    """`pg_current_xact_id()`: this transaction's number."""

    template = "pg_current_xact_id()"
    output_field = XidField()


class OldestRunningXid(models.Func):
    """`pg_snapshot_xmin`: every transaction with a lower number has ended."""

    template = "pg_snapshot_xmin(pg_current_snapshot())"
    output_field = XidField()
