"""Six clocks, each with the name its zone has at that instant."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

ZONES = (
    ("UTC", "UTC"),
    ("America/New_York", "New York"),
    ("Europe/London", "London"),
    ("Europe/Berlin", "Frankfurt"),
    ("Asia/Tokyo", "Tokyo"),
    ("Asia/Hong_Kong", "Hong Kong"),
)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldClock:
    """One city's time at one instant."""

    zone: str  # key in the tz database
    city: str
    local: datetime  # with the zone's own offset
    day: str  # "Fri" where it is not the day it is in UTC, else empty
    changes_at: datetime | None  # the next clock change, if within a day
    next_name: str  # the zone's name from then on

    @property
    def name(self) -> str:
        """What the tz database calls the zone at this instant: "BST", not "GMT"."""
        return self.local.tzname() or self.zone

    @property
    def text(self) -> str:
        return f"{self.local:%H:%M}"


def world_clocks(now: datetime) -> list[WorldClock]:
    """The paper's clocks at `now`, from UTC eastwards as the reader expects them."""
    return [_clock(zone, city, now.astimezone(UTC)) for zone, city in ZONES]


def clocks_html(now: datetime) -> SafeString:
    """The clocks as the list every page shows."""
    rows = format_html_join(
        "\n",
        '<li><world-clock zone="{}" name="{}"{}><abbr title="{}">{}</abbr> '
        '<time datetime="{}">{}</time><span class="clock-day">{}</span>'
        "</world-clock></li>",
        (
            (
                clock.zone,
                clock.name,
                _change_attributes(clock),
                clock.city,
                clock.name,
                clock.local.isoformat(timespec="minutes"),
                clock.text,
                clock.day and f" {clock.day}",
            )
            for clock in world_clocks(now)
        ),
    )
    return format_html(
        '<ul class="world-clocks" aria-label="World clocks" data-now="{}">{}</ul>',
        now.astimezone(UTC).isoformat(timespec="seconds"),
        rows,
    )


def _clock(zone: str, city: str, now: datetime) -> WorldClock:
    info = ZoneInfo(zone)
    local = now.astimezone(info)
    changes_at = _next_change(info, now)
    return WorldClock(
        zone=zone,
        city=city,
        local=local,
        day="" if local.date() == now.date() else f"{local:%a}",
        changes_at=changes_at,
        next_name=(changes_at.astimezone(info).tzname() or "") if changes_at else "",
    )


def _next_change(info: ZoneInfo, now: datetime) -> datetime | None:
    """The instant within a day at which the zone's offset changes, to the second."""
    before = now.astimezone(info).utcoffset()
    low, high = now.replace(microsecond=0), now + DAY
    if high.astimezone(info).utcoffset() == before:
        return None
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        if middle.astimezone(info).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def _change_attributes(clock: WorldClock) -> SafeString:
    if clock.changes_at is None:
        return SafeString("")
    return format_html(
        ' changes-at="{}" next-name="{}"',
        clock.changes_at.isoformat(timespec="seconds"),
        clock.next_name,
    )
