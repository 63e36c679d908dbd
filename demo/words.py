"""Words that depend on the hour: the demo's copy never goes stale.

Content names no date. `{T-92}` is the clock 92 minutes before an anchor, `{D}` the
weekday (`{D-1}` the day before), `{DATE+7}` a date a week on, such as "30 November".
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_TOKEN = re.compile(r"\{(T|D|DATE)([+-]\d+)?\}")

_DAYS = {
    "fr": ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
}


def dated(text: str, *, anchor: datetime, day: datetime, language: str = "en") -> str:
    """Replace the tokens of `text`; clocks count from `anchor`, days from `day` (UTC)."""

    def word(match: re.Match[str]) -> str:
        kind, shift = match[1], int(match[2] or 0)
        if kind == "T":
            return f"{anchor + timedelta(minutes=shift):%H:%M}"
        then = day + timedelta(days=shift)
        if kind == "DATE":
            return f"{then:%-d %B}"
        names = _DAYS.get(language)
        return names[then.weekday()] if names else f"{then:%A}"

    return _TOKEN.sub(word, text)
