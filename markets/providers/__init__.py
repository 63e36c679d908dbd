"""Readers of the providers' answers. To add one: a module, a line here, a sample."""

from markets.providers import coingecko, ecb, generic_table
from markets.providers.base import Batch, ParseError, Parser, Rejected, Tick

__all__ = [
    "PROVIDERS", "Batch", "ParseError", "Parser", "Rejected", "Tick", "choices",
]  # fmt: skip

PROVIDERS: dict[str, Parser] = {
    "coingecko": coingecko.parse,
    "ecb": ecb.parse,
    "table": generic_table.parse,
}


def choices() -> list[tuple[str, str]]:
    """Return the providers as (value, label) pairs for a form field."""
    return [(name, name) for name in PROVIDERS]
