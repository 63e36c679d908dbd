"""What arrives: publishers, their sources, the items they send, and every version."""

from wire.models.intake import DeadLetter, Fetch
from wire.models.items import Event, Item, Standing, Status, Version
from wire.models.sources import Publisher, Release, Source

__all__ = [
    "DeadLetter",
    "Event",
    "Fetch",
    "Item",
    "Publisher",
    "Release",
    "Source",
    "Standing",
    "Status",
    "Version",
]
