"""Validators of fields that hold a code, an address or a span of time."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from functools import cache
from urllib.parse import urlsplit

from babel import Locale
from babel.numbers import list_currencies
from django.core.exceptions import ValidationError
from django.utils.deconstruct import deconstructible

from foundation import zones

# Two letters that CLDR has and ISO 3166-1 does not give to a country. Kosovo's XK is
# reserved for private use there, and what everybody writes.
_NO_COUNTRIES = frozenset(
    "AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ".split()  # noqa: SIM905
)
_MIC = re.compile(r"[A-Z0-9]{4}\Z")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}  # joiners and marks of direction are text
_PORTS = 65_535


@cache
def countries() -> frozenset[str]:
    """ISO 3166-1, two letters."""
    known = map(str, Locale("en").territories)
    letters = {code for code in known if len(code) == 2 and code.isalpha()}
    return frozenset(letters - _NO_COUNTRIES)


@cache
def currencies() -> frozenset[str]:
    """ISO 4217, three letters, those of the past included."""
    return frozenset(list_currencies())


@cache
def languages() -> frozenset[str]:
    """The first parts of BCP 47 tags that CLDR has a name for."""
    known = map(str, Locale("en").languages)
    return frozenset(code for code in known if "_" not in code)


def time_zone(value: str) -> None:
    """Refuse a name that is not in the tz database."""
    if value not in zones.names():
        raise _wrong(
            value, "a time zone", "a name of the tz database, such as Europe/London"
        )


def currency(value: str) -> None:
    """Refuse what is no currency of ISO 4217."""
    if value not in currencies():
        raise _wrong(value, "a currency", "a code of ISO 4217, such as USD")


def country(value: str) -> None:
    """Refuse what is no country of ISO 3166-1."""
    if value not in countries():
        raise _wrong(value, "a country", "a code of ISO 3166, such as GB")


def language(value: str) -> None:
    """Refuse what is no language tag of BCP 47."""
    first = value.partition("-")[0].lower()
    if not _LANGUAGE.match(value) or first not in languages():
        raise _wrong(value, "a language", "a tag of BCP 47, such as en or pt-BR")


def mic(value: str) -> None:
    """Refuse what cannot be a market identifier of ISO 10383."""
    if not _MIC.match(value):
        raise _wrong(
            value, "a market identifier", "four capitals or digits, such as XNYS"
        )


def web_address(value: str) -> None:
    """Refuse what cannot be fetched or linked to: other schemes, no host, no such port."""
    try:
        parts = urlsplit(value)
        right = parts.scheme in ("http", "https") and bool(parts.hostname)
        right = right and 0 < (parts.port or 80) <= _PORTS
    except ValueError:  # a port that is no number, an address that is none
        right = False
    if not right or any(c.isspace() or not c.isprintable() for c in value):
        raise _wrong(value, "a web address", "one that begins with https:// or http://")


def printed(value: str) -> None:
    """Refuse a name that shows as nothing, or holds control characters or breaks."""
    kinds = {unicodedata.category(letter) for letter in value}
    if kinds & _UNPRINTABLE or not any(kind[0] in "LNPS" for kind in kinds):
        raise ValidationError(
            "Write words that can be printed, in one line: this holds a control "
            "character, or nothing to see.",
            code="printed",
        )


def _wrong(value: str, what: str, right: str) -> ValidationError:
    shown = value if len(value) <= 60 else f"{value[:60]}…"
    return ValidationError(f"“{shown}” is not {what}: use {right}.", code="standard")


@deconstructible
class Between:
    """Refuse a span of time below `least` or above `most`, in words of time."""

    def __init__(self, least: timedelta, most: timedelta) -> None:
        self.least, self.most = least, most

    def __call__(self, value: timedelta) -> None:
        if not self.least <= value <= self.most:
            raise ValidationError(
                f"{_span(value)} is not possible: use {_span(self.least)} to "
                f"{_span(self.most)}.",
                code="between",
            )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Between):
            return NotImplemented
        return (self.least, self.most) == (other.least, other.most)

    def __hash__(self) -> int:
        return hash((self.least, self.most))


def _span(value: timedelta) -> str:
    if value.days and not value % timedelta(days=1):
        return f"{value.days:,} days"
    return f"{value.total_seconds():,.0f} seconds"
