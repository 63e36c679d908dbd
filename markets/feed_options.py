"""What a feed's options may say, judged when they are typed; see docs/markets.md."""

import re
from collections.abc import Callable, Mapping
from datetime import time

from foundation import codes, zones

_PAIR = re.compile(r"[A-Z]{3}/[A-Z]{3}\Z")

Judge = Callable[[object], str]  # what is wrong with a value; empty: nothing


def objections(provider: str, options: object) -> list[str]:
    """Return what is wrong with `options` for this provider, a sentence for each."""
    if not isinstance(options, Mapping):
        return ['Options are an object: {"name": value}.']
    known = _EVERY | _OF.get(provider, {})
    return [
        f"“{name}” {wrong}."
        for name, value in options.items()
        if (wrong := _wrong(known, str(name), value))
    ]


def _wrong(known: Mapping[str, Judge], name: str, value: object) -> str:
    if name in known:
        return known[name](value)
    return f"is no option of this provider: use {', '.join(sorted(known))}"


def _fits(value: object) -> bool:
    """Whether it is a text that a row can hold and a person can see."""
    return isinstance(value, str) and value.isprintable()


def _texts(value: object) -> str:
    right = isinstance(value, Mapping) and all(
        _fits(key) and _fits(text) for key, text in value.items()
    )
    return "" if right else 'maps texts to texts: {"theirs": "ours"}'


def _headers(value: object) -> str:
    if wrong := _texts(value):
        return wrong
    assert isinstance(value, Mapping)  # noqa: S101 - judged above
    every = [*value, *value.values()]
    right = all(text.isascii() and text.isprintable() for text in every)
    return "" if right else "holds letters no header can carry"


def _columns(value: object) -> str:
    if wrong := _texts(value):
        return wrong
    assert isinstance(value, Mapping)  # noqa: S101 - judged above
    ours = ("symbol", "value", "previous", "as_of", "currency")
    strange = sorted(set(value) - set(ours))
    return f"names {strange[0]}; only {', '.join(ours)} are read" if strange else ""


def _text(value: object) -> str:
    return "" if _fits(value) else "is a text in one line"


def _flag(value: object) -> str:
    return "" if isinstance(value, bool) else "is true or false"


def _currency(value: object) -> str:
    right = isinstance(value, str) and value in codes.currencies()
    return "" if right else "is a code of ISO 4217, such as USD"


def _zone(value: object) -> str:
    right = isinstance(value, str) and value in zones.names()
    return "" if right else "is a name of the tz database, such as Europe/London"


def _kind_of_time(value: object) -> str:
    kinds = ("iso", "epoch", "epoch_ms", "date")
    return "" if value in kinds else f"is one of {', '.join(kinds)}"


def _hour(value: object) -> str:
    try:
        time.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        return "is an hour of the day, such as 16:00"
    return ""


def _pairs(value: object) -> str:
    right = isinstance(value, list) and all(
        isinstance(pair, str) and _PAIR.match(pair) for pair in value
    )
    return "" if right else 'is a list of pairs: ["EUR/USD"]'


_EVERY: dict[str, Judge] = {"symbols": _texts, "headers": _headers}
_OF: dict[str, dict[str, Judge]] = {
    "table": {
        "rows": _text,
        "columns": _columns,
        "symbol": _text,
        "currency": _currency,
        "series": _flag,
        "as_of": _kind_of_time,
        "close": _hour,
        "timezone": _zone,
    },
    "coingecko": {"currency": _currency},
    "ecb": {"pairs": _pairs},
}
