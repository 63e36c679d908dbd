"""Dates as sources write them, in a dozen ways. Unreadable is None, never an error.

A future date is kept as it is: what to show is not decided here. Without a zone, or
with one nobody knows, UTC is meant.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

_MONTHS = {
    name: number
    for number, name in enumerate(
        "jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1
    )
}
_HOURS_EAST = {  # the names still seen in feeds; IST is India's, as in most of them
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8,
    "PDT": -7, "AST": -4, "ADT": -3, "NST": -3.5, "NDT": -2.5, "AKST": -9, "AKDT": -8,
    "HST": -10, "BST": 1, "WEST": 1, "CET": 1, "CEST": 2, "MET": 1, "MEST": 2, "EET": 2,
    "EEST": 3, "MSK": 3, "MSD": 4, "IST": 5.5, "HKT": 8, "SGT": 8, "JST": 9, "KST": 9,
    "AWST": 8, "ACST": 9.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
}  # fmt: skip
_TIME = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
)
_ZONE = r"\s*\(?(?P<zone>[A-Za-z]+(?=\s|\)|\Z)|(?:GMT|UTC)?[+-]\d\d?(?::?\d\d)?|)\)?.*"
_SHAPES = [
    re.compile(shape, re.DOTALL)
    for shape in (
        # Thu, 25 Jun 2026 10:00:00 GMT (RFC 822, and what is made of it)
        r"(?:[^\W\d]+\.?,?\s*)?(?P<day>\d{1,2})[\s-]+(?P<month>[A-Za-z]{3})[a-z]*\.?,?"
        rf"[\s-]+(?P<year>\d{{4}}|\d\d)(?:(?:,|T|\s|at)*{_TIME})?{_ZONE}\Z",
        # Thursday, June 25, 2026 10:00 AM
        r"(?:[A-Za-z]+,?\s+)?(?P<month>[A-Za-z]{3})[a-z]*\.?\s+(?P<day>\d{1,2}),?\s+"
        rf"(?P<year>\d{{4}})(?:(?:,|\s|at)*{_TIME})?{_ZONE}\Z",
        # Thu Jun 25 10:00:00 2026 (asctime)
        r"[A-Za-z]{3}\s+(?P<month>[A-Za-z]{3})\s+(?P<day>\d{1,2})\s+"
        rf"{_TIME}(?P<zone>(?:\s+[A-Z]+)?)\s+(?P<year>\d{{4}})\Z",
        # 2026-06-25T10:00:00Z, and shorter or looser than ISO 8601 has it
        r"(?P<year>\d{4})(?:[-/](?P<month>\d\d?)(?:[-/](?P<day>\d\d?))?)?"
        rf"(?:(?:T|t|\s)+{_TIME})?{_ZONE}\Z",
    )
]
_USUAL = re.compile(  # Thu, 25 Jun 2026 10:00:00 GMT, to the letter
    r"[A-Z][a-z]{2}, (\d\d?) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) "
    r"(?:(?:GMT|UT|UTC|Z)|([+-])(\d\d)(\d\d))\Z"
)
_EPOCH = re.compile(r"\d{10}(?:\d{3})?\Z")
_OFFSET = re.compile(r"(?:GMT|UTC)?([+-])(\d\d?):?(\d\d)?\Z")
LONGEST = 100  # characters of a date worth reading


def parse(text: str | None) -> datetime | None:
    """Return the instant `text` names, in UTC, or None where it names none."""
    if not text:
        return None
    text = text.strip()
    if not text or len(text) > LONGEST:
        return None
    try:
        return _usual(text) or _iso(text) or _read(text)
    except (ValueError, OverflowError):  # 31 February, hour 25, offset +9900
        return None


def _usual(text: str) -> datetime | None:
    match = _USUAL.match(text)
    if match is None:
        return None
    day, month, year, hour, minute, second, sign, east, more = match.groups()
    if hour == "24" or second == "60" or (east or "") > "23":
        return None  # the slow way knows these, or knows that there are none
    at = datetime(
        int(year), _MONTHS.get(month.lower(), 0), int(day),
        int(hour), int(minute), int(second), tzinfo=UTC,
    )  # fmt: skip
    if sign is None:
        return at
    offset = timedelta(hours=int(east), minutes=int(more))
    return at + offset if sign == "-" else at - offset


def _read(text: str) -> datetime | None:
    if _EPOCH.match(text):
        return datetime.fromtimestamp(int(text[:10]), UTC)
    for shape in _SHAPES:
        match = shape.match(text)
        if match:
            return _instant(match.groupdict())
    return None


def _iso(text: str) -> datetime | None:
    if text[4:5] != "-":
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _instant(part: dict[str, str | None]) -> datetime:
    month = part["month"] or "1"
    number = int(month) if month.isdigit() else _MONTHS.get(month.lower(), 0)
    year = int(part["year"] or 0)
    if year < 100:  # RFC 2822: 00 to 49 are of this century
        year += 2000 if year < 50 else 1900
    hour, minute, second = (int(part[key] or 0) for key in ("hour", "minute", "second"))
    half = (part["half"] or "").lower()
    if half:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    # 24:00 and a leap second are moments of the next day or minute.
    over = timedelta(days=hour == 24 and not minute, seconds=second == 60)
    at = datetime(
        year, number, int(part["day"] or 1), 0 if over.days else hour, minute,
        min(second, 59) if over.seconds else second, tzinfo=_zone(part["zone"] or ""),
    )  # fmt: skip
    return (at + over).astimezone(UTC)


def _zone(name: str) -> timezone:
    name = name.strip().upper()
    offset = _OFFSET.match(name)
    if offset is None:
        return timezone(timedelta(hours=_HOURS_EAST.get(name, 0)))
    sign, hours, minutes = offset.groups()
    east = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return timezone(-east if sign == "-" else east)
