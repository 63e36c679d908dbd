"""Where prices come from, and what was refused."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Case, F, Func, Q, Value, When
from django.db.models.functions import Greatest, Least
from django.db.models.lookups import Exact

from foundation import codes
from markets.feed_options import objections
from markets.models.instrument import MOST_LATE, Delay
from markets.providers import PROVIDERS

LEASE = timedelta(seconds=60)
LONGEST = timedelta(days=7)  # an interval beyond it is a slip
SHORTEST = timedelta(seconds=15)
LONGEST_WAIT = timedelta(hours=1)  # between two tries, however many have failed
MOST_TRIES = 6  # that never came back, until the wait is the longest


class FeedQuerySet(models.QuerySet["Feed"]):
    """Questions about feeds."""

    def due(self, now: datetime) -> Self:
        """Feeds to fetch at `now` that nobody is fetching, most overdue first."""
        free = Q(lease_until=None) | Q(lease_until__lte=now)
        return self.filter(free, active=True, due_at__lte=now).order_by("due_at", "pk")

    def release(self, tokens: Iterable[UUID], *, now: datetime) -> None:
        """Give back leases whose work is given up: nobody's fault, and due again."""
        self.filter(lease_token__in=list(tokens)).update(
            lease_token=None,
            lease_until=None,
            attempts=Greatest(F("attempts") - 1, 0),
            due_at=Least(F("due_at"), Value(now)),
        )


