"""What untrusted text and markup may look like once it is cleaned."""

import json
import time
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wire import html_tokens
from wire.graphemes import cut, length
from wire.sanitise import _ATTRIBUTES, _TAGS, clean_html, clean_line, clean_text, plain

_NAMES = (
    "a b i p div table tr td li ul svg math style script title select option button "
    "form h1 object noscript template textarea br img pre blockquote"
).split()
PIECES = st.one_of(
    st.text(st.characters(), max_size=8),
    st.sampled_from(
        ["&amp;", "&lt;", "&#x202e;", "&nbsp;", "<!--", "-->", "<![CDATA[", "]]>"]
        + ["<", "&", "\x00", "\ud800", "//h/x", "\u202e", '<p title="', "<td x='"]
        + ["<a href='//x.y'>", "<a href=javascript:x>", "<svg><style>"]
        + [f"<{name}>" for name in _NAMES]
        + [f"</{name}>" for name in _NAMES]
    ),
)
SOUP = st.lists(PIECES, max_size=60).map("".join)


@given(SOUP)
@example("<p>a<object><p>b</p></object></p>")
def test_cleaning_markup_twice_changes_nothing_more(soup):
    once = clean_html(soup)
    assert clean_html(once) == once
    assert_harmless(once)


@given(SOUP)
def test_large_markup_is_balanced_into_markup_that_stays_as_it_is(soup):
    large = "<p>x</p>" * 300 + soup
    once = clean_html(large)
    assert clean_html(once) == once
    assert_harmless(once)


@given(st.text(st.characters()))
@example("\r\x00\n")
@example("\ud83d\ude00 \ud83d")
def test_cleaned_text_can_be_stored_and_stays_as_it_is(text):
    once = clean_text(text)
    assert clean_text(once) == once
    assert "\x00" not in once.encode().decode()
    assert "\r" not in once
    assert clean_line(clean_line(text)) == clean_line(text)
    assert "\n" not in clean_line(text)


FLOODS = {
    "deep": "<div>" * 100_000,
    "attributes": "<p " + " ".join(f"a{n}" for n in range(200_000)) + ">x",
    "unclosed tags": "<a" * 500_000,
    "unclosed quotes": '<a b="' * 160_000,
    "comments": "<!--" * 250_000,
    "scripts": "<script>" * 125_000,
    "formatting": "".join(f"<b a={n}>" for n in range(500)) + "<p>x" * 200_000,
    "entities": "&" * 1_000_000,
    "crossed": "<b><div></b>" * 80_000,
    "unmatched ends": "<div>" * 60_000 + "</span>" * 60_000,
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_of_markup_is_cleaned_in_seconds(name):
    started = time.process_time()
    once = clean_html(FLOODS[name])
    assert clean_html(once) == once
    plain(FLOODS[name])
    assert time.process_time() - started < 20  # uncapped: minutes


def test_depth_and_attributes_are_capped():
    deep = clean_html("<div>" * 5_000 + "x")
    assert deep.count("<div>") == html_tokens.MAX_DEPTH
    wide = html_tokens.balanced(
        "<p " + " ".join(f"a{n}=1" for n in range(9_999)) + ">x"
    )
    assert wide.count("=1") == html_tokens.MAX_ATTRIBUTES


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ('<p onclick="x()">ok</p><script>alert(2)</script>', "<p>ok</p>"),
        ('<a href="javascript:alert(3)">x</a>', "<a>x</a>"),
        ('<a href="&#106;avascript:alert(3)">x</a>', "<a>x</a>"),
        ('<a href="/here">x</a>', "<a>x</a>"),
        ("<img src=x onerror=alert(4)>", ""),
        ('<iframe src="//evil.example"></iframe>left', "left"),
        ("<svg><animate onbegin=alert(5)></svg>", ""),
        ("<math><mtext><style><img src=x onerror=x></style></mtext></math>", ""),
        ('<form action="//evil.example"><input name=p>q</form>', "q"),
        ("<p style='color:red' class=x id=y>t</p>", "<p>t</p>"),
        ("a\u202eb\u2066c", "abc"),
        ("a&#x202e;b", "ab"),
        ("a\x00b", "ab"),
    ],
)
def test_what_is_not_allowed_is_gone_and_the_words_stay(sent, kept):
    without_rel = clean_html(sent).replace(' rel="noopener noreferrer nofollow"', "")
    assert without_rel == kept


