"""Where prices come from, and what was refused."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Self
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.lookups import Exact

from foundation import codes
from foundation.leased_work import Backoff, LeasedWork, LeasedWorkQuerySet
from markets import providers
from markets.feed_options import objections
from markets.models.instrument import MOST_LATE, Delay

LONGEST = timedelta(days=7)  # an interval beyond it is a slip
SHORTEST = timedelta(seconds=15)
LONGEST_WAIT = timedelta(hours=1)  # between two tries, however many have failed


class FeedQuerySet(LeasedWorkQuerySet["Feed"]):
    """Questions about feeds."""

    def active(self) -> Self:
        """Feeds that are fetched at all."""
        return self.filter(active=True)


class Feed(LeasedWork):
    """One address of a provider, and how it is doing. Also the lease on fetching it."""

    LEASE = timedelta(seconds=60)
    LONGEST_CRASH_WAIT = LONGEST_WAIT
    HEALTH_WORDS: ClassVar = {
        "paused": "off",
        "failing": "failing ({failures} in a row): {error}",
        "new": "not fetched yet",
        "good": "well",
    }

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    name = models.CharField(
        max_length=80,
        unique=True,
        validators=[codes.printed],
        help_text="Named as source.",
    )
    provider = models.CharField(
        max_length=16,
        choices=providers.choices,
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

    due_at = models.DateTimeField(db_default=models.functions.Now(), db_index=True)
    newest_as_of = models.DateTimeField(null=True, blank=True)
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

    def is_active(self) -> bool:
        """The same rule as `FeedQuerySet.active`, for one feed in hand."""
        return self.active

    def backoff(self) -> Backoff:
        """The feed's interval doubling to an hour, and never shorter than itself."""
        return Backoff(
            first=self.interval, longest=LONGEST_WAIT, shortest=self.interval
        )

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
