"""Write sessions.json from exchange_calendars. A tool for developers.

    python -m markets.data.generate_sessions [last year]

The library weighs 71 MB in memory, so the paper ships what it says and never imports
it. Kept are the rules (zone, usual hours) and the exceptions (holidays, other hours);
`markets.calendars.days` turns them back into sessions, and a test compares every one.
"""

import json
import sys
from datetime import date, timedelta
from pathlib import Path

import exchange_calendars

FIRST, LAST = 2020, 2030
# MIC: short name for readers, name, city, minutes of early and of late trading
EXCHANGES = {
    "XNYS": ("NYSE", "New York Stock Exchange", "New York", 330, 240),
    "XNAS": ("Nasdaq", "Nasdaq Stock Market", "New York", 330, 240),
    "XLON": ("LSE", "London Stock Exchange", "London", 0, 0),
    "XETR": ("Xetra", "Xetra", "Frankfurt", 0, 0),
    "XTKS": ("TSE", "Tokyo Stock Exchange", "Tokyo", 0, 0),
    "XHKG": ("HKEX", "Hong Kong Stock Exchange", "Hong Kong", 0, 0),
}
TARGET = Path(__file__).with_name("sessions.json")


def describe(mic: str, last: int) -> dict[str, object]:
    """The rules and exceptions of one exchange, in its local time."""
    calendar = exchange_calendars.get_calendar(
        mic, start=f"{FIRST}-01-01", end=f"{last}-12-31"
    )
    names = _holiday_names(calendar, last)
    sessions = {
        day.date(): [
            None if at is None else at.tz_convert(calendar.tz).strftime("%H:%M")
            for at in _instants(calendar, day)
        ]
        for day in calendar.sessions
    }
    usual: list[list[object]] = []
    special: dict[str, list[str | None]] = {}
    for day, hours in sessions.items():
        rule = _usual_hours(calendar, day)
        if not usual or usual[-1][1:] != rule:
            usual.append([day.isoformat(), *rule])
        if hours != rule:
            special[day.isoformat()] = hours
    holidays = {}
    day = date(FIRST, 1, 1)
    while day <= date(last, 12, 31):
        if day.weekday() < 5 and day not in sessions:
            holidays[day.isoformat()] = names.get(day, "")
        day += timedelta(days=1)
    short, name, city, pre, post = EXCHANGES[mic]
    return {
        "mic": mic,
        "short_name": short,
        "name": name,
        "city": city,
        "timezone": str(calendar.tz),
        "pre_minutes": pre,
        "post_minutes": post,
        "from": f"{FIRST}-01-01",
        "to": f"{last}-12-31",
        "hours": usual,
        "special": special,
        "holidays": holidays,
    }


def _instants(calendar, day):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    pauses = calendar.session_has_break(day)
    return (
        calendar.session_open(day),
        calendar.session_break_start(day) if pauses else None,
        calendar.session_break_end(day) if pauses else None,
        calendar.session_close(day),
    )


def _usual_hours(calendar, day: date) -> list[str | None]:  # type: ignore[no-untyped-def]  # noqa: ANN001
    def at(table: object) -> str | None:
        if table is None:
            return None
        current = [t for since, t in table if since is None or since.date() <= day]  # type: ignore[attr-defined]
        return str(current[-1].strftime("%H:%M"))

    return [
        at(calendar.open_times),
        at(calendar.break_start_times),
        at(calendar.break_end_times),
        at(calendar.close_times),
    ]


def _holiday_names(calendar, last: int) -> dict[date, str]:  # type: ignore[no-untyped-def]  # noqa: ANN001
    if calendar.regular_holidays is None:
        return {}
    named = calendar.regular_holidays.holidays(
        f"{FIRST}-01-01", f"{last}-12-31", return_name=True
    )
    return {day.date(): name.split(" (")[0] for day, name in named.items()}


def main() -> None:
    last = int(sys.argv[1]) if len(sys.argv) > 1 else LAST
    made = {
        "made_with": f"exchange_calendars {exchange_calendars.__version__}",
        "exchanges": [describe(mic, last) for mic in EXCHANGES],
    }
    TARGET.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
