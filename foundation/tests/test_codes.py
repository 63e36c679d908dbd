"""What a person may type into a field of a standard, and what is said otherwise."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError

from foundation import codes, zones


@pytest.mark.parametrize(
    ("judge", "right", "wrong", "words"),
    [
        (codes.time_zone, ["UTC", "America/New_York", "Asia/Kolkata"],
         ["Mars/Olympus", "Europe", "europe/london", "../etc/passwd", ""],
         "such as Europe/London"),
        (codes.currency, ["USD", "EUR", "JPY"], ["usd", "US", "$", "ZZZ", "GBp"], "USD"),
        (codes.country, ["GB", "XK", "TW"], ["UK", "EU", "gb", "ZZ", "1A"], "such as GB"),
        (codes.language, ["en", "pt-BR", "zh-Hans-CN", "EN-gb"],
         ["english", "e", "xx", "en_GB", "en-", "-"], "such as en"),
        (codes.mic, ["XNYS", "24EX"], ["NYSE ", "xnys", "NYS", "ÄBCD"], "such as XNYS"),
        (codes.web_address, ["https://a.example/x?y=1", "http://[::1]:8149/a"],
         ["javascript:alert(1)", "ftp://a.example/", "https://", "//a.example/",
          "http://a.example:99999/", "https://[::1", "https://a.example/\t"], "https://"),
        (codes.printed, ["NYSE", "日経", "می‌خواهم", "S&P 500"],
         ["", "   ", "\x1b[31m", "a\nb", "\u200b"], "printed"),
    ],
)  # fmt: skip
def test_a_code_is_taken_as_the_standard_has_it_and_else_refused_by_name(
    judge, right, wrong, words
):
    for value in right:
        judge(value)
    for value in wrong:
        with pytest.raises(ValidationError, match=words):
            judge(value)


def test_every_zone_of_the_list_can_be_loaded_and_no_other():
    assert zones.find("Europe/London") == ZoneInfo("Europe/London")
    assert [zones.find(name) for name in ("Mars/Olympus", "Europe", "", "/etc")] == (
        [None] * 4
    )
    assert all(zones.find(name) for name in zones.names())


def test_countries_are_those_of_the_standard_and_kosovo():
    assert len(codes.countries()) == 249 + 1


def test_a_span_is_judged_in_words_of_time():
    between = codes.Between(timedelta(seconds=15), timedelta(days=7))
    between(timedelta(minutes=2))
    with pytest.raises(ValidationError, match="400 days is not possible: use 15 sec"):
        between(timedelta(days=400))
    with pytest.raises(ValidationError, match="-5 seconds is not possible"):
        between(timedelta(seconds=-5))
