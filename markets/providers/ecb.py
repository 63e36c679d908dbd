"""Euro reference rates of the European Central Bank: daily, 90 days or whole history.

Options: `pairs`, such as ["EUR/USD", "USD/JPY"]; all of the answer's currencies against
the euro if absent. The bank fixes units per euro; every other pair is computed from
two of them, and says so.
"""

from datetime import date
from decimal import Decimal

from lxml import etree

from markets.ecb_calendar import concerted_at
from markets.providers.base import (
    Batch,
    Options,
    ParseError,
    Rejected,
    Tick,
    Unusable,
    beginning,
    price,
)

NAMESPACE = "{http://www.ecb.int/vocabulary/2002-08-01/eurofxref}"
PRECISION = Decimal("1e-6")
AGAINST = "previous fixing"


def parse(raw: bytes, options: Options) -> Batch:
    """Read the fixings, oldest first. Raises `ParseError` if there are none."""
    rejected: list[Rejected] = []
    fixings = sorted(_fixings(raw, rejected).items())
    if not fixings:
        raise ParseError(f"no reference rates in it: it begins {beginning(raw)!r}")
    wanted = options.get("pairs")
    pairs = (
        [str(pair) for pair in wanted]
        if isinstance(wanted, list)
        else [f"EUR/{code}" for code in fixings[-1][1]]
    )
    ticks: list[Tick] = []
    for pair in pairs:
        try:
            ticks.extend(_series(pair, fixings))
        except Unusable as error:
            rejected.append(Rejected(symbol=pair, reason=str(error), raw=""))
    return Batch(tuple(ticks), tuple(rejected))


def _fixings(raw: bytes, rejected: list[Rejected]) -> dict[date, dict[str, Decimal]]:
    """Units of each currency per euro, by day."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        raise ParseError(f"not XML: it begins {beginning(raw)!r}") from error
    fixings: dict[date, dict[str, Decimal]] = {}
    for cube in root.iter(f"{NAMESPACE}Cube"):
        given = cube.get("time")
        if given is None:
            continue
        try:
            day = date.fromisoformat(given)
        except ValueError:
            rejected.append(Rejected(symbol="", reason="not a date", raw=given[:100]))
            continue
        fixings[day] = _rates(cube, given, rejected)
    return fixings


def _rates(
    cube: etree._Element, day: str, rejected: list[Rejected]
) -> dict[str, Decimal]:
    rates = {"EUR": Decimal(1)}
    for row in cube.iter(f"{NAMESPACE}Cube"):
        code, rate = row.get("currency"), row.get("rate")
        if code is None:
            continue
        try:
            value = price(rate, "rate")
            if value <= 0:
                raise Unusable("rate is not above zero")
            rates[code] = value
        except Unusable as error:
            raw = f"{day} {code}={rate}"[:200]
            rejected.append(Rejected(symbol=code[:32], reason=str(error), raw=raw))
    return rates


def _series(pair: str, fixings: list[tuple[date, dict[str, Decimal]]]) -> list[Tick]:
    """One tick a fixing, each measured against the one before it.

    Raises `Unusable` if the newest fixing cannot give the pair.
    """
    base, _, quoted = pair.partition("/")
    ticks: list[Tick] = []
    previous: Decimal | None = None
    for day, rates in fixings:
        if base not in rates or quoted not in rates:
            previous = None  # the fixing before is no longer the previous one
            continue
        value = (rates[quoted] / rates[base]).quantize(PRECISION)
        ticks.append(
            Tick(
                symbol=pair,
                value=value,
                previous=previous,
                against=AGAINST,
                as_of=concerted_at(day),
                currency=quoted,
                basis=_basis(base, quoted),
                raw=f"{day} {base}={rates[base]} {quoted}={rates[quoted]} per EUR",
            )
        )
        previous = value
    newest = fixings[-1][0]
    if not ticks or ticks[-1].as_of != concerted_at(newest):
        raise Unusable(f"the fixing of {newest} has no rate for {pair}")
    return ticks


def _basis(base: str, quoted: str) -> str:
    if base == "EUR":
        return "ECB reference rate"
    if quoted == "EUR":
        return f"computed from the ECB reference rate of {base}"
    return f"computed from the ECB reference rates of {base} and {quoted}"
