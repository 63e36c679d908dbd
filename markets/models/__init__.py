"""What the markets app keeps."""

from markets.models.exchange import Exchange, Session
from markets.models.feed import Feed, Quarantine
from markets.models.instrument import Delay, Group, Instrument, Kind
from markets.models.quote import Quote, QuoteTick

__all__ = [
    "Delay",
    "Exchange",
    "Feed",
    "Group",
    "Instrument",
    "Kind",
    "Quarantine",
    "Quote",
    "QuoteTick",
    "Session",
]
