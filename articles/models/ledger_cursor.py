"""How far a reader of the wire's ledger has come."""

from __future__ import annotations

from django.db import models


class Cursor(models.Model):
    """The last row of the wire's ledger that the reader `name` has processed."""

    name = models.CharField(max_length=40, unique=True)
    xid = models.BigIntegerField(default=0)  # a transaction of the ledger
    event = models.BigIntegerField(default=0)  # the last row of it

    def __str__(self) -> str:
        return f"{self.name}: {self.xid}-{self.event}"
