"""Exchanges and their days."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Self
from uuid import uuid4

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q

from foundation import codes, zones
from markets.trading_hours import Hours, Phase, State, Stretch, state

# How far around an instant the sessions are read. The longest closure of the exchanges
# we know is Japan's ten days of 2019.
BACK, AHEAD = timedelta(days=2), timedelta(days=21)
MOST_MINUTES = 12 * 60  # of early or late trading
HOURS = (
    "date",
    "opens_at",
    "closes_at",
    "breaks_at",
    "resumes_at",
    "early",
    "name",
)


class ExchangeQuerySet(models.QuerySet["Exchange"]):
    """Questions about exchanges."""

    def in_order(self) -> Self:
        """As lists show them: by name."""
        return self.order_by("name", "pk")


class Exchange(models.Model):
    """A place where instruments trade, and whose hours they keep."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    mic = models.CharField(
        "MIC",
        max_length=4,
        unique=True,
        validators=[codes.mic],
        help_text="ISO 10383, such as XNYS.",
    )
    short_name = models.CharField(
        max_length=16,
        validators=[codes.printed],
        help_text="What readers see: NYSE, LSE.",
    )
    name = models.CharField(max_length=80, validators=[codes.printed])
    city = models.CharField(max_length=40, validators=[codes.printed])
    timezone = models.CharField(
        max_length=40,
        validators=[codes.time_zone],
        help_text="Key in the tz database, such as America/New_York.",
    )
    pre_minutes = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(MOST_MINUTES)],
        help_text="Minutes of early trading before the opening.",
    )
    post_minutes = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(MOST_MINUTES)],
        help_text="Minutes of late trading after the close.",
    )

    objects = ExchangeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="exchange_mic_fits_iso_10383",
                condition=Q(mic__regex=r"^[A-Z0-9]{4}$"),
            ),
            models.CheckConstraint(
                name="exchange_minutes_fit_in_a_day",
                condition=Q(pre_minutes__lte=MOST_MINUTES)
                & Q(post_minutes__lte=MOST_MINUTES),
            ),
        ]

    def __str__(self) -> str:
        return self.short_name

    def state(self, now: datetime) -> State:
        """What the exchange does at `now`; unknown where its zone is none. One query."""
        zone = zones.find(self.timezone)
        if zone is None:
            return State(phase=Phase.UNKNOWN)
        return state(
            self.sessions.around(now).hours(),
            now,
            today=now.astimezone(zone).date(),
            pre=timedelta(minutes=self.pre_minutes),
            post=timedelta(minutes=self.post_minutes),
        )


class SessionQuerySet(models.QuerySet["Session"]):
    """Questions about sessions."""

    def around(self, now: datetime) -> Self:
        """The days that matter at `now`, in order, holidays included."""
        return self.filter(
            date__gte=(now - BACK).date(), date__lte=(now + AHEAD).date()
        ).order_by("date", "pk")

    def hours(self) -> list[Hours]:
        """The same rows as plain values, without models."""
        return [
            Hours(**dict(zip(HOURS, row, strict=True)))
            for row in self.values_list(*HOURS)
        ]

    def trading_by_exchange(self) -> dict[int, list[Stretch]]:
        """The spans of trading in these rows, in order, by exchange."""
        found: dict[int, list[Stretch]] = defaultdict(list)
        rows = self.filter(opens_at__isnull=False).order_by("opens_at", "pk")
        for exchange, *times in rows.values_list("exchange_id", *HOURS):
            found[exchange] += Hours(**dict(zip(HOURS, times, strict=True))).stretches()
        return found


class Session(models.Model):
    """One day of one exchange: when it trades, or why it does not.

    A weekday without a row is one the calendar does not know.
    """

    class Kind(models.TextChoices):
        """What sort of day it is."""

        REGULAR = "regular", "Regular"
        SPECIAL = "special", "Other hours"
        HOLIDAY = "holiday", "Holiday"

    exchange = models.ForeignKey(
        Exchange, on_delete=models.CASCADE, related_name="sessions"
    )
    date = models.DateField(help_text="The day at the exchange.")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.REGULAR)
    opens_at = models.DateTimeField(null=True, blank=True, help_text="UTC.")
    breaks_at = models.DateTimeField("break from", null=True, blank=True)
    resumes_at = models.DateTimeField("break until", null=True, blank=True)
    closes_at = models.DateTimeField(null=True, blank=True, help_text="UTC.")
    early = models.BooleanField("closes early", default=False)
    name = models.CharField(
        max_length=80, blank=True, help_text="Of the holiday, or why the hours differ."
    )
    by_hand = models.BooleanField(
        "set by hand",
        default=False,
        editable=False,
        help_text="Loading a newer calendar leaves such days alone.",
    )

    objects = SessionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["exchange", "date"], name="session_once_a_day"
            ),
            models.CheckConstraint(
                name="session_has_hours_unless_holiday",
                condition=Q(
                    kind="holiday", opens_at__isnull=True, closes_at__isnull=True
                )
                | (
                    ~Q(kind="holiday")
                    & Q(opens_at__isnull=False, closes_at__isnull=False)
                ),
                violation_error_message=(
                    "A holiday has no hours; any other day needs opening and close."
                ),
            ),
            models.CheckConstraint(
                name="session_in_order",
                condition=Q(opens_at__isnull=True) | Q(closes_at__gt=F("opens_at")),
                violation_error_message="The close must come after the opening.",
            ),
            models.CheckConstraint(
                name="session_break_inside",
                condition=Q(breaks_at__isnull=True, resumes_at__isnull=True)
                | Q(
                    breaks_at__gt=F("opens_at"),
                    resumes_at__gt=F("breaks_at"),
                    closes_at__gt=F("resumes_at"),
                ),
                violation_error_message="A break lies between opening and close.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} ({self.get_kind_display()})"
