"""CoinGecko, `/api/v3/coins/markets`: one call for many coins.

Options: `currency`, the `vs_currency` of the address in capitals (USD). The change is
the one of the past 24 hours, so the reference is the price 24 hours ago.
"""

from markets.providers.base import (
    Batch,
    Options,
    ParseError,
    Rejected,
    Tick,
    Unusable,
    beginning,
    instant,
    load_json,
    price,
    reference,
    show,
    vendor_error,
)


def parse(raw: bytes, options: Options) -> Batch:
    """Read a list of coins. Raises `ParseError` if it is not one."""
    data = load_json(raw)
    if isinstance(data, dict) and (said := vendor_error(data)):
        raise ParseError(f"the provider says: {said}")
    if not isinstance(data, list):
        raise ParseError(f"not a list of coins: it begins {beginning(raw)!r}")
    currency = str(options.get("currency", "USD"))
    ticks, rejected = [], []
    for coin in data:
        try:
            ticks.append(_tick(coin, currency))
        except Unusable as error:
            symbol = coin.get("id") if isinstance(coin, dict) else ""
            rejected.append(
                Rejected(symbol=str(symbol), reason=str(error), raw=show(coin))
            )
    return Batch(tuple(ticks), tuple(rejected))


def _tick(coin: object, currency: str) -> Tick:
    if not isinstance(coin, dict):
        raise Unusable("not an object")
    symbol = coin.get("id")
    if not isinstance(symbol, str) or not symbol:
        raise Unusable("id is missing")
    value = price(coin.get("current_price"), "current_price")
    change = coin.get("price_change_24h")
    # null means the coin is too young or too quiet for a change, not that it had none
    previous = None
    if change is not None:
        previous = reference(value - price(change, "price_change_24h"))
    return Tick(
        symbol=symbol,
        value=value,
        previous=previous,
        against="24 hours ago",
        as_of=instant(coin.get("last_updated")),
        currency=currency,
        raw=show(coin),
    )
