"""How an issue is numbered and named. Pure: dates in, figures and words out."""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_ABBREVIATED = ("Mon", "Tues?", "Weds?", "Thu(?:rs?)?", "Fri", "Sat", "Sun")
_NAMED = tuple(
    re.compile(rf"\b(?:{full}s?\b|{short}\b\.?(?=\s+ed))", re.IGNORECASE)
    for full, short in zip(_WEEKDAYS, _ABBREVIATED, strict=True)
)
_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"),
    (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip


class WrongDay(ValueError):
    """An edition is named after another day than its own; the message says which."""


def day(now: datetime, zone: str) -> date:
    """Return the paper's date at `now`, in the time zone of the paper."""
    return now.astimezone(ZoneInfo(zone)).date()


def volume(on: date, *, first_year: int) -> int:
    """Return the volume: I in `first_year`, one more each year. Raises `ValueError` before."""
    if on.year < first_year:
        raise ValueError(f"the paper's first year is {first_year}, so it has no {on}")
    return on.year - first_year + 1


def number(on: date, *, rule: str, last: int) -> int:
    """Return the number of the issue of `on`; `last` is the number before it, 0 if none.

    `day-of-year` starts each year with 1, so 25 June 2026 is 176 whatever was left out;
    `counter` runs on for ever and has no gaps.
    """
    if rule == "day-of-year":
        return on.timetuple().tm_yday
    if rule == "counter":
        return last + 1
    raise ValueError(f"no numbering rule “{rule}”: use day-of-year or counter")


def roman(figure: int) -> str:
    """Return `figure`, from 1 to 3999, as a Roman numeral."""
    if not 0 < figure < 4000:
        raise ValueError(f"no Roman numeral for {figure}")
    numeral = ""
    for value, letters in _ROMAN:
        count, figure = divmod(figure, value)
        numeral += letters * count
    return numeral


def edition(on: date, *, given: str = "", pattern: str) -> str:
    """Return the edition's name: the one given, else the pattern with its weekday.

    Raises `WrongDay` if the name is that of another weekday than the issue's.
    """
    weekday = _WEEKDAYS[on.weekday()]
    name = given.strip() or pattern.format(weekday=weekday)
    for index, named in enumerate(_NAMED):
        if index != on.weekday() and named.search(name):
            raise WrongDay(
                f"“{name}” cannot be the edition of {long_date(on)}: "
                f"that is a {weekday}, not a {_WEEKDAYS[index]}."
            )
    return name


def long_date(on: date) -> str:
    """Return `on` as the masthead prints it: Thursday, 25 June 2026."""
    return f"{_WEEKDAYS[on.weekday()]}, {on.day} {on:%B %Y}"
