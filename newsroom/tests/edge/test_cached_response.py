"""A finished response: its encodings, its validators, and who may hold it."""

import gzip

import brotli
import pytest

from newsroom.edge.cached_response import SMALLEST_SQUEEZED, encoding_for, make_page
from newsroom.tests.edge.kit import response

LONG = b"The wire said it first. " * 100


def test_every_encoding_holds_the_same_bytes():
    page = make_page(response(LONG), max_age=60, now=0)
    assert page.variants["identity"].body == LONG
    assert gzip.decompress(page.variants["gzip"].body) == LONG
    assert brotli.decompress(page.variants["br"].body) == LONG


def test_encodings_have_strong_validators_of_their_own():
    page = make_page(response(LONG), max_age=60, now=0)
    tags = {variant.etag for variant in page.variants.values()}
    assert len(tags) == 3
    assert not any(tag.startswith(b"W/") for tag in tags)


def test_equal_bytes_made_twice_have_equal_validators_and_others_have_not():
    first, again = (make_page(response(LONG), max_age=60, now=n) for n in (0, 99))
    other = make_page(response(LONG + b"!"), max_age=60, now=0)
    assert first.etags == again.etags
    assert first.etags.isdisjoint(other.etags)


def test_what_is_too_short_or_no_text_is_not_squeezed():
    short = make_page(response(b"x" * (SMALLEST_SQUEEZED - 1)), max_age=60, now=0)
    assert short.variants["br"] is short.variants["identity"]
    picture = response(LONG)
    picture = make_page(
        type(picture)(status=200, headers=(("content-type", "image/avif"),), body=LONG),
        max_age=60,
        now=0,
    )
    assert picture.variants["gzip"].body == LONG


@pytest.mark.parametrize(
    ("accept", "encoding"),
    [
        (b"gzip, deflate, br, zstd", "br"),
        (b"gzip", "gzip"),
        (b"br;q=0, gzip;q=0.5", "gzip"),
        (b"*", "br"),
        (b"gzip;q=0, *", "br"),
        (b"*;q=0", "identity"),
        (b"identity", "identity"),
        (b"", "identity"),
        (b"br;q=rubbish", "identity"),
        (b"\xff\xfe,,;;q", "identity"),
    ],
)
def test_the_best_encoding_the_reader_allows_is_chosen(accept, encoding):
    assert encoding_for(accept) == encoding


def test_a_reader_who_holds_any_encoding_holds_the_page():
    page = make_page(response(LONG), max_age=60, now=0)
    for etag in page.etags:
        assert page.has(etag)
        assert page.has(b'"other", W/' + etag)
    assert page.has(b"*")
    assert not page.has(b'"other"')


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ([("set-cookie", "session=1")], "cookie"),
        ([("vary", "Cookie")], "varies"),
        ([("vary", "Accept-Encoding, Accept-Language")], "varies"),
        ([("cache-control", "private")], "Cache-Control"),
        ([("cache-control", "no-store")], "Cache-Control"),
    ],
)
def test_what_belongs_to_one_reader_is_not_for_keeping(headers, why):
    assert why in response(headers=headers).objection()


def test_only_what_a_public_view_made_is_for_keeping():
    assert response().objection() == ""
    assert response(allowed=False).objection()


def test_a_kept_page_is_dated_when_it_was_made_and_browsers_ask_again():
    page = make_page(response(), max_age=30, now=1_000_000_000)
    headers = dict(page.variants["identity"].asgi_start["headers"])
    assert headers[b"date"] == b"Sun, 09 Sep 2001 01:46:40 GMT"
    assert headers[b"cache-control"] == b"public, max-age=0, s-maxage=30"
    assert headers[b"vary"] == b"Accept-Encoding"


def test_no_cookie_leaves_even_on_a_page_that_is_not_kept():
    page = make_page(response(headers=[("set-cookie", "csrf=1")]), max_age=0, now=0)
    names = {name for name, _ in page.variants["identity"].asgi_start["headers"]}
    assert b"set-cookie" not in names


@pytest.mark.parametrize("status", [200, 301, 404, 410])
def test_no_cache_before_us_is_told_to_go_on_with_what_may_have_been_killed(status):
    made = make_page(response(status=status), max_age=30, now=0)
    for variant in made.variants.values():
        for start in (variant.asgi_start, variant.asgi_304):
            assert b"stale-" not in dict(start["headers"])[b"cache-control"]
