"""What is quoted: each thing under its own name, kind and unit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Self
from uuid import uuid4

from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.db.models import Case, F, Q, When

from foundation import codes
from markets import number_format, providers
from markets.models.exchange import Exchange

PARTNER_FIELDS = (
    "position",
    "symbol",
    "label",
    "name",
    "kind",
    "tracks",
    "stands_for",
    "definition",
    "unit",
    "currency",
    "exchange__mic",
    "quote__against",
    "quote__basis",
    "quote__as_of",
    "quote__received_at",
    "quote__provider",
    "quote__delay",
    "quote__delay_minutes",
    "quote__settles_at",
    "quote__stale_at",
)
MOST_DECIMALS = 8
MOST_LATE = 7 * 24 * 60  # minutes a price may be late by contract
SYMBOL = r"^[A-Z0-9][A-Z0-9.-]{0,15}$"


class Kind(models.TextChoices):
    """What sort of thing is quoted."""

    INDEX = "index", "Index"
    ETF = "etf", "Fund"
    PROXY = "proxy", "Fund, as a proxy"
    CRYPTO = "crypto", "Cryptocurrency"
    COMMODITY = "commodity", "Commodity"
    FUTURE = "future", "Future"
    FX_FIXING = "fx-fixing", "Currency fixing"
    FX_SPOT = "fx-spot", "Currency, spot"


class Group(models.TextChoices):
    """Where it stands on the markets page."""

    EQUITIES = "equities", "Equities"
    CRYPTO = "crypto", "Cryptocurrencies"
    FUNDS = "funds", "Funds"
    COMMODITIES = "commodities", "Commodities"
    CURRENCIES = "currencies", "Currencies"


class Delay(models.TextChoices):
    """How old a price is by design."""

    LIVE = "live", "Live"
    DELAYED = "delayed", "Delayed"
    FIXING = "fixing", "Fixing"
    CLOSE = "close", "Close"


class InstrumentQuerySet(models.QuerySet["Instrument"]):
    """Questions about instruments."""

    def active(self) -> Self:
        return self.filter(active=True)

    def on_strip(self) -> Self:
        """Those of the strip on the front page."""
        return self.active().filter(on_strip=True)

    def in_order(self) -> Self:
        """The order of strip and page, which is the editors'."""
        return self.order_by("position", "symbol")

    def for_partners(self) -> models.QuerySet[Instrument, dict[str, Any]]:
        """Flat rows of what the API tells; prices we may not pass on are null.

        A price goes out only if both the instrument and the feed's licence allow it.
        """
        may = Q(redistributable=True, quote__redistributable=True)
        told = {
            f"told_{name}": Case(When(may, then=F(f"quote__{name}")))
            for name in ("value", "previous")
        }
        return self.annotate(**told).values(*PARTNER_FIELDS, *told)

    def fed_by(self, provider: str, symbols: dict[str, str]) -> Self:
        """Those a feed may price: named in its mapping, or by their provider symbol."""
        named = Q(symbol__in=symbols.values())
        return self.active().filter(named | Q(provider=provider))


class Instrument(models.Model):
    """One thing with a price. Its label never comes from a provider."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    symbol = models.CharField(
        max_length=16,
        unique=True,
        validators=[RegexValidator(SYMBOL, "Capitals, digits, point and hyphen.")],
        help_text="Ours, used in addresses: SPY, EURUSD.",
    )
    label = models.CharField(
        max_length=24,
        validators=[codes.printed],
        help_text="On the strip: SPY, EUR/USD.",
    )
    name = models.CharField(
        max_length=120, validators=[codes.printed], help_text="In full."
    )
    kind = models.CharField(max_length=9, choices=Kind.choices)
    tracks = models.CharField(
        max_length=80, blank=True, help_text="The index or good a fund follows."
    )
    stands_for = models.CharField(
        max_length=80,
        blank=True,
        help_text="What readers are shown it for; a proxy must say.",
    )
    definition = models.TextField(
        blank=True, help_text="What exactly the price is of, in one or two sentences."
    )
    unit = models.CharField(
        max_length=40, help_text="US dollars a share, index points, yen for a dollar."
    )
    currency = models.CharField(
        max_length=3, blank=True, validators=[codes.currency], help_text="ISO 4217."
    )
    decimals = models.PositiveSmallIntegerField(
        default=2, validators=[MaxValueValidator(MOST_DECIMALS)]
    )
    exchange = models.ForeignKey(
        Exchange,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="instruments",
        help_text="Whose hours its price keeps; none for what trades around the clock.",
    )
    group = models.CharField(max_length=12, choices=Group.choices)
    position = models.PositiveSmallIntegerField(default=1000)
    on_strip = models.BooleanField(default=True)
    provider = models.CharField(max_length=16, blank=True, choices=providers.choices)
    provider_symbol = models.CharField(max_length=40, blank=True)
    low = models.DecimalField(
        max_digits=24,
        decimal_places=10,
        help_text="A price below is refused and kept in quarantine.",
    )
    high = models.DecimalField(
        max_digits=24, decimal_places=10, help_text="A price above is refused."
    )
    delay = models.CharField(max_length=8, choices=Delay.choices, default=Delay.DELAYED)
    delay_minutes = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(MOST_LATE)],
        help_text="How late the price is by contract.",
    )
    redistributable = models.BooleanField(
        default=False, help_text="Whether partners may have its price by our API."
    )
    active = models.BooleanField(default=True)

    objects = InstrumentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="instrument_symbol_fits_addresses",
                condition=Q(symbol__regex=SYMBOL),
            ),
            models.CheckConstraint(
                name="instrument_choices_are_known",
                condition=Q(kind__in=Kind.values)
                & Q(group__in=Group.values)
                & Q(delay__in=Delay.values),
            ),
            models.CheckConstraint(
                name="instrument_figures_can_be_shown",
                condition=Q(decimals__lte=MOST_DECIMALS)
                & Q(delay_minutes__lte=MOST_LATE)
                & Q(currency__regex=r"^([A-Z]{3})?$"),
            ),
            models.CheckConstraint(
                name="instrument_band_in_order",
                condition=Q(high__gt=F("low")) & Q(low__gt=-1e13) & Q(high__lt=1e13),
                violation_error_message="The band's high must be above its low.",
            ),
            models.CheckConstraint(
                name="instrument_proxy_says_for_what",
                condition=~Q(kind="proxy") | ~(Q(tracks="") | Q(stands_for="")),
                violation_error_message=(
                    "A proxy must say what it tracks and what it stands for."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def is_proxy(self) -> bool:
        return self.kind == Kind.PROXY

    def price_text(self, value: Decimal) -> str:
        """The price as shown, "$734.56"; rates and index levels bear no sign."""
        bare = self.kind in (Kind.INDEX, Kind.FX_FIXING, Kind.FX_SPOT)
        return number_format.amount(
            value, decimals=self.decimals, currency="" if bare else self.currency
        )

    def objection(self, value: Decimal, *, currency: str) -> str:
        """Why `value` cannot be this instrument's price; empty if it can be."""
        if currency and self.currency and currency != self.currency:
            return f"priced in {currency[:8]}, not in {self.currency}"
        if not self.low <= value <= self.high:
            return f"outside its band, {_bare(self.low)} to {_bare(self.high)}"
        return ""


def _bare(number: Decimal) -> str:
    return f"{number.normalize() + 0:f}"
