"""Reading what sources send. Pure: bytes in, `Batch` out; no Django, no network.

A connector is one module with a function `parse(raw, origin)`, one line below, and one
pair of files under `wire/tests/samples/<format>/`.
"""

from wire.connectors.as_json import as_json

from . import feed, jsonfeed, telegram, telegram_bot, telegram_export
from .base import (
    Batch,
    Media,
    Origin,
    ParseError,
    Parser,
    Post,
    Reference,
    Rejected,
)
from .detect import detect
from .encoding import unpacked

# The formats of a source: what it is called, what an editor reads, who reads it.
_CONNECTORS: list[tuple[str, str, Parser]] = [
    ("rss", "RSS", feed.parse),
    ("atom", "Atom", feed.parse),
    ("jsonfeed", "JSON Feed", jsonfeed.parse),
    ("telegram", "Telegram channel preview", telegram.parse),
    ("telegram-bot", "Telegram Bot API updates", telegram_bot.parse),
    ("telegram-export", "Telegram Desktop export", telegram_export.parse),
]
PARSERS: dict[str, Parser] = {key: parse for key, _, parse in _CONNECTORS}


def choices() -> list[tuple[str, str]]:
    """Return the formats as (value, label) pairs for a form field."""
    return [(key, label) for key, label, _ in _CONNECTORS]


def read(
    raw: bytes, *, format: str | None = None, origin: Origin | None = None
) -> Batch:
    """Read a document, finding its format where none is given.

    Raises `ParseError` if it is refused whole, and `KeyError` for an unknown format.
    """
    origin = origin or Origin()
    raw = unpacked(raw)
    if not raw.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise ParseError("the document is empty")
    found = format or detect(raw, origin.content_type, origin.url)
    return PARSERS[found](raw, origin)


__all__ = [
    "PARSERS", "Batch", "Media", "Origin", "ParseError", "Parser", "Post", "Reference",
    "Rejected", "as_json", "choices", "detect", "read",
]  # fmt: skip
