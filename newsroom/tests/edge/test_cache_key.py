"""What a kept page is called (FAULTS P3, P4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsroom.edge.cache_key import (
    FIELDS_LIMIT,
    QUERY_LIMIT,
    Policy,
    QueryTooLarge,
    is_odd,
    key_for,
    query_for,
)

SEARCH = Policy(params=frozenset({"q", "page"}))


def test_a_parameter_the_view_did_not_ask_for_is_dropped():
    assert query_for(SEARCH, "utm_source=x&q=oil&_format=json&fbclid=1") == "q=oil"
    assert query_for(Policy(), "q=oil") == ""


def test_the_order_of_parameters_makes_no_second_page():
    assert query_for(SEARCH, "page=2&q=oil") == query_for(SEARCH, "q=oil&page=2")


def test_repeated_parameters_keep_their_order():
    assert query_for(SEARCH, "q=b&q=a") == "q=b&q=a"


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_text_in_a_kept_parameter_makes_another_parameter(word, other):
    from urllib.parse import parse_qsl, urlencode

    query = query_for(SEARCH, urlencode([("q", word), ("x", other)]))
    assert parse_qsl(query, keep_blank_values=True) == [("q", word)]


def test_the_longest_query_is_read_and_one_byte_more_is_refused():
    query_for(SEARCH, "q=" + "x" * (QUERY_LIMIT - 2))
    with pytest.raises(QueryTooLarge, match="bytes"):
        query_for(SEARCH, "q=" + "x" * (QUERY_LIMIT - 1))


def test_as_many_parameters_as_allowed_are_read_and_one_more_is_refused():
    query_for(SEARCH, "&".join(["q=1"] * FIELDS_LIMIT))
    with pytest.raises(QueryTooLarge, match="parameters"):
        query_for(SEARCH, "&".join(["q=1"] * (FIELDS_LIMIT + 1)))


def test_the_key_is_the_path_and_the_query_alone():
    assert key_for("/", "") == "/"
    assert key_for("/search/", "q=oil") == "/search/?q=oil"


@pytest.mark.parametrize(
    "path",
    [
        "//",
        "/a//b",
        "/a/../b",
        "/a/./b",
        "/a/..",
        "/a;x.css",
        "/a\\b",
        "/a\x00",
        "/a\n",
    ],
)
def test_a_second_spelling_of_a_path_is_odd(path):
    assert is_odd(path)


@pytest.mark.parametrize(
    "raw", [b"/a%2fb", b"/a%2Fb", b"/a%5cb", b"/a%00", b"/a%2e%2e/b"]
)
def test_an_escaped_separator_is_odd(raw):
    assert is_odd("/a", raw)


@pytest.mark.parametrize(
    "path", ["/", "/world/", "/world/2026/06/25/a-b/", "/topics/é/"]
)
def test_a_readers_address_is_not_odd(path):
    from urllib.parse import quote

    assert not is_odd(path, quote(path).encode())
