"""Whom we listen to, how, and how that goes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from django.db import connection, models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Greatest, Lower, Now

from foundation import codes
from foundation.fields import Computed
from outgoing.per_host_limit import PER_HOST
from wire import connectors
from wire.models.publishers import Publisher

# Longer than the longest fetch and what waits to be stored
LEASE = timedelta(seconds=90)
FASTEST = timedelta(seconds=15)  # nobody is asked more often than this
LONGEST = timedelta(days=7)  # an interval or a delay beyond it is a slip
GAP_TOLD = timedelta(days=3)  # for so long the desk is told that posts were missed
SLOWEST = timedelta(hours=24)  # a dead source is still asked once a day


class Release(models.TextChoices):
    """How a source's posts reach readers."""

    AUTO = "auto", "At once"
    DELAY = "delay", "After a delay"
    DESK = "desk", "When the desk lets them through"


class SourceQuerySet(models.QuerySet["Source"]):
    def listening(self) -> Self:
        """Sources that are polled at all."""
        return self.filter(enabled=True)

    def due(self, now: datetime) -> Self:
        """Sources to ask at `now`, longest waiting first; those under lease left out."""
        free = Q(lease_until=None) | Q(lease_until__lt=now)
        return self.listening().filter(free, due_at__lte=now).order_by("due_at", "pk")

    def missing(self, now: datetime) -> Self:
        """Sources of which posts were missed lately, the newest such gap first."""
        recent = self.filter(gap_at__gt=now - GAP_TOLD)
        return recent.order_by("-gap_at", "pk")

    def failing(self) -> Self:
        """Sources whose last polls failed, worst first."""
        return self.filter(failures__gt=0).order_by("-failures", "pk")

    def lease_due(
        self, now: datetime, *, limit: int, doubtful: int | None = None
    ) -> list[Source]:
        """Take up to `limit` due sources for this process alone, and return them.

        Those that are well go first; of those whose last poll failed at most `doubtful`
        are taken. No host has more than `PER_HOST` of its sources under lease, whoever
        holds them. Two callers never get the same source (`SKIP LOCKED`), and a caller
        that dies gives its sources back when the lease ends. Tries that never came back
        are counted here; each doubles the wait for the next, so that a source whose very
        fetching ends the worker does not end it every minute. Coming back, with
        whatever, ends the count.
        """
        failing = limit if doubtful is None else max(min(limit, doubtful), 0)
        with connection.cursor() as cursor:
            cursor.execute(
                _LEASE,
                {
                    "now": now,
                    "until": now + LEASE,
                    "lease": LEASE.total_seconds(),
                    "limit": limit,
                    "doubtful": failing,
                    "per_host": PER_HOST,
                },
            )
            ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return []
        return list(self.filter(pk__in=ids).order_by("due_at", "pk"))

    def release(self, sources: Sequence[Source], *, now: datetime) -> None:
        """Give back leases whose work is given up: nobody's fault, and due again."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE wire_source s
                   SET lease_until = NULL, lease_token = NULL,
                       attempts = greatest(s.attempts - 1, 0),
                       due_at = least(s.due_at, %s)
                  FROM unnest(%s::uuid[]) AS t(token) WHERE s.lease_token = t.token""",
                [now, [source.lease_token for source in sources]],
            )

    def mark_unchanged(
        self,
        answers: Sequence[tuple[Source, timedelta | None]],
        *,
        now: datetime,
    ) -> None:
        """Record polls that brought nothing new, all in one statement.

        Each with how long the publisher asks us to wait. Those whose lease was lost are
        left alone.
        """
        if not answers:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE wire_source s
                   SET last_attempt_at = %s, last_success_at = %s, failures = 0,
                       attempts = 0, last_error = '', due_at = t.due_at,
                       full_fetch_at = t.full_fetch_at, lease_until = NULL,
                       lease_token = NULL
                  FROM unnest(%s::bigint[], %s::uuid[], %s::timestamptz[],
                              %s::timestamptz[]) AS t(id, token, due_at, full_fetch_at)
                 WHERE s.id = t.id AND s.lease_token = t.token""",
                [
                    now,
                    now,
                    [source.pk for source, _ in answers],
                    [source.lease_token for source, _ in answers],
                    [now + source.patience(wait) for source, wait in answers],
                    [source.full_fetch_at for source, _ in answers],
                ],
            )


_LEASE = """
    WITH due AS (
        SELECT id, host, due_at, failures > 0 AS failing,
               row_number() OVER (PARTITION BY host
                                  ORDER BY failures > 0, due_at, id) AS of_host
          FROM wire_source
         WHERE enabled AND due_at <= %(now)s
           AND (lease_until IS NULL OR lease_until < %(now)s)),
    held AS (
        SELECT host, count(*) AS n FROM wire_source
         WHERE lease_until >= %(now)s GROUP BY host),
    open AS (
        SELECT id, due_at, failing,
               row_number() OVER (PARTITION BY failing ORDER BY due_at, id) AS turn
          FROM due LEFT JOIN held USING (host)
         WHERE of_host + coalesce(n, 0) <= %(per_host)s)
    UPDATE wire_source
       SET lease_until = %(until)s, lease_token = gen_random_uuid(),
           attempts = attempts + 1,
           due_at = CASE WHEN attempts = 0 THEN due_at ELSE %(now)s + make_interval(
                         secs => %(lease)s * power(2, least(attempts, 6))) END
     WHERE id IN (SELECT id FROM wire_source
                   WHERE id IN (SELECT id FROM open
                                 WHERE NOT failing OR turn <= %(doubtful)s
                                 ORDER BY failing, due_at, id LIMIT %(limit)s)
                     AND enabled AND due_at <= %(now)s
                     AND (lease_until IS NULL OR lease_until < %(now)s)
                   ORDER BY id FOR UPDATE SKIP LOCKED)
    RETURNING id