def test_a_link_without_scheme_becomes_https():
    assert 'href="https://host.example/a"' in clean_html(
        '<a href="//host.example/a">x</a>'
    )


def test_the_cross_site_scripting_vectors_leave_nothing_that_runs(shared_data):
    folder = shared_data / "hostile" / "xss"
    cases = json.loads((folder / "dompurify-cases.json").read_text())
    payloads = [case["payload"] for case in cases]
    payloads += (folder / "payload-lines.txt").read_text(errors="replace").splitlines()
    payloads += [file.read_text() for file in (folder / "bleach").iterdir()]
    for events in folder.glob("*event_handlers.txt"):
        payloads += [f"<p {name}=x>" for name in events.read_text().split()]
    assert len(payloads) > 500
    for payload in payloads:
        once = clean_html(payload)
        assert clean_html(once) == once, payload
        assert_harmless(once)


def test_naughty_strings_survive_as_text(shared_data):
    naughty = json.loads((shared_data / "hostile" / "naughty-strings.json").read_text())
    for text in naughty:
        kept = clean_text(text)
        assert kept == clean_text(kept)
        assert "\x00" not in kept
        assert not set(kept) & set("\u202a\u202b\u202d\u202e\u2066\u2067")


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ("<p>One</p><p>Two<br>Three</p>", "One\n\nTwo\nThree"),
        ("no tags\nkeep lines &amp; entities", "no tags\nkeep lines & entities"),
        ("a <b>bold</b>\nword", "a bold word"),
        ("<a title='x > y'>shown</a>", "shown"),
        ("<p>it's 1 < 2 and 3 > 2</p>", "it's 1 < 2 and 3 > 2"),
        ("<style>p{}</style>x<script>y</script>", "x"),
        ("<ul><li>a</li><li>b</li></ul>", "a\n\nb"),
        ("<div><div><p>x</p></div></div>", "x"),
        ("x<!-- <p>gone</p> -->y", "xy"),
        ("&lt;script&gt; shown", "<script> shown"),
    ],
)
def test_the_words_of_markup(sent, words):
    assert plain(sent) == words


@given(
    st.lists(
        st.sampled_from(
            ["🇱🇧", "🇮🇷", "👩‍👩‍👧‍👦", "👍🏽", "e\u0301", "नि", "한", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "a", " "]
        ),
        max_size=30,
    ),
    st.integers(1, 25),
)
def test_a_cut_never_splits_what_a_reader_sees_as_one_character(clusters, n):
    text = "".join(clusters)
    short = cut(text, n)
    assert length(short) <= n
    if short != text:
        kept = short.removesuffix("…")
        whole = ["".join(clusters[:count]).rstrip() for count in range(n)]
        assert kept in whole


def test_a_cut_to_nothing_is_a_mistake():
    with pytest.raises(ValueError, match="cannot cut"):
        cut("text", 0)


class _Harm(HTMLParser):
    """Collects whatever a cleaned text must not hold."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        if tag not in _TAGS:
            self.found.append(tag)
        allowed = _ATTRIBUTES["*"] | _ATTRIBUTES.get(tag, set()) | {"rel"}
        for name, value in attrs:
            if name not in allowed:
                self.found.append(f"{tag} {name}")
            scheme = "".join(value.split()).partition(":")[0]  # as browsers read it
            if name == "href" and scheme not in ("http", "https", "mailto"):
                self.found.append(value)


def assert_harmless(cleaned):
    harm = _Harm()
    harm.feed(cleaned)
    assert harm.found == [], cleaned
    assert not set(cleaned) & set("\x00\u202a\u202b\u202c\u202d\u202e\u2066\u2069")
    cleaned.encode()
