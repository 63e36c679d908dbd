"""The markets desk: what the machine wrote is read-only, what people decide is not."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib import admin
from django.db.models import Max, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone

from markets import calendars
from markets.models import (
    Exchange,
    Feed,
    Instrument,
    Quarantine,
    Quote,
    Session,
)
from markets.rerendering import redraw
from staff.admin_base import MachineMade


@admin.register(Exchange)
class ExchangeAdmin(admin.ModelAdmin):
    list_display = ["short_name", "mic", "city", "timezone", "state", "known_until"]
    search_fields = ["short_name", "mic", "name"]
    ordering = ["short_name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Exchange]:
        return super().get_queryset(request).annotate(known_until=Max("sessions__date"))

    @admin.display(description="now")
    def state(self, exchange: Exchange) -> str:
        return exchange.state(timezone.now()).word()

    @admin.display(description="calendar until", ordering="known_until")
    def known_until(self, exchange: Exchange) -> str:
        until: date | None = getattr(exchange, "known_until", None)
        if until is None:
            return "no calendar: run manage.py markets load"
        left = until - timezone.now().date()
        near = left < timedelta(days=calendars.WARN_DAYS)
        return f"{until} (expires in {left.days} days)" if near else str(until)


@admin.register(Session)
class SessionAdmin(admin.ModelAdmin):
    """Days of exchanges. What is changed here is marked and survives new calendars."""

    list_display = [
        "date",
        "exchange",
        "kind",
        "opens_at",
        "closes_at",
        "early",
        "name",
        "by_hand",
    ]
    list_filter = ["exchange", "kind", "by_hand"]
    list_select_related = ["exchange"]
    date_hierarchy = "date"
    ordering = ["-date", "exchange"]
    readonly_fields = ["by_hand"]

    def save_model(
        self,
        request: HttpRequest,
        obj: Session,
        form: ModelForm[Session],
        change: bool,  # noqa: FBT001
    ) -> None:
        """Save by the verb that also judges the exchange's prices anew."""
        calendars.override(obj)


@admin.register(Instrument)
class InstrumentAdmin(admin.ModelAdmin):
    list_display = [
        "label",
        "name",
        "kind",
        "group",
        "position",
        "provider",
        "price",
        "as_of",
        "state",
        "active",
    ]
    list_editable = ["position"]
    list_filter = ["group", "kind", "provider", "active", "on_strip"]
    list_select_related = ["quote", "exchange"]
    search_fields = ["symbol", "label", "name"]
    ordering = ["position", "symbol"]
    fieldsets = [
        (None, {"fields": ["symbol", "label", "name", "kind", "definition"]}),
        ("If it stands for something else", {"fields": ["tracks", "stands_for"]}),
        ("Figures", {"fields": ["unit", "currency", "decimals", "low", "high"]}),
        ("Where it stands", {"fields": ["group", "position", "on_strip", "active"]}),
        (
            "Where its price comes from",
            {
                "fields": [
                    "exchange",
                    "provider",
                    "provider_symbol",
                    "delay",
                    "delay_minutes",
                    "redistributable",
                ]
            },
        ),
    ]

    def save_model(
        self,
        request: HttpRequest,
        obj: Instrument,
        form: ModelForm[Instrument],
        change: bool,  # noqa: FBT001
    ) -> None:
        """Save, and write the strip's piece anew: it bears the label."""
        super().save_model(request, obj, form, change)
        redraw(Instrument.objects.filter(pk=obj.pk))

    @admin.display(description="price")
    def price(self, instrument: Instrument) -> str:
        quote = getattr(instrument, "quote", None)
        return instrument.price_text(quote.value) if quote else "–"

    @admin.display(description="as of")
    def as_of(self, instrument: Instrument) -> str:
        quote = getattr(instrument, "quote", None)
        return f"{quote.as_of:%d %b %H:%M}" if quote else "–"

    @admin.display(description="state")
    def state(self, instrument: Instrument) -> str:
        quote = getattr(instrument, "quote", None)
        return quote.state(timezone.now()) if quote else "no price"


@admin.register(Quote)
class QuoteAdmin(MachineMade):
    list_display = [
        "instrument",
        "value",
        "previous",
        "as_of",
        "received_at",
        "provider",
        "delay",
        "state",
    ]
    list_filter = ["provider", "delay"]
    list_select_related = ["instrument"]
    search_fields = ["instrument__symbol", "instrument__label"]
    ordering = ["instrument__position", "instrument__symbol"]
    exclude = ["chip_fresh", "chip_closed", "chip_stale"]

    @admin.display(description="state")
    def state(self, quote: Quote) -> str:
        return quote.state(timezone.now())


@admin.register(Quarantine)
class QuarantineAdmin(MachineMade):
    list_display = ["symbol", "reason", "feed", "instrument", "count", "last_at"]
    list_filter = ["feed"]
    list_select_related = ["feed", "instrument"]
    search_fields = ["symbol", "reason"]
    ordering = ["-last_at", "-pk"]


@admin.register(Feed)
class FeedAdmin(admin.ModelAdmin):
    list_display = [
        "name",
        "provider",
        "active",
        "health",
        "last_success_at",
        "newest_as_of",
        "failures",
        "due_at",
    ]
    list_filter = ["provider", "active"]
    search_fields = ["name", "url"]
    ordering = ["name"]
    actions = ["fetch_now", "turn_on", "turn_off"]
    readonly_fields = [
        "attempts",
        "crashes",
        "lease_until",
        "lease_token",
        "last_attempt_at",
        "last_success_at",
        "newest_as_of",
        "failures",
        "last_error",
        "etag",
        "last_modified",
    ]

    @admin.display(description="health")
    def health(self, feed: Feed) -> str:
        return feed.health(timezone.now()).words

    @admin.action(description="Fetch at once", permissions=["change"])
    def fetch_now(self, request: HttpRequest, feeds: QuerySet[Feed]) -> None:
        count = feeds.update(due_at=timezone.now())
        self.message_user(request, f"{count} feeds will be fetched in a few seconds.")

    @admin.action(description="Turn on", permissions=["change"])
    def turn_on(self, request: HttpRequest, feeds: QuerySet[Feed]) -> None:
        self.message_user(request, f"{feeds.update(active=True)} feeds are on.")

    @admin.action(description="Turn off", permissions=["change"])
    def turn_off(self, request: HttpRequest, feeds: QuerySet[Feed]) -> None:
        self.message_user(request, f"{feeds.update(active=False)} feeds are off.")