"""


class Source(models.Model):
    """One feed, channel or account we listen to, and what we know of its health."""

    publisher = models.ForeignKey(
        Publisher, on_delete=models.PROTECT, related_name="sources"
    )
    name = models.CharField(
        max_length=120,
        unique=True,
        validators=[codes.printed],
        help_text="As readers see it on the live wire.",
    )
    slug = models.SlugField(max_length=120, unique=True)
    url = models.URLField(max_length=1000, unique=True, validators=[codes.web_address])
    host = Computed(
        expression=Lower(
            Func(F("url"), Value("//(?:[^/?#]*@)?([^/?#]*)"), function="substring")
        ),
        output_field=models.TextField(),
        db_persist=True,
    )  # with its port, where the address names one: what budgets are counted by
    format = models.CharField(max_length=24, choices=connectors.choices)
    language = models.CharField(
        max_length=12,
        blank=True,
        validators=[codes.language],
        help_text="BCP 47, where the source does not say.",
    )
    release = models.CharField(
        max_length=8, choices=Release.choices, default=Release.DESK
    )
    delay = models.DurationField(
        default=timedelta(minutes=10),
        validators=[codes.Between(timedelta(), LONGEST)],
        help_text="Used when posts go out after a delay.",
    )
    standing = models.CharField(
        max_length=12,
        choices=[("unverified", "Unverified"), ("developing", "Developing"),
                 ("confirmed", "Confirmed")],
        default="unverified",
        help_text="The mark its posts carry until the desk says otherwise.",
    )  # fmt: skip
    enabled = models.BooleanField(default=True)
    interval = models.DurationField(
        default=timedelta(minutes=2),
        validators=[codes.Between(FASTEST, LONGEST)],
        help_text="How long to wait between two polls.",
    )

    # Poll state, written by the machine
    due_at = models.DateTimeField(db_default=Now(), db_index=True, editable=False)
    attempts = models.PositiveIntegerField(default=0, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    lease_token = models.UUIDField(null=True, editable=False)
    etag = models.CharField(max_length=1024, blank=True, editable=False)
    last_modified = models.CharField(max_length=100, blank=True, editable=False)
    body_hash = models.CharField(max_length=64, blank=True, editable=False)
    full_fetch_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When it was last asked without validators.",
    )
    last_attempt_at = models.DateTimeField(null=True, editable=False)
    last_success_at = models.DateTimeField(null=True, editable=False)
    newest_item_at = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    last_error = models.TextField(blank=True, editable=False)
    gap = models.TextField(
        blank=True, editable=False, help_text="Which posts could not be had, and why."
    )
    gap_at = models.DateTimeField(null=True, editable=False)

    objects = SourceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(interval__gte=FASTEST), name="source_interval_polite"
            ),
            models.CheckConstraint(
                condition=Q(interval__lte=LONGEST, delay__lte=LONGEST)
                & Q(delay__gte=timedelta()),
                name="source_waits_within_a_week",
                violation_error_message="Interval and delay are a week at most.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def is_missing(self, now: datetime) -> bool:
        """The same rule as `SourceQuerySet.missing`, for one source in hand."""
        return self.gap_at is not None and self.gap_at > now - GAP_TOLD

    def public_at(self, seen_at: datetime) -> datetime | None:
        """When a post seen at `seen_at` may show on the rail; None: when the desk says."""
        if self.release == Release.AUTO:
            return seen_at
        return seen_at + self.delay if self.release == Release.DELAY else None

    def backoff(self, failures: int) -> timedelta:
        """How long to wait after `failures` polls in a row failed: 5 min doubling to a day.

        Never shorter than the source's own interval, and up to a quarter longer by
        chance: what failed together does not come again together.
        """
        doubled = timedelta(minutes=5) * 2 ** min(failures - 1, 12)
        return max(self.interval, min(doubled, SLOWEST)) * random.uniform(1, 1.25)  # noqa: S311

    def patience(self, wait: timedelta | None) -> timedelta:
        """How long to wait after a good poll: the interval, or longer if asked to.

        A publisher's wish is honoured up to an hour, or the interval if that is longer.
        """
        wish = min(wait or timedelta(0), timedelta(hours=1))
        return max(self.interval, wish)

    def pause(self) -> None:
        """Stop listening. What came in stays."""
        self.enabled = False
        self.save(update_fields=["enabled"])

    def resume(self, *, now: datetime) -> None:
        """Listen again, from now on, with a clean record.

        A document that was set aside is read again if it still comes.
        """
        self.enabled, self.failures, self.last_error = True, 0, ""
        self.attempts, self.due_at = 0, now
        self.gap, self.gap_at = "", None
        self.save(
            update_fields=["enabled", "failures", "last_error", "attempts", "due_at"]
            + ["gap", "gap_at"]
        )
        self.readings.all().delete()

    def renew(self, *, now: datetime) -> bool:
        """Hold the lease for as long again. False if it was lost."""
        mine = type(self).objects.filter(pk=self.pk, lease_token=self.lease_token)
        return bool(mine.update(lease_until=now + LEASE))

    def still_ours(self, token: UUID | None) -> bool:
        """Whether the lease of `token` holds; locks the row until the transaction ends."""
        rows = type(self).objects.select_for_update(no_key=True)
        return rows.filter(pk=self.pk, lease_token=token).exists()

    def mark_failed(self, *, now: datetime, error: str, wait: timedelta | None) -> None:
        """Record a failed poll and when to try next: after `wait`, else by backoff.

        A poll that lost its lease records nothing: another process has the source.
        """
        pause = wait or self.backoff(self.failures + 1)
        type(self).objects.filter(pk=self.pk, lease_token=self.lease_token).update(
            last_attempt_at=now,
            failures=F("failures") + 1,
            attempts=0,
            last_error=error[:2000],
            due_at=now + pause,
            lease_until=None,
            lease_token=None,
        )

    def mark_heard(
        self,
        *,
        now: datetime,
        newest_item_at: datetime | None,
        wait: timedelta | None,
        **validators: object,
    ) -> bool:
        """Record a good poll; `validators` are etag, last_modified, body_hash,
        full_fetch_at, and gap and gap_at if posts were missed.

        Returns False, and changes nothing, if the lease was lost meanwhile. Belongs in
        the transaction that stores the items: a crash before it means we fetch again.
        """
        newest = (
            Greatest("newest_item_at", newest_item_at)
            if newest_item_at
            else F("newest_item_at")
        )
        return bool(
            type(self)
            .objects.filter(pk=self.pk, lease_token=self.lease_token)
            .update(
                last_attempt_at=now,
                last_success_at=now,
                newest_item_at=newest,
                failures=0,
                attempts=0,
                last_error="",
                due_at=now + self.patience(wait),
                lease_until=None,
                lease_token=None,
                **validators,
            )
        )
