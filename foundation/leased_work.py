"""Work that is rows: due at a time, taken by one worker under a lease, tried again.

A worker leases rows that are due, works with no transaction open, and gives each back by
`succeed`, `fail`, `give_up` or `release`. A worker that dies gives its rows back when the
lease ends; one that was only slow is refused by its token. Tries that failed and tries
that never came back are counted apart. Recipe: docs/leased-work.md.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self, cast

from django.core.exceptions import EmptyResultSet
from django.db import connections, models
from django.db.models import F, Max, Q
from django.db.models.functions import Greatest, Least, Now

MAX_ERROR = 2000  # characters kept of what went wrong
MAX_DOUBLINGS = 20  # beyond it a wait has long met its limit

SETTLED: Mapping[str, Any] = {
    "lease_until": None,
    "lease_token": None,
    "crashes": 0,
}  # of a row that came back
FRESH: Mapping[str, Any] = {
    **SETTLED,
    "attempts": 0,
    "failures": 0,
    "last_error": "",
}  # of a row that nothing is held against


class LeaseLost(Exception):
    """The lease ended before the work did: roll back whatever was done under it."""


class NotDue(Exception):
    """The row is not due, or another worker has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """How long to wait after failures: `first`, doubled by each, at most `longest`.

    Never shorter than `shortest`, whatever the limit. Up to a quarter is added by chance,
    so that what failed together does not come again together.
    """

    first: timedelta
    longest: timedelta
    shortest: timedelta = timedelta(0)
    jitter: float = 0.25

    def wait(self, failures: int, *, at_least: timedelta | None = None) -> timedelta:
        """Return the wait after `failures` in a row (1 or more).

        `at_least` is what the other side asked for, such as a Retry-After; it goes before
        every limit.
        """
        doubled = self.first * 2 ** min(max(failures - 1, 0), MAX_DOUBLINGS)
        wait = max(min(doubled, self.longest), self.shortest)
        wait *= random.uniform(1, 1 + self.jitter)  # noqa: S311
        return max(wait, at_least or timedelta(0))


@dataclass(frozen=True, slots=True)
class Health:
    """How work does: a state for colours and filters, and words for people."""

    state: str  # "paused", "failing", "new" or "good"
    words: str


class LeasedWorkQuerySet[W: LeasedWork](models.QuerySet[W]):
    """Which rows are due, and taking them."""

    def active(self) -> Self:
        """Rows that are worked on at all; the same rule as `LeasedWork.is_active`."""
        return self.all()

    def free(self, now: datetime) -> Self:
        """Rows that no worker holds at `now`."""
        return self.filter(Q(lease_until=None) | Q(lease_until__lte=now))

    def due(self, now: datetime) -> Self:
        """Rows to work on at `now` that nobody holds; longest waiting first, if unsorted."""
        found = self.active().free(now).filter(due_at__lte=now)
        return found if found.ordered else found.order_by("due_at", "pk")

    def failing(self) -> Self:
        """Rows whose last tries failed, worst first."""
        return self.filter(failures__gt=0).order_by("-failures", "pk")

    def lease(self, now: datetime, *, limit: int) -> list[W]:
        """Take up to `limit` of these rows that are due, for the caller alone.

        One statement. Filters and order of the queryset decide which rows are taken, and
        the answer keeps that order. Two callers never get the same row (`SKIP LOCKED`).
        A row whose last holder never came back counts a crash, and each crash doubles
        the wait for the next try: work that ends its worker does not end it every minute.
        """
        try:
            chosen, params = (
                self.due(now).values("pk")[: max(limit, 0)].query.sql_with_params()
            )
        except EmptyResultSet:
            return []
        sql = _LEASE.format(chosen=chosen, **self._names())
        lease, longest = self.model.LEASE, self.model.LONGEST_CRASH_WAIT
        given = [*params, now + lease, now, now, lease, longest]
        return list(self.model._base_manager.using(self.db).raw(sql, given))

    def succeed_all(
        self, rows: Sequence[W], *, now: datetime, columns: Sequence[str] = ()
    ) -> None:
        """Record in one statement that each of `rows` succeeded.

        `due_at` and the `columns` named are written as they stand on each row. Rows whose
        lease was lost are left alone.
        """
        if not rows:
            return
        connection = connections[self.db]
        fields = [_field(self.model, name) for name in ("due_at", *columns)]
        given = [_field(self.model, "pk"), _field(self.model, "lease_token"), *fields]
        quoted = [connection.ops.quote_name(field.column) for field in fields]
        sql = _SUCCEED_ALL.format(
            changes="".join(f", {name} = given.{name}" for name in quoted),
            arrays=", ".join(f"%s::{field.db_type(connection)}[]" for field in given),
            columns=", ".join(["pk", "token", *quoted]),
            **self._names(),
        )
        values = [
            [field.get_db_prep_save(getattr(row, field.attname), connection)
             for row in rows]
            for field in given
        ]  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(sql, [now, now, *values])

    def release(self, rows: Sequence[W], *, now: datetime) -> None:
        """Give back rows whose work is given up: nobody's fault, and due again at once."""
        tokens = [row.lease_token for row in rows if row.lease_token]
        if not tokens:
            return
        self.filter(pk__in=[row.pk for row in rows], lease_token__in=tokens).update(
            lease_until=None,
            lease_token=None,
            attempts=Greatest(F("attempts") - 1, 0),
            due_at=Least(F("due_at"), now),
        )

    def restart(self, *, now: datetime, **changes: object) -> int:
        """Have these rows worked on anew, with a clean record; return how many.

        Whoever works on one of them is refused when coming back.
        """
        return self.update(**{**FRESH, "due_at": now, **changes})

    def cancel(self, **changes: object) -> int:
        """Let nobody work on these rows any more; return how many.

        Whoever works on one of them is refused when coming back.
        """
        return self.update(**{**FRESH, "due_at": None, **changes})

    def last_taken_at(self) -> datetime | None:
        """When any of these rows was last taken or given back."""
        found: datetime | None = self.aggregate(at=Max("last_attempt_at"))["at"]
        return found

    def _names(self) -> dict[str, str]:
        """The names of table and primary key, quoted for SQL."""
        quote = connections[self.db].ops.quote_name
        meta = self.model._meta
        pk = _field(self.model, "pk").column
        return {"table": quote(meta.db_table), "pk": quote(pk)}


