"""What a provider's answer is read into: no Django and no network in here."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

Options = Mapping[str, object]
LARGEST = Decimal("1e13")  # what the table holds; nothing that trades costs more
DIGITS = 10  # places kept behind the point
SHOWN = 120  # characters of a refused answer quoted in the error


class ParseError(ValueError):
    """The answer as a whole is not what it should be; the message quotes it."""


class Unusable(ValueError):
    """One row of an answer cannot be used; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One price as a provider gave it."""

    symbol: str  # the provider's own
    value: Decimal
    as_of: datetime  # aware: when the price was made, not when it was fetched
    previous: Decimal | None = None  # what the change is measured against
    against: str = "previous close"  # the name of `previous`
    currency: str = ""  # ISO 4217 or the provider's own ("GBp"); empty if not told
    basis: str = ""  # how the price came about, where it was computed
    raw: str = ""  # the row as it came


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """One row that could not be read."""

    symbol: str
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Everything one answer held.

    A symbol may have several ticks: the newest is the quote, the others are history.
    """

    ticks: tuple[Tick, ...] = ()
    rejected: tuple[Rejected, ...] = ()


Parser = Callable[[bytes, Options], Batch]


def price(given: object, name: str = "value") -> Decimal:
    """Read a number that may be a price. Raises `Unusable` with the reason.

    Zero and negative numbers pass: whether they can be true is for the instrument's
    band to say. Text is taken if it is a plain number ("1,234.50" is not: whether the
    comma groups or divides cannot be known).
    """
    if given is None or given == "":
        raise Unusable(f"{name} is missing")
    if isinstance(given, bool) or not isinstance(given, str | int | float | Decimal):
        raise Unusable(f"{name} is not a number")
    try:
        number = Decimal(str(given).strip())
    except InvalidOperation as error:
        raise Unusable(f"{name} is not a number") from error
    if not number.is_finite():
        raise Unusable(f"{name} is not a finite number")
    if abs(number) >= LARGEST:
        raise Unusable(f"{name} is absurdly large")
    return number.quantize(Decimal(1).scaleb(-DIGITS)).normalize() + 0


def reference(given: object) -> Decimal | None:
    """Read a previous price. Missing, unreadable or zero means unknown, never 0."""
    try:
        return price(given) or None
    except Unusable:
        return None


def instant(given: object) -> datetime:
    """Read an ISO 8601 instant with its zone. Raises `Unusable`."""
    if not isinstance(given, str) or not given:
        raise Unusable("as-of is missing")
    try:
        at = datetime.fromisoformat(given)
    except ValueError as error:
        raise Unusable("as-of is not a date and time") from error
    if at.tzinfo is None:
        raise Unusable("as-of has no time zone")
    return at.astimezone(UTC)


def load_json(raw: bytes) -> object:
    """Read JSON with exact numbers. Raises `ParseError` quoting what came instead.

    Vendors say "quota exceeded" as a sentence with status 200: that must be readable
    in the error.
    """
    try:
        return json.loads(raw, parse_float=Decimal)
    except (ValueError, RecursionError, InvalidOperation) as error:
        raise ParseError(f"not JSON: it begins {beginning(raw)!r}") from error


def beginning(raw: bytes) -> str:
    """The first words of an answer, fit for an error message."""
    return " ".join(raw[: SHOWN * 4].decode("utf-8", "replace").split())[:SHOWN]


def vendor_error(data: Mapping[str, object]) -> str:
    """What the vendor says is wrong, wherever it says so; empty if nothing."""
    for key in ("error", "status", "message", "Note", "Information", "Error Message"):
        said = data.get(key)
        if isinstance(said, Mapping):
            words = [str(v) for v in said.values() if isinstance(v, str | int)]
            return " ".join(words)[:SHOWN]
        if isinstance(said, str):
            return said[:SHOWN]
    return ""


def show(row: object) -> str:
    """A row as text, for the record."""
    return json.dumps(row, default=str, ensure_ascii=False)[:2000]
