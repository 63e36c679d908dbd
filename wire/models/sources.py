"""Whom we listen to, how, and how that goes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.db import models
from django.db.models import Case, F, Func, Q, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Greatest, Lower, Now

from foundation import codes
from foundation.fields import Computed
from foundation.leased_work import Backoff, Health, LeasedWork, LeasedWorkQuerySet
from outgoing.per_host_limit import PER_HOST
from wire import connectors
from wire.models.publishers import Publisher

FASTEST = timedelta(seconds=15)  # nobody is asked more often than this
LONGEST = timedelta(days=7)  # an interval or a delay beyond it is a slip
GAP_TOLD = timedelta(days=3)  # for so long the desk is told that posts were missed
SLOWEST = timedelta(hours=24)  # a dead source is still asked once a day


class Release(models.TextChoices):
    """How a source's posts reach readers."""

    AUTO = "auto", "At once"
    DELAY = "delay", "After a delay"
    DESK = "desk", "When the desk lets them through"


class SourceStanding(models.TextChoices):
    """The marks that posts of a source can come in with; `Standing` has one more."""

    UNVERIFIED = "unverified", "Unverified"
    DEVELOPING = "developing", "Developing"
    CONFIRMED = "confirmed", "Confirmed"


class SourceQuerySet(LeasedWorkQuerySet["Source"]):
    def active(self) -> Self:
        """Sources that are polled at all."""
        return self.filter(enabled=True)

    def missing(self, now: datetime) -> Self:
        """Sources of which posts were missed lately, the newest such gap first."""
        recent = self.filter(gap_at__gt=now - GAP_TOLD)
        return recent.order_by("-gap_at", "pk")

    def lease(
        self, now: datetime, *, limit: int, doubtful: int | None = None
    ) -> list[Source]:
        """Take up to `limit` due sources for this process alone, and return them.

        Those that are well go first; of those whose last poll failed at most `doubtful`
        are taken. No host has more than `PER_HOST` of its sources under lease, whoever
        holds them.
        """
        failing = limit if doubtful is None else max(min(limit, doubtful), 0)
        allowed = RawSQL(_ALLOWED, [now, now, now, PER_HOST, failing])  # noqa: S611
        failed = Case(When(failures__gt=0, then=1), default=0)
        chosen = self.filter(pk__in=allowed).order_by(failed, "due_at", "pk")
        return super(SourceQuerySet, chosen).lease(now, limit=limit)


# Sources that may be taken now: the first of each host, as many as it has places left;
# all of them that are well, and so many whose last poll failed.
_ALLOWED = """
    WITH due AS (
        SELECT id, host, due_at, failures > 0 AS failing,
               row_number() OVER (PARTITION BY host
                                  ORDER BY failures > 0, due_at, id) AS of_host
          FROM wire_source
         WHERE enabled AND due_at <= %s AND (lease_until IS NULL OR lease_until <= %s)),
    held AS (
        SELECT host, count(*) AS n FROM wire_source
         WHERE lease_until > %s GROUP BY host),
    open AS (
        SELECT id, failing,
               row_number() OVER (PARTITION BY failing ORDER BY due_at, id) AS turn
          FROM due LEFT JOIN held USING (host)
         WHERE of_host + coalesce(n, 0) <= %s)
    SELECT id FROM open WHERE NOT failing OR turn <= %s
"""


class Source(LeasedWork):
    """One feed, channel or account we listen to, and what we know of its health."""

    # Longer than the longest fetch and what waits to be stored
    LEASE = timedelta(seconds=90)
    LONGEST_CRASH_WAIT = LEASE * 64
    HEALTH_WORDS: ClassVar = {**LeasedWork.HEALTH_WORDS, "new": "Not heard yet"}

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
        choices=SourceStanding.choices,
        default=SourceStanding.UNVERIFIED,
        help_text="The mark its posts carry until the desk says otherwise.",
    )
    enabled = models.BooleanField(default=True)
    interval = models.DurationField(
        default=timedelta(minutes=2),
        validators=[codes.Between(FASTEST, LONGEST)],
        help_text="How long to wait between two polls.",
    )

    # Poll state, written by the machine
    due_at = models.DateTimeField(db_default=Now(), db_index=True, editable=False)
    etag = models.CharField(max_length=1024, blank=True, editable=False)
    last_modified = models.CharField(max_length=100, blank=True, editable=False)
    body_hash = models.CharField(max_length=64, blank=True, editable=False)
    full_fetch_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When it was last asked without validators.",
    )
    newest_item_at = models.DateTimeField(null=True, editable=False)
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

    def is_active(self) -> bool:
        """The same rule as `SourceQuerySet.active`, for one source in hand."""
        return self.enabled

    def health(self, now: datetime) -> Health:
        """How it does, and whether posts were missed."""
        found = super().health(now)
        if found.state == "good" and self.is_missing(now):
            words = f"Good, but posts were missed: {self.gap[:120]}"
            return Health("failing", words)
        return found

    def backoff(self) -> Backoff:
        """5 minutes doubling to a day, never shorter than the source's own interval."""
        return Backoff(
            first=timedelta(minutes=5), longest=SLOWEST, shortest=self.interval
        )

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
        self.attempts, self.crashes, self.due_at = 0, 0, now
        self.gap, self.gap_at = "", None
        self.save(
            update_fields=["enabled", "failures", "last_error", "attempts", "crashes"]
            + ["due_at", "gap", "gap_at"]
        )
        self.readings.all().delete()

    def succeed_poll(
        self,
        *,
        now: datetime,
        newest_item_at: datetime | None,
        wait: timedelta | None,
        **validators: object,
    ) -> None:
        """Record a good poll; `validators` are etag, last_modified, body_hash,
        full_fetch_at, and gap and gap_at if posts were missed.

        Belongs in the transaction that stores the items: a crash before it means we fetch
        again. Raises `LeaseLost`.
        """
        if newest_item_at:
            validators["newest_item_at"] = Greatest("newest_item_at", newest_item_at)
        self.succeed(now=now, due_at=now + self.patience(wait), **validators)
