"""`manage.py migrate`: Django's own, as the owner of the tables."""

from typing import Any

from django.core.management.commands import migrate

from newsroom.database import roles


class Command(migrate.Command):
    """Change the tables as their owner, then let the paper's own role work with them."""

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as Django's
        with roles.as_owner():
            super().handle(*args, **options)
            if not (options.get("plan") or options.get("check_unapplied")):
                roles.grant()