class Feed(models.Model):
    """One address of a provider, and how it is doing. Also the lease on fetching it."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    name = models.CharField(
        max_length=80,
        unique=True,
        validators=[codes.printed],
        help_text="Named as source.",
    )
    provider = models.CharField(
        max_length=16,
        choices=[(name, name) for name in PROVIDERS],
        help_text="The reader of its answers.",
    )
    url = models.URLField("address", max_length=1000, validators=[codes.web_address])
    options = models.JSONField(
        default=dict,
        blank=True,
        help_text=(
            "For the reader, see docs/markets.md. 'symbols' maps the provider's symbols "
            "to ours and goes before the instruments' own provider symbols."
        ),
    )
    interval = models.DurationField(
        default=timedelta(minutes=5),
        validators=[codes.Between(SHORTEST, LONGEST)],
        help_text="Between two fetches; 15 s at least.",
    )
    active = models.BooleanField(default=False)
    attribution = models.CharField(
        max_length=200, blank=True, help_text="What the provider wants said."
    )
    redistributable = models.BooleanField(
        default=False, help_text="Whether its licence lets partners have the prices."
    )
    delay = models.CharField(
        max_length=8,
        blank=True,
        choices=Delay.choices,
        help_text="If not as the instrument says.",
    )
    delay_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(MOST_LATE)]
    )

    due_at = models.DateTimeField(db_default=models.functions.Now())
    attempts = models.PositiveIntegerField(default=0)  # in a row, that never came back
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    last_attempt_at = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    newest_as_of = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    last_error = models.TextField(blank=True)
    etag = models.CharField(max_length=500, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)

    objects = FeedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="feed_interval_is_polite",
                condition=Q(interval__gte=SHORTEST),
                violation_error_message="A feed is fetched every 15 seconds at most.",
            ),
            models.CheckConstraint(
                name="feed_interval_within_a_week",
                condition=Q(interval__lte=LONGEST),
                violation_error_message="A feed is fetched once a week at least.",
            ),
            models.CheckConstraint(
                name="feed_options_are_an_object",
                condition=Exact(
                    Func(
                        F("options"),
                        function="jsonb_typeof",
                        output_field=models.CharField(),
                    ),
                    Value("object"),
                ),
                violation_error_message='Options are an object: {"name": value}.',
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse options its reader cannot use, each by its name."""
        if wrong := objections(self.provider, self.options):
            raise ValidationError({"options": wrong})

    def health(self) -> str:
        """How the feed is doing, in a few words for the desk."""
        if not self.active:
            return "off"
        if self.failures:
            return f"failing ({self.failures} in a row): {self.last_error[:80]}"
        return "well" if self.last_success_at else "not fetched yet"

    def symbols(self) -> dict[str, str]:
        """The provider's symbols and ours, where the options map them."""
        return self._texts("symbols")

    def headers(self) -> dict[str, str]:
        """What the provider wants to see in a request, such as a key."""
        return self._texts("headers")

    def _texts(self, name: str) -> dict[str, str]:
        found = self.options.get(name) if isinstance(self.options, dict) else None
        if not isinstance(found, dict):
            return {}
        return {str(key): str(value) for key, value in found.items()}

    def lease(self, now: datetime) -> UUID:
        """Take the right to fetch. Raises `Feed.Taken` if another worker has it.

        A try that never comes back, because the answer ended the worker, doubles the
        wait for the next one, up to an hour. Coming back ends that count.
        """
        token = uuid4()
        late = [
            When(attempts=n, then=Value(now + LEASE * 2**n))
            for n in range(1, MOST_TRIES)
        ]
        taken = (
            Feed.objects.due(now)
            .filter(pk=self.pk)
            .order_by()
            .update(
                lease_token=token,
                lease_until=now + LEASE,
                last_attempt_at=now,
                attempts=F("attempts") + 1,
                due_at=Case(
                    When(attempts=0, then=F("due_at")),
                    *late,
                    default=Value(now + LONGEST_WAIT),
                ),
            )
        )
        if not taken:
            raise Feed.Taken(f"{self.name} is not due, or another worker has it")
        return token

    def succeed(
        self,
        token: UUID,
        *,
        now: datetime,
        etag: str = "",
        last_modified: str = "",
        newest_as_of: datetime | None = None,
    ) -> None:
        """Give the lease back after an answer that was read (or was unchanged).

        Raises `Feed.Late` if the lease ran out and went to somebody else: whatever was
        done under it must be rolled back.
        """
        changes: dict[str, object] = {
            "last_success_at": now,
            "failures": 0,
            "last_error": "",
            "due_at": now + self.interval,
            "etag": etag,
            "last_modified": last_modified,
        }
        if newest_as_of is not None:
            changes["newest_as_of"] = newest_as_of
        self._finish(token, changes)

    def fail(
        self,
        token: UUID,
        *,
        now: datetime,
        error: str,
        retry_after: timedelta | None = None,
    ) -> None:
        """Give the lease back after a failure; wait longer each time. May raise `Late`.

        The wait doubles from the feed's interval up to an hour, up to a quarter longer
        by chance, and is never shorter than the provider asked for.
        """
        wait = min(self.interval * 2 ** min(self.failures, 10), LONGEST_WAIT)
        wait *= random.uniform(1, 1.25)  # noqa: S311
        wait = max(wait, self.interval, retry_after or timedelta())
        self._finish(
            token,
            {
                "failures": F("failures") + 1,
                "last_error": error[:1000],
                "due_at": now + wait,
            },
        )

    def _finish(self, token: UUID, changes: dict[str, object]) -> None:
        mine = Feed.objects.filter(pk=self.pk, lease_token=token)
        if not mine.update(lease_token=None, lease_until=None, attempts=0, **changes):
            raise Feed.Late(f"{self.name} took too long; another worker has it")

    class Taken(Exception):
        """The feed is not due, or somebody else is fetching it."""

    class Late(Exception):
        """The lease ran out before the work was done."""


class Quarantine(models.Model):
    """A price that was refused, as it came. Equal refusals are counted, not repeated."""

    KEPT = timedelta(days=90)

    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="refused")
    instrument = models.ForeignKey(
        "markets.Instrument",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="refused",
    )
    symbol = models.CharField("provider's symbol", max_length=40, blank=True)
    reason = models.CharField(max_length=200)
    raw = models.TextField(help_text="The newest such row, as it came.")
    count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "quarantine"
        constraints = [
            models.UniqueConstraint(
                fields=["feed", "symbol", "reason"], name="refusal_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.symbol}: {self.reason}"