def _field(model: type[models.Model], name: str) -> Any:  # noqa: ANN401
    """A column's field of `model`; "pk" for its primary key."""
    return model._meta.pk if name == "pk" else model._meta.get_field(name)


# NO KEY: whoever stores a row that refers to this one need not wait, nor do we for them.
_LEASE = """
    WITH chosen(pk) AS MATERIALIZED (
        {chosen} FOR NO KEY UPDATE OF {table} SKIP LOCKED),
    turns AS (SELECT pk, row_number() OVER () AS turn FROM chosen),
    leased AS (
        UPDATE {table} AS work
           SET lease_token = gen_random_uuid(), lease_until = %s, last_attempt_at = %s,
               attempts = attempts + 1,
               crashes = crashes + (lease_token IS NOT NULL)::int,
               due_at = CASE
                   WHEN crashes = 0 AND lease_token IS NULL THEN due_at
                   ELSE %s + least(%s * power(2, least(
                       crashes + (lease_token IS NOT NULL)::int, 20)), %s) END
          FROM chosen WHERE work.{pk} = chosen.pk
        RETURNING work.*)
    SELECT leased.* FROM leased JOIN turns ON leased.{pk} = turns.pk ORDER BY turn
"""

_SUCCEED_ALL = """
    UPDATE {table} AS work
       SET last_attempt_at = %s, last_success_at = %s, lease_until = NULL,
           lease_token = NULL, attempts = 0, failures = 0, crashes = 0,
           last_error = ''{changes}
      FROM unnest({arrays}) AS given({columns})
     WHERE work.{pk} = given.pk AND work.lease_token = given.token
"""


