"""Whatever is typed and whatever is answered: an answer or a `FetchError`, no more."""

import contextlib

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from outgoing.errors import FetchError
from outgoing.fetched import Fetched

from .badserver import BadServer
from .behaviours import BODY, chunked, coded, sized
from .conftest import make_client

SAMPLES = [
    sized(BODY, b'ETag: "v1"', b"Cache-Control: max-age=60", b"Retry-After: 9"),
    chunked(BODY, b""),
    coded(b"gzip, br", BODY),
    b"HTTP/1.1 302 Found\r\nLocation: http://feeds.example/\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 429 Slow\r\nRetry-After: Mon, 02 Mar 2026\r\n\r\n",
]
PIECES = [
    "http://",
    "https://",
    "//",
    "@",
    ":",
    "/",
    "?",
    "#",
    "[",
    "]",
    "\\",
    "%",
    ".",
]
PIECES += [
    "feeds.example",
    "127.0.0.1",
    "::1",
    "xn--",
    "80",
    "ü",
    "。",
    "\0",
    "\n",
    " ",
]


@st.composite
def damaged(draw):
    """An answer with a few of its bytes replaced, dropped or doubled."""
    raw = bytearray(draw(st.sampled_from(SAMPLES)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(raw) - 1))
        raw[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=4))
    return bytes(raw)


@pytest.fixture(scope="module")
def parrot():
    """A server that says what it is told, whatever it is asked."""

    def say(connection, head):
        connection.read_head()
        connection.send(server.words)

    server = BadServer(only=say)
    yield server
    server.close()


@pytest.fixture(scope="module")
def asking(parrot):
    client = make_client(parrot)
    yield client
    client.close()


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(words=st.one_of(damaged(), st.binary(max_size=200)))
def test_any_answer_is_an_answer_or_a_named_error(words, parrot, asking):
    parrot.words = words
    with contextlib.suppress(FetchError):
        answer = asking.fetch(parrot.url("x"), etag='"v1"', deadline=5)
        assert isinstance(answer, Fetched)


@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.one_of(
        st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=9).map("".join)
    )
)
@example("https://xn--.example/")
@example("http://\ud800.example/")
@example("http://feeds.example/\ud800")
@example("http://[::ffff:1.2.3.4%25x]/")
def test_any_address_is_fetched_or_refused_by_name(asking, url):
    with pytest.raises(FetchError):
        asking.fetch(url, deadline=5)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(location=st.lists(st.sampled_from(PIECES), max_size=9).map("".join))
@example("http://[::1")
@example("\xff\xfe")
def test_any_redirect_is_followed_or_refused_by_name(parrot, asking, location):
    raw = location.encode("utf-8")
    parrot.words = b"HTTP/1.1 302 Found\r\nLocation: " + raw + b"\r\n\r\n"
    with pytest.raises(FetchError):
        asking.fetch(parrot.url("x"), deadline=5)
