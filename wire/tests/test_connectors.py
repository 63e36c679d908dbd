"""Every sample beside its expectation; what connectors promise one and all.

A pair is `samples/<format>/<name>.<ending>` and `<name>.expected.json`. After a change
that is meant, write the expectations anew and read the difference:

    python -m wire.tests.test_connectors
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire import connectors
from wire.connectors import PARSERS, Batch, Origin, dates, text_fields
from wire.connectors.base import Post
from wire.connectors.encoding import decode
from wire.connectors.language import by_script, tag
from wire.connectors.links import absolute

SAMPLES = Path(__file__).parent / "samples"
PAIRS = sorted(p for p in SAMPLES.glob("*/*") if not p.name.endswith(".expected.json"))
HERE = Origin(url="https://harbour.example/feed")


def said(batch: Batch) -> dict:
    """All that a batch says, as JSON."""
    return {
        "format": batch.format,
        "title": batch.title,
        "home_url": batch.home_url,
        "language": batch.language,
        "poll_seconds": batch.poll_seconds,
        "hub": batch.hub,
        "next_page": batch.next_page,
        "warnings": list(batch.warnings),
        "items": [
            connectors.as_json(post)
            | {
                "html": post.html,
                "summary": post.summary,
                "tags": list(post.tags),
                "views": post.views,
                "edited": post.edited,
                "where": post.where,
            }
            for post in batch.posts
        ],
        "rejected": [
            {"error": r.error, "where": r.where, "raw": r.raw.decode()}
            for r in batch.rejected
        ],
    }


def expectation(sample: Path) -> Path:
    return sample.with_name(sample.stem + ".expected.json")


@pytest.mark.parametrize("sample", PAIRS, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_a_sample_is_read_as_it_says_beside_it(sample):
    batch = connectors.read(sample.read_bytes(), origin=HERE)
    assert said(batch) == json.loads(expectation(sample).read_text())
    assert batch.format == sample.parent.name


@pytest.mark.parametrize("sample", PAIRS, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_the_format_is_found_without_being_told(sample):
    raw = sample.read_bytes()
    found = connectors.read(raw, origin=HERE)
    told = connectors.read(raw, format=sample.parent.name, origin=HERE)
    assert said(found) == said(told)


def test_every_format_has_a_sample_and_a_label():
    assert {sample.parent.name for sample in PAIRS} == set(PARSERS)
    assert [key for key, _ in connectors.choices()] == list(PARSERS)


def test_the_fields_of_wire_read_are_the_contract():
    assert list(connectors.as_json(Post(external_id="1"))) == [
        "external_id", "version", "status", "kind", "headline", "text", "url", "author",
        "source_time", "language", "repost_of", "reply_to", "media",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("Mon, 02 Mar 2026 09:00:00 GMT", "2026-03-02T09:00:00Z"),
        ("Mon, 2 Mar 2026 09:00:00 -0500", "2026-03-02T14:00:00Z"),
        ("2 Mar 26 09:00 CET", "2026-03-02T08:00:00Z"),
        ("2026-03-02 09:00:00.123 +05:30", "2026-03-02T03:30:00Z"),
        ("2026-03", "2026-03-01T00:00:00Z"),
        ("2026-03-02T09:00:00", "2026-03-02T09:00:00Z"),
        ("Mon Mar  2 09:00:00 2026", "2026-03-02T09:00:00Z"),
        ("March 2, 2026 9:05 pm", "2026-03-02T21:05:00Z"),
        ("Sat, 31 Dec 2016 23:59:60 GMT", "2017-01-01T00:00:00Z"),
        ("02 Mar 2026 09:00:00 (GMT)", "2026-03-02T09:00:00Z"),
        ("Mon, 02 Mar 2026 09:00:00 Narnia", "2026-03-02T09:00:00Z"),
        ("", None),
        ("tomorrow", None),
        ("Mon, 02 Foo 2026 09:00:00 GMT", None),
        ("Mon, 02 Mar 2026 09:00:00 +9900", None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_dates_are_read_in_every_common_shape(text, at):
    found = dates.parse(text)
    assert (found and found.isoformat().replace("+00:00", "Z")) == at


@given(st.text(max_size=40) | st.from_regex(r"[0-9TZ:+./ -]{1,30}", fullmatch=True))
def test_no_date_is_an_error(text):
    found = dates.parse(text)
    assert found is None or found.utcoffset() == timedelta(0)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2999, 1, 1)))  # noqa: DTZ001
def test_a_date_survives_the_ways_feeds_write_it(at):
    at = at.replace(tzinfo=UTC, microsecond=0)
    assert dates.parse(at.isoformat()) == at
    assert dates.parse(at.strftime("%a, %d %b %Y %H:%M:%S GMT")) == at
    assert dates.parse(at.strftime("%d %B %Y %H:%M:%S +0000")) == at


@pytest.mark.parametrize(
    ("raw", "header", "text"),
    [
        ("é".encode(), "", "é"),
        ("é".encode("latin-1"), "", "é"),
        ("é".encode(), "text/xml; charset=iso-8859-1", "é"),
        ("“”".encode("cp1252"), "text/xml; charset=ISO-8859-1", "“”"),
        ("й".encode("koi8-r"), "text/xml; charset=koi8-r", "й"),
        (b"<?xml encoding='windows-1251'?>" + "й".encode("cp1251"), "", None),
        ("é".encode("utf-16"), "", "é"),
        ("<é>".encode("utf-16-le"), "", "<é>"),
        (b"ok \xff \xe2\x82\xac", "", "ok ÿ €"),
        (b"+ADw-script+AD4-", "text/html; charset=utf-7", "+ADw-script+AD4-"),
        (b"x", "text/html; charset=no-such-thing", "x"),
    ],
)
def test_bytes_are_read_in_the_encoding_they_are_in(raw, header, text):
    expected = text or "<?xml encoding='windows-1251'?>й"
    assert decode(raw, header) == expected


@pytest.mark.parametrize(
    ("url", "base", "found"),
    [
        ("https://a.example/x", "", "https://a.example/x"),
        ("/x", "https://a.example/y/", "https://a.example/x"),
        ("/x", "", ""),
        ("//a.example/x", "", "https://a.example/x"),
        ("javascript:alert(1)", "https://a.example/", ""),
        ("data:text/html,x", "https://a.example/", ""),
        ("ftp://a.example/", "", ""),
        ("http://[", "https://a.example/", ""),
        ("https:///x", "", ""),
        (" https://a.example/a b\n ", "", "https://a.example/a%20b"),
        ("https://a.example/" + "x" * 3_000, "", ""),
        (None, "https://a.example/", ""),
    ],
)
def test_only_addresses_that_can_be_opened_are_kept(url, base, found):
    assert absolute(url, base) == found


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Паром снова открыли", "ru"),
        ("Пором знову ходить, її відкрили", "uk"),
        ("העבורת שבה", "he"),
        ("渡し船が戻る", "ja"),
        ("渡轮恢复航行", "zh"),
        ("رئیس‌جمهور گفت", "fa"),
        ("قال الرئيس", "ar"),
        ("Le bac — déjà là", ""),
        ("The ferry", ""),
    ],
)
def test_a_script_gives_away_only_what_it_can(text, language):
    assert by_script(text) == language


def test_a_declared_language_is_taken_if_it_is_one():
    assert [tag(t) for t in ("en-GB", "pt_BR", "English", "", "x" * 50)] == [
        "en-gb", "pt-br", "", "", "",
    ]  # fmt: skip


TIMES = [None, *(datetime(2026, 3, 2, hour, tzinfo=UTC) for hour in range(3))]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(TIMES)), max_size=8))
def test_versions_of_one_post_stand_oldest_first_and_none_is_lost(given_):
    posts = [
        Post(external_id=key, source_time=at, where=str(n))
        for n, (key, at) in enumerate(given_)
    ]
    ordered = text_fields.oldest_first_among_versions(posts)
    assert sorted(p.where for p in ordered) == sorted(p.where for p in posts)
    assert [p.external_id for p in ordered] == [p.external_id for p in posts]
    for key in "ab":
        times = [p.source_time for p in ordered if p.external_id == key]
        if all(times):
            assert times == sorted(times)


def test_an_id_too_long_to_keep_is_known_by_its_hash():
    long = "https://a.example/" + "x" * 600
    assert text_fields.identity(long, "") == text_fields.identity(long, "")
    assert len(text_fields.identity(long, "")) < 100
    with pytest.raises(ValueError, match="neither id, link"):
        text_fields.identity("", "", "", None)


if __name__ == "__main__":
    for path in PAIRS:
        told = said(connectors.read(path.read_bytes(), origin=HERE))
        text = json.dumps(told, indent=2, ensure_ascii=False) + "\n"
        expectation(path).write_text(text)
        sys.stdout.write(f"{expectation(path)}\n")