class LeasedWork(models.Model):
    """A row that is worked on by one worker at a time, and tried again if it fails.

    A concrete model has a manager made of a `LeasedWorkQuerySet`.
    """

    LEASE: ClassVar[
        timedelta
    ]  # longer than the longest try, and what waits to be stored
    BACKOFF: ClassVar[Backoff]
    # Between two tries, however many never came back; none: only the lease is waited for
    LONGEST_CRASH_WAIT: ClassVar[timedelta] = timedelta(hours=1)
    HEALTH_WORDS: ClassVar[Mapping[str, str]] = {
        "paused": "Paused",
        "failing": "Failing: {error}",
        "new": "Not tried yet",
        "good": "Good",
    }

    due_at = models.DateTimeField(
        null=True, db_default=Now(), db_index=True, editable=False
    )  # None: there is nothing to do
    attempts = models.PositiveIntegerField(
        default=0,
        editable=False,
        help_text="Tries begun since the last that succeeded.",
    )
    failures = models.PositiveIntegerField(
        default=0, editable=False, help_text="Tries that failed, in a row."
    )
    crashes = models.PositiveIntegerField(
        default=0, editable=False, help_text="Tries that never came back, in a row."
    )
    lease_until = models.DateTimeField(null=True, editable=False)
    lease_token = models.UUIDField(null=True, editable=False)
    last_attempt_at = models.DateTimeField(null=True, editable=False)
    last_success_at = models.DateTimeField(null=True, editable=False)
    last_error = models.TextField(blank=True, editable=False)

    class Meta:
        abstract = True

    def is_active(self) -> bool:
        """Whether it is worked on at all; the same rule as `LeasedWorkQuerySet.active`."""
        return True

    def backoff(self) -> Backoff:
        """How long this row waits after failures."""
        return self.BACKOFF

    def retry_wait(self, *, at_least: timedelta | None = None) -> timedelta:
        """How long to wait if the try under way fails. Differs by chance at each call."""
        return self.backoff().wait(self.failures + 1, at_least=at_least)

    def health(self, now: datetime) -> Health:
        """How it does at `now`, for the desk."""
        if not self.is_active():
            state = "paused"
        elif self.failures:
            state = "failing"
        else:
            state = "good" if self.last_success_at else "new"
        facts = {"failures": self.failures, "error": self.last_error[:80]}
        return Health(state, self.HEALTH_WORDS[state].format(**facts))

    def lease(self, now: datetime) -> Self:
        """Take this row alone; return it as it is now. Raises `NotDue`."""
        taken = self._row().lease(now, limit=1)
        if not taken:
            raise NotDue(f"{self} is not due, or another worker has it")
        return taken[0]

    def still_held(self) -> bool:
        """Whether our lease holds; locks the row until the transaction ends.

        Ask in the transaction that stores what the work came to, before storing it.
        """
        return self._held().select_for_update(no_key=True).exists()

    def renew(self, *, now: datetime) -> bool:
        """Hold the lease for as long again. False if it was lost."""
        return bool(self._held().update(lease_until=now + self.LEASE))

    def succeed(
        self, *, now: datetime, due_at: datetime | None = None, **changes: object
    ) -> None:
        """Record that the work is done, until `due_at` if it comes again.

        `changes` are other columns of the row. Belongs in the transaction that stores what
        the work came to. Raises `LeaseLost`: that transaction must be rolled back then.
        """
        done = {**FRESH, "last_attempt_at": now, "last_success_at": now}
        self._give_back({**done, "due_at": due_at, **changes})

    def fail(
        self,
        *,
        now: datetime,
        error: str,
        wait: timedelta | None = None,
        at_least: timedelta | None = None,
        **changes: object,
    ) -> None:
        """Record a try that failed, to be made again after `wait`, else by backoff.

        A backoff is never shorter than `at_least`. Raises `LeaseLost`; nothing is written
        then.
        """
        pause = self.retry_wait(at_least=at_least) if wait is None else wait
        self._give_back_failed(now, error, {"due_at": now + pause, **changes})

    def give_up(self, *, now: datetime, error: str, **changes: object) -> None:
        """Record a try that failed, and that there is none after it. Raises `LeaseLost`."""
        self._give_back_failed(now, error, {"due_at": None, **changes})

    def _give_back_failed(
        self, now: datetime, error: str, changes: Mapping[str, object]
    ) -> None:
        told = {"last_attempt_at": now, "last_error": error[:MAX_ERROR]}
        failed = {**SETTLED, **told, "failures": F("failures") + 1}
        self._give_back({**failed, **changes})

    def _give_back(self, changes: Mapping[str, Any]) -> None:
        if not self._held().update(**changes):
            raise LeaseLost(f"{self} took too long; another worker has it")

    def _held(self) -> LeasedWorkQuerySet[Self]:
        """The row, if the lease in hand still holds; nothing if there was none."""
        if self.lease_token is None:
            return self._row().none()
        return self._row().filter(lease_token=self.lease_token)

    def _row(self) -> LeasedWorkQuerySet[Self]:
        rows = type(self)._default_manager.filter(pk=self.pk)
        return cast("LeasedWorkQuerySet[Self]", rows)
