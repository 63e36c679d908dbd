"""What stands at the head of every page, computed and never typed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.conf import settings
from django.db import connection

from articles import issue_numbering
from articles.live_rule import live_sql

_FACTS = f"""
SELECT i.volume, i.number, i.edition,
       (SELECT number FROM articles_issue
         WHERE date < %(today)s ORDER BY date DESC LIMIT 1),
       GREATEST((SELECT at FROM articles_change ORDER BY id DESC LIMIT 1),
                (SELECT public_at FROM articles_article WHERE {live_sql("%(now)s")}
                  ORDER BY public_at DESC, id DESC LIMIT 1))
  FROM (VALUES (1)) AS one (row)
  LEFT JOIN articles_issue i ON i.date = %(today)s
"""  # noqa: S608  # built of constants alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Masthead:
    """The facts of the masthead, each ready to print."""

    name: str
    volume: str  # Roman
    number: int
    date: date
    long_date: str  # "Thursday, 25 June 2026"
    edition: str  # "Thursday Ed."
    updated_at: datetime | None  # the newest public change
    updated: str  # "20:19 UTC"; with the day when it was not today; "" before the first

    @property
    def line(self) -> str:
        return f"Vol. {self.volume} · No. {self.number}"


def masthead(now: datetime) -> Masthead:
    """Return the masthead at `now`, in one query; it makes no issue, it only reads.

    An article whose time has come counts as a change although nobody announced it yet.
    """
    today = issue_numbering.day(now, settings.PAPER_TIME_ZONE)
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, {"today": today, "now": now})
        volume, number, edition, last, updated_at = cursor.fetchone()
    return Masthead(
        name=settings.PAPER_NAME,
        volume=issue_numbering.roman(
            volume
            or issue_numbering.volume(today, first_year=settings.PAPER_VOLUME_ONE)
        ),
        number=number
        or issue_numbering.number(today, rule=settings.PAPER_NUMBERING, last=last or 0),
        date=today,
        long_date=issue_numbering.long_date(today),
        edition=_edition(today, edition or ""),
        updated_at=updated_at,
        updated=_updated(updated_at, now),
    )


def _edition(today: date, given: str) -> str:
    """Return the edition's name; none at all rather than that of another day."""
    for name in (given, ""):
        with suppress(issue_numbering.WrongDay):
            return issue_numbering.edition(
                today, given=name, pattern=settings.PAPER_EDITION
            )
    return ""


def _updated(at: datetime | None, now: datetime) -> str:
    if at is None:
        return ""
    at = at.astimezone(UTC)
    if at.date() == now.astimezone(UTC).date():
        return f"{at:%H:%M} UTC"
    return f"{at.day} {at:%B}, {at:%H:%M} UTC"
