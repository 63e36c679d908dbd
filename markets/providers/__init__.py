"""Readers of the providers' answers. To add one: a module, a line here, a sample."""

from markets.providers import coingecko, ecb, generic_table
from markets.providers.base import Batch, ParseError, Parser, Rejected, Tick

__all__ = ["PROVIDERS", "Batch", "ParseError", "Parser", "Rejected", "Tick"]

PROVIDERS: dict[str, Parser] = {
    "coingecko": coingecko.parse,
    "ecb": ecb.parse,
    "table": generic_table.parse,
}
