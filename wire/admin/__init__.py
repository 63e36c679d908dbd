"""The wire at the desk: what came in, from whom, and how its sources do."""

from wire.admin.ingest_log import DeadLetterAdmin, FetchAdmin
from wire.admin.items import ItemAdmin
from wire.admin.sources import PublisherAdmin, SourceAdmin

__all__ = [
    "DeadLetterAdmin",
    "FetchAdmin",
    "ItemAdmin",
    "PublisherAdmin",
    "SourceAdmin",
]
