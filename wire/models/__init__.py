"""What arrives: publishers, their sources, the items they send, and every version."""

from wire.models.hosts import Host
from wire.models.ingest_log import DeadLetter, Fetch, Reading
from wire.models.items import Event, Item, Standing, Status, Version
from wire.models.publishers import Publisher, PublisherKind
from wire.models.sources import Release, Source, SourceStanding

__all__ = [
    "DeadLetter",
    "Event",
    "Fetch",
    "Host",
    "Item",
    "Publisher",
    "PublisherKind",
    "Reading",
    "Release",
    "Source",
    "SourceStanding",
    "Standing",
    "Status",
    "Version",
]
