"""Reading the headers of an answer (W10, W11)."""

from datetime import UTC, datetime, timedelta

import pytest

from outgoing import fetched

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("120", timedelta(seconds=120)),
        (" 3600 ", HOUR),
        ("60", MINUTE),
        ("59", MINUTE),
        ("0", MINUTE),
        ("-5", MINUTE),
        ("-99999999999999999999", MINUTE),
        ("+90", timedelta(seconds=90)),
        ("90.7", timedelta(seconds=90)),
        ("86400", DAY),
        ("86401", DAY),
        ("315360000", DAY),  # ten years
        ("9" * 5000, DAY),
        ("Mon, 02 Mar 2026 10:00:00 GMT", HOUR),
        ("Mon, 02 Mar 2026 11:00:00 +0100", HOUR),
        ("Mon, 02 Mar 2026 10:00:00 -0000", HOUR),
        ("Monday, 02-Mar-26 10:00:00 GMT", HOUR),
        ("Mon, 02 Mar 2026 08:00:00 GMT", MINUTE),
        ("Thu, 01 Jan 1970 00:00:00 GMT", MINUTE),
        ("Sat, 02 Mar 2036 09:00:00 GMT", DAY),
        ("", None),
        ("soon", None),
        ("1e3", None),
        ("1 hour", None),
        ("٣٠٠", None),
        ("Mon, 99 Zog 2026 10:00:00 GMT", None),
        ("\0", None),
    ],
)
def test_retry_after_is_read_and_kept_between_a_minute_and_a_day(value, wait):
    assert fetched.retry_after(value, now=NINE) == wait


@pytest.mark.parametrize(
    ("headers", "age"),
    [
        ({}, None),
        ({"cache-control": "max-age=300"}, timedelta(seconds=300)),
        ({"cache-control": "public, MAX-AGE = 300"}, timedelta(seconds=300)),
        ({"cache-control": 'max-age="60"'}, MINUTE),
        ({"cache-control": "max-age=0"}, timedelta(0)),
        ({"cache-control": "max-age=999999999"}, DAY),
        ({"cache-control": "max-age=" + "9" * 5000}, DAY),
        ({"cache-control": "max-age=-1"}, None),
        ({"cache-control": "no-store, max-age=300"}, timedelta(0)),
        ({"cache-control": "No-Cache"}, timedelta(0)),
        ({"cache-control": "s-maxage=300"}, None),
        (
            {
                "date": "Mon, 02 Mar 2026 09:00:00 GMT",
                "expires": "Mon, 02 Mar 2026 10:00:00 GMT",
            },
            HOUR,
        ),
        (
            {
                "date": "Mon, 02 Mar 2026 09:00:00 GMT",
                "expires": "Thu, 01 Jan 1970 00:00:00 GMT",
            },
            timedelta(0),
        ),
        ({"date": "Mon, 02 Mar 2026 09:00:00 GMT", "expires": "0"}, None),
        ({"expires": "Mon, 02 Mar 2026 10:00:00 GMT"}, None),
    ],
)
def test_how_long_an_answer_is_fresh_by_its_own_word(headers, age):
    assert fetched.max_age(headers) == age


@pytest.mark.parametrize(
    ("value", "back"),
    [
        ('"abc"', '"abc"'),
        ('W/"abc"', 'W/"abc"'),
        ("unquoted", "unquoted"),
        ("", ""),
        ('"a"\r\nX: y', ""),
        ('"é"', ""),
        ("\0", ""),
        ("x" * 1024, "x" * 1024),
        ("x" * 1025, ""),
    ],
)
def test_only_a_safe_validator_is_sent_back(value, back):
    assert fetched.validator(value) == back


@pytest.mark.parametrize(
    ("value", "kind", "charset"),
    [
        ("", "", ""),
        ("Text/HTML", "text/html", ""),
        ("text/xml; charset=ISO-8859-1", "text/xml", "iso-8859-1"),
        ("text/xml;q=1; Charset = 'utf-8'", "text/xml", "utf-8"),
        ('application/rss+xml;charset="UTF-8"', "application/rss+xml", "utf-8"),
        ("x" * 500, "x" * 100, ""),
    ],
)
def test_a_content_type_is_split(value, kind, charset):
    assert fetched.content_type(value) == (kind, charset)


def test_of_two_headers_of_one_name_the_first_wins_but_in_lists():
    raw = [
        (b"ETag", b'"one"'),
        (b"etag", b'"two"'),
        (b"Link", b"<a>; rel=hub"),
        (b"LINK", b"<b>; rel=self"),
    ]
    headers = fetched.read_headers(raw)
    assert headers == {"etag": '"one"', "link": "<a>; rel=hub, <b>; rel=self"}


def test_only_a_few_headers_are_kept_and_none_is_long():
    headers = {"set-cookie": "a=b", "x-internal": "1", "link": "l" * 9999}
    assert fetched.kept(headers) == {"link": "l" * fetched.MAX_HEADER}
