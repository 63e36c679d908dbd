"""What every paper starts with: exchanges and their days, instruments, feeds."""

from dataclasses import asdict, dataclass

from django.db import transaction

from markets import calendars
from markets.instruments import FEEDS, INSTRUMENTS, Starter
from markets.models import Exchange, Feed, Instrument
from markets.rerendering import redraw

STEP = 10  # between positions, so that editors can put something in between


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What was not there before, or was written anew."""

    days: int
    instruments: int
    feeds: int


@transaction.atomic
def load(*, reset: bool = False) -> Loaded:
    """Add what is missing; running it again changes nothing.

    With `reset` the shipped definitions replace what editors made of them; days set by
    hand stay, and so do feeds.
    """
    days = sum(calendars.load(replace=reset).values())
    exchanges = {exchange.mic: exchange for exchange in Exchange.objects.in_order()}
    known = set(Instrument.objects.values_list("symbol", flat=True))
    written = 0
    for place, starter in enumerate(INSTRUMENTS, start=1):
        if starter.symbol not in known or reset:
            Instrument.objects.update_or_create(
                symbol=starter.symbol,
                defaults=_fields(starter, exchanges) | {"position": place * STEP},
            )
            written += 1
    if reset:
        redraw(Instrument.objects.active())
    feeds = [
        Feed.objects.get_or_create(name=feed["name"], defaults=feed)[1]
        for feed in FEEDS
    ]
    return Loaded(days=days, instruments=written, feeds=sum(feeds))


def _fields(starter: Starter, exchanges: dict[str, Exchange]) -> dict[str, object]:
    fields: dict[str, object] = asdict(starter)
    del fields["symbol"]
    fields["low"], fields["high"] = starter.band()
    fields["exchange"] = exchanges.get(str(fields.pop("mic")))
    return fields
