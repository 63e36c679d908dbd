"""How far we have read what others tell."""

from __future__ import annotations

from django.db import models


class Cursor(models.Model):
    """The place in the wire's ledger up to which its news has been taken in: one row."""

    name = models.CharField(max_length=40, unique=True)
    xid = models.BigIntegerField(default=0)  # a transaction of the ledger
    event = models.BigIntegerField(default=0)  # the last row of it

    def __str__(self) -> str:
        return f"{self.name}: {self.xid}-{self.event}"
