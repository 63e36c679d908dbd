"""Prices: the present one of each instrument, and what it was before."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import F, Q

from foundation.stored_html import StampField
from markets import number_format
from markets.models.feed import Feed
from markets.models.instrument import Delay, Instrument
from markets.number_format import Movement

HISTORY = timedelta(days=120)  # what a chart may look back on


class Quote(models.Model):
    """The present price of one instrument.

    The chips are the ticker's ready HTML, one for each thing time alone can make of the
    quote: still fresh, read as the close, stale.
    """

    instrument = models.OneToOneField(
        Instrument, on_delete=models.CASCADE, primary_key=True, related_name="quote"
    )
    value = models.DecimalField(max_digits=24, decimal_places=10)
    previous = models.DecimalField(max_digits=24, decimal_places=10, null=True)
    against = models.CharField(max_length=24, default="previous close")
    basis = models.CharField(max_length=120, blank=True)
    as_of = models.DateTimeField()
    received_at = models.DateTimeField(db_index=True)
    feed = models.ForeignKey(
        Feed, on_delete=models.SET_NULL, null=True, related_name="quotes"
    )
    provider = models.CharField(max_length=80)  # who to name, even if the feed goes
    provider_symbol = models.CharField(max_length=40)
    delay = models.CharField(max_length=8, choices=Delay.choices)
    delay_minutes = models.PositiveSmallIntegerField(default=0)
    redistributable = models.BooleanField(default=False)
    settles_at = models.DateTimeField(null=True)
    outside_hours = models.BooleanField(default=False)
    stale_at = models.DateTimeField()
    chip_fresh = models.TextField()
    chip_closed = models.TextField()
    chip_stale = models.TextField()
    rendered_with = StampField()  # of the chips

    class Meta:
        constraints = [
            # PostgreSQL's NaN is greater than every number: the bound keeps it out too.
            models.CheckConstraint(
                name="quote_value_is_a_number",
                condition=Q(value__gt=-1e13, value__lt=1e13),
            ),
            models.CheckConstraint(
                name="quote_previous_is_unknown_or_a_number",
                condition=Q(previous__isnull=True)
                | (Q(previous__gt=-1e13, previous__lt=1e13) & ~Q(previous=0)),
            ),
            models.CheckConstraint(
                name="quote_not_from_the_future",
                condition=Q(as_of__lte=F("received_at") + timedelta(minutes=5)),
            ),
            models.CheckConstraint(
                name="quote_stale_after_it_was_made",
                condition=Q(stale_at__gt=F("as_of")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.value} at {self.as_of:%Y-%m-%d %H:%M}"

    @property
    def movement(self) -> Movement:
        """Change and percentage against `previous`."""
        return number_format.movement(self.value, self.previous)

    def state(self, now: datetime) -> str:
        """Return "fresh", "closed" or "stale": what time alone has made of the price."""
        if self.stale_at <= now:
            return "stale"
        return "closed" if self.settles_at and self.settles_at <= now else "fresh"


class QuoteTickQuerySet(models.QuerySet["QuoteTick"]):
    """Questions about past prices."""

    def newest_first(self) -> Self:
        return self.order_by("-as_of", "-pk")

    def prunable(self, now: datetime) -> Self:
        """Past prices too old for any chart."""
        return self.filter(as_of__lt=now - HISTORY)


class QuoteTick(models.Model):
    """What an instrument cost at one instant. Pruned by age and by number."""

    MOST = 2_000  # kept of one instrument

    instrument = models.ForeignKey(
        Instrument, on_delete=models.CASCADE, related_name="ticks", db_index=False
    )
    as_of = models.DateTimeField()
    value = models.DecimalField(max_digits=24, decimal_places=10)

    objects = QuoteTickQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["instrument", "as_of"], name="tick_once_an_instant"
            ),
            models.CheckConstraint(
                name="tick_value_is_a_number",
                condition=Q(value__gt=-1e13, value__lt=1e13),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.value} at {self.as_of:%Y-%m-%d %H:%M}"
