"""Hosts that do not answer, or want to be left alone: a matter of all their sources."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection, models

from foundation.leased_work import Backoff

SPREAD = timedelta(minutes=1)  # over which a rested host's sources come due again


class HostQuerySet(models.QuerySet["Host"]):
    def missed(self, name: str, *, now: datetime) -> None:
        """Record a request that `name` did not answer; after a few in a row it rests.

        One minute, doubling to a quarter of an hour, up to a quarter longer by chance.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO wire_host AS h (name, silences, at) VALUES (%s, 1, %s)
                ON CONFLICT (name) DO UPDATE
                   SET silences = h.silences + 1, at = excluded.at
                RETURNING silences""",
                [name, now],
            )
            silences: int = cursor.fetchone()[0]
        if silences >= Host.PATIENCE:
            rest = Host.REST.wait(silences - Host.PATIENCE + 1)
            self.put_off(name, until=now + rest, now=now)

    def heard(self, names: Collection[str]) -> None:
        """Record that they answered something; their sources stand for themselves."""
        if names:
            self.filter(name__in=names).delete()

    def limited(self, name: str, *, now: datetime, wait: timedelta | None) -> None:
        """Leave a host alone that said we ask too often: `wait`, else five minutes."""
        self.put_off(name, until=now + (wait or timedelta(minutes=5)), now=now)

    def put_off(self, name: str, *, until: datetime, now: datetime) -> None:
        """Let no source of `name` come due before `until`, nor all of them just then."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE wire_source
                   SET due_at = %s
                       + random() * least("interval", make_interval(secs => %s))
                 WHERE host = %s AND due_at < %s
                   AND (lease_until IS NULL OR lease_until <= %s)""",
                [until, SPREAD.total_seconds(), name, until, now],
            )

    def hurry(self, since: datetime, *, now: datetime) -> None:
        """After an outage of our own line: hold nothing against whom we did not reach.

        All that waits because of a try since `since` comes due within a minute.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE wire_source
                   SET due_at = %(now)s + random() * make_interval(secs => %(spread)s)
                 WHERE due_at > %(now)s + make_interval(secs => %(spread)s)
                   AND (lease_until IS NULL OR lease_until <= %(now)s)
                   AND ((failures > 0 AND last_attempt_at >= %(since)s)
                        OR host IN (SELECT name FROM wire_host WHERE at >= %(since)s))""",
                {"now": now, "spread": SPREAD.total_seconds(), "since": since},
            )
        self.filter(at__gte=since).delete()


class Host(models.Model):
    """A host that did not answer lately. No row: nothing is held against it."""

    PATIENCE = 3  # requests in a row without any answer
    REST = Backoff(first=timedelta(minutes=1), longest=timedelta(minutes=15))

    name = models.TextField(primary_key=True)  # as `Source.host` has it
    silences = models.PositiveIntegerField()  # requests in a row
    at = models.DateTimeField()  # of the last one

    objects = HostQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
