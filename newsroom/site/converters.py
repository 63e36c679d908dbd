"""The parts of our addresses that are days; a day that never was is no address."""

from datetime import date, datetime


class Day:
    """2026-06-25"""

    regex = r"\d{4}-\d{2}-\d{2}"
    form = "%Y-%m-%d"

    def to_python(self, value: str) -> date:
        """Raises `ValueError`, which is "no such address", for the 30th of February."""
        return datetime.strptime(value, self.form).date()  # noqa: DTZ007  # a day

    def to_url(self, value: date) -> str:
        return value.strftime(self.form)


class DayPath(Day):
    """2026/06/25"""

    regex = r"\d{4}/\d{2}/\d{2}"
    form = "%Y/%m/%d"


class Month(Day):
    """2026-06, as its first day"""

    regex = r"\d{4}-\d{2}"
    form = "%Y-%m"
