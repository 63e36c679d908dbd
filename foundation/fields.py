"""A column that PostgreSQL computes from others of its row."""

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
