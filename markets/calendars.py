"""The exchanges' calendars: from the shipped file into rows, and their overrides."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Max, Min

from foundation.notifications import MARKETS, purge
from markets.models import Exchange, Instrument, Session
from markets.models.exchange import HOURS
from markets.rerendering import redraw
from markets.trading_hours import Hours

FILE = Path(__file__).parent / "data" / "sessions.json"
SATURDAY = 5
WARN_DAYS = 120  # before a calendar ends, somebody should load a newer one


# Seventeen thousand rows: a statement an exchange, no model made for any of them.
ADD = f"""
    INSERT INTO markets_session (exchange_id, by_hand, {", ".join(HOURS)}, kind)
    SELECT %s, false, day.*
      FROM unnest(%s::date[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[],
                  %s::timestamptz[], %s::bool[], %s::text[], %s::text[]) AS day
    ON CONFLICT (exchange_id, date) DO NOTHING
"""  # noqa: S608  # built of the column names alone


@dataclass(frozen=True, slots=True)
class Expiry:
    """How long an exchange's calendar will do."""

    mic: str
    known_until: date | None  # None: no calendar at all
    days_left: int  # below zero once it is over

    @property
    def is_near(self) -> bool:
        return self.days_left < WARN_DAYS


@cache
def shipped() -> list[dict[str, object]]:
    """The calendars that come with the paper, one mapping for each exchange."""
    found: list[dict[str, object]] = json.loads(FILE.read_text("utf-8"))["exchanges"]
    return found


def days(calendar: Mapping[str, object]) -> Iterator[Hours]:
    """Turn rules and exceptions into days: every session and named weekday holiday."""
    zone = ZoneInfo(str(calendar["timezone"]))
    usual = [
        (date.fromisoformat(str(row[0])), row[1:]) for row in _rows(calendar["hours"])
    ]
    special, holidays = _table(calendar["special"]), _table(calendar["holidays"])
    day = date.fromisoformat(str(calendar["from"]))
    last = date.fromisoformat(str(calendar["to"]))
    hours = usual[0][1]
    while day <= last:
        hours = next((row for since, row in usual if since == day), hours)
        key = day.isoformat()
        if key in holidays:
            yield Hours(date=day, name=str(holidays[key]))
        elif key in special or day.weekday() < SATURDAY:
            yield _session(day, zone, special.get(key) or hours, hours)
        day += timedelta(days=1)


def load(*, replace: bool = False) -> dict[str, int]:
    """Put the shipped calendars into the database; return the days added, by exchange.

    Days already there stay as they are, or with `replace` are written anew, except
    those set by hand.
    """
    return {str(c["mic"]): _load_one(c, replace=replace) for c in shipped()}


def expiries(now: datetime) -> list[Expiry]:
    """How many days each exchange's calendar still reaches. One query."""
    rows = Exchange.objects.in_order().values_list("mic", Max("sessions__date"))
    return [
        Expiry(mic, until, (until - now.date()).days if until else -1)
        for mic, until in rows
    ]


@transaction.atomic
def override(session: Session) -> None:
    """Save a day somebody changed by hand, so that no newer calendar undoes it.

    The prices of that exchange are judged again by the new hours.
    """
    session.by_hand = True
    session.save()
    redraw(Instrument.objects.filter(exchange=session.exchange))
    purge(MARKETS)


@transaction.atomic
def _load_one(calendar: Mapping[str, object], *, replace: bool) -> int:
    exchange, _ = Exchange.objects.get_or_create(
        mic=calendar["mic"],
        defaults={
            key: calendar[key]
            for key in (
                "short_name",
                "name",
                "city",
                "timezone",
                "pre_minutes",
                "post_minutes",
            )
        },
    )
    if replace:
        exchange.sessions.filter(by_hand=False).delete()
    elif _reaches(exchange, calendar):
        return 0  # what every start but the first finds, in a millisecond
    known = set(exchange.sessions.values_list("date", flat=True))
    new = [day for day in days(calendar) if day.date not in known]
    columns = [[getattr(day, name) for day in new] for name in HOURS]
    with connection.cursor() as cursor:
        cursor.execute(ADD, [exchange.pk, *columns, [_kind(day) for day in new]])
    return len(new)


def _reaches(exchange: Exchange, calendar: Mapping[str, object]) -> bool:
    """Whether the exchange's days cover the calendar from its first to its last."""
    ends = exchange.sessions.aggregate(first=Min("date"), last=Max("date"))
    first, last = (date.fromisoformat(str(calendar[key])) for key in ("from", "to"))
    weekdays = SATURDAY - 1
    last -= timedelta(days=max(last.weekday() - weekdays, 0))
    return bool(ends["first"] and ends["first"] <= first and ends["last"] >= last)


def _kind(day: Hours) -> str:
    if day.opens_at is None:
        return Session.Kind.HOLIDAY
    return Session.Kind.SPECIAL if day.early else Session.Kind.REGULAR


def _session(
    day: date, zone: ZoneInfo, row: list[str | None], usual: list[str | None]
) -> Hours:
    opens, breaks, resumes, closes = (
        datetime.combine(day, time.fromisoformat(at), zone).astimezone(UTC)
        if at
        else None
        for at in row
    )
    early = (row[3] or "") < (usual[3] or "")
    return Hours(
        date=day,
        opens_at=opens,
        breaks_at=breaks,
        resumes_at=resumes,
        closes_at=closes,
        early=early,
        name="Early close" if early else "",
    )


def _rows(found: object) -> list[list[str | None]]:
    return found if isinstance(found, list) else []


def _table(found: object) -> dict[str, list[str | None]]:
    return found if isinstance(found, dict) else {}
