"""Attacks and accidents: what a reader must survive, sentence by sentence."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire import connectors
from wire.connectors import PARSERS, Origin, ParseError
from wire.sanitise import clean_html

HERE = Origin(url="https://wire.example/feed")
RUBBISH = {
    "nothing": b" \n\t",
    "a web page": b"<!doctype html><html><head><title>Hi</title></head><body>x</body>",
    "noise": bytes(range(256)) * 20,
    "somebody else's JSON": b'{"error": {"message": "rate limited", "code": 429}}',
}


@pytest.fixture
def read(shared_data):
    def read_hostile(name):
        raw = (shared_data / "feeds" / "hostile" / name).read_bytes()
        return connectors.read(raw, origin=HERE)

    return read_hostile


@pytest.mark.parametrize("format", PARSERS)
@pytest.mark.parametrize("kind", RUBBISH)
def test_every_reader_refuses_rubbish_with_a_sentence(format, kind):
    with pytest.raises(ParseError, match=r"\w+ \w+ \w+"):
        connectors.read(RUBBISH[kind], format=format)


@pytest.mark.parametrize("kind", RUBBISH)
def test_rubbish_is_no_format_at_all(kind):
    with pytest.raises(ParseError):
        connectors.read(RUBBISH[kind])


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("billion-laughs-9.rss", "entity a1 is long or refers to others"),
        ("quadratic-blowup.rss", "entity a is long"),
        ("xxe-file.rss", "declares entities outside itself"),
        ("xxe-http.rss", "declares entities outside itself"),
        ("html-instead-of-feed.html", "offers one at https://wire.example/feed.xml"),
        ("empty.rss", "the document is empty"),
        ("json-error-200.json", "rate limited"),
    ],
)
def test_what_is_no_feed_is_refused_at_once_and_says_why(read, name, sentence):
    started = time.process_time()
    with pytest.raises(ParseError, match=sentence):
        read(name)
    assert time.process_time() - started < 1


def test_a_document_nested_20_000_deep_is_read_or_refused_without_a_crash(read):
    batch = read("deep-nesting-20000.rss")
    assert [post.headline for post in batch.posts] == ["deep"]
    assert "not well-formed" in batch.warnings[0]
    assert len(clean_html(batch.posts[0].html)) < 100_000


def test_of_a_document_cut_off_the_whole_items_are_kept_and_no_half_one(read):
    batch = read("truncated-mid-item.rss")
    assert [post.headline for post in batch.posts] == ["Item 1", "Item 2"]
    assert [r.raw for r in batch.rejected] == [b"<item><title>Item"]
    assert "cut off" in batch.warnings[0]


@pytest.mark.parametrize(
    ("name", "headline"),
    [
        ("declared-utf8-is-latin1.rss", "Café à Genève - no"),
        ("windows-1252-quotes.rss", "“Quoted” – it’s"),
        ("utf16le-bom.rss", "UTF-16 заголовок"),
        ("bom-and-leading-blank.rss", "Item 1"),
        ("control-characters.rss", "Bell null esc[31m vt"),
        ("surrogate-emoji-zwj.rss", "👩‍👩‍👧‍👦 🇱🇧/🇮🇷 NEW: test 🔥"),
        ("xss-in-description.rss", "<script>alert(6)</script> title"),
    ],
)
def test_headlines_survive_their_encodings(read, name, headline):
    assert [post.headline for post in read(name).posts] == [headline]


def test_posts_without_id_and_address_keep_their_identity_over_readings(read):
    first, second = read("no-guid-no-link.rss"), read("no-guid-no-link.rss")
    ids = [post.external_id for post in first.posts]
    assert len(set(ids)) == 2
    assert ids == [post.external_id for post in second.posts]


def test_two_versions_under_one_id_are_both_kept_oldest_first(read):
    batch = read("guid-reused-text-changed.rss")
    assert {post.external_id for post in batch.posts} == {"g1"}
    assert batch.posts[-1].headline == "UPDATE 1-Fire at refinery"
    assert len(batch.posts) == 2


def test_odd_dates_are_read_or_none_and_the_future_is_kept(read):
    told = {
        p.external_id: connectors.as_json(p)["source_time"]
        for p in read("dates-odd.rss").posts
    }
    assert told == {
        "g0": "2026-06-25T10:00:00Z",
        "g1": "2026-06-25T08:00:00Z",
        "g2": "2026-06-25T15:00:00Z",
        "g3": "2026-06-25T10:00:00Z",
        "g4": "2026-06-25T00:00:00Z",
        "g5": "2026-06-25T10:00:00Z",
        "g6": "2026-06-26T00:00:00Z",
        "g7": None,
        "g8": None,
        "g9": "2096-06-25T10:00:00Z",
        "g10": "1970-01-01T00:00:00Z",
        "g11": None,
    }


def test_nothing_runs_and_the_words_stay(read):
    post = read("xss-in-description.rss").posts[0]
    assert post.words() == "ok\n\nx"
    assert (
        clean_html(post.html) == '<p>ok</p><a rel="noopener noreferrer nofollow">x</a>'
    )


def test_addresses_inside_our_network_are_carried_and_not_followed(read):
    media = read("ssrf-in-enclosure.rss").posts[0].media
    assert [one.kind for one in media] == ["image", "image"]


def test_relative_links_are_completed_against_the_feeds_address(read):
    post = read("relative-links.rss").posts[0]
    assert post.url == "https://wire.example/story/1"
    assert 'href="https://wire.example/x"' in post.html
    assert post.media[0].url == "https://wire.example/img/a.jpg"


def test_wrong_types_cost_fields_and_items_but_not_the_feed(read):
    batch = read("jsonfeed-bad-types.json")
    assert [(p.external_id, p.words()) for p in batch.posts] == [
        ("1", "ok"),
        ("2", "plain"),
    ]
    assert [r.where for r in batch.rejected] == ["item 3", "item 4"]


def test_an_absurd_time_to_live_is_no_wish(read):
    assert read("ttl-absurd.rss").poll_seconds is None


def test_external_entities_of_the_attack_collection_are_never_resolved(shared_data):
    for path in (shared_data / "hostile" / "xxe").iterdir():
        for line in path.read_bytes().splitlines():
            feed = line + b"<rss version='2.0'><channel><item><title>&xxe;x</title>"
            feed += b"<guid>1</guid></item></channel></rss>"
            for raw in (line, feed, path.read_bytes()):
                try:
                    batch = connectors.read(raw, format="rss")
                except ParseError:
                    continue
                for post in batch.posts:
                    assert "root:" not in post.headline + post.html


BOMBS = {
    "nested arrays": (b"[" * 200_000, "nested too deep"),
    "not closed": (b'{"items": [', "not JSON"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_json_bomb_is_refused_whole(name):
    raw, sentence = BOMBS[name]
    with pytest.raises(ParseError, match=sentence):
        connectors.read(raw, format="jsonfeed")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("NaN", "NaN is not a JSON value"),
        ("-Infinity", "-Infinity is not a JSON value"),
        ("1e999", "a number too large"),
        ("9" * 100_000, "a number of 100,000 digits"),
        ("[" * 70 + "]" * 70, "nested deeper than 64"),
    ],
)
def test_an_item_with_an_impossible_value_costs_only_itself(value, reason):
    raw = '{"version": "https://jsonfeed.org/version/1.1", "title": "t", "items": ['
    raw += '{"id": "1", "x": ' + value + '}, {"id": "2", "content_text": "fine"}]}'
    batch = connectors.read(raw.encode())
    assert [post.external_id for post in batch.posts] == ["2"]
    assert reason in batch.rejected[0].error
    assert batch.rejected[0].raw


def test_half_characters_and_nul_are_mended_and_doubled_keys_are_said():
    raw = rb'{"version": "https://jsonfeed.org/version/1", "title": "t", "items": ['
    raw += rb'{"id": "a", "id": "b", "content_text": "x\u0000y \ud800 \ud83d\ude00"}]}'
    batch = connectors.read(raw)
    post = batch.posts[0]
    assert (post.external_id, post.text) == ("b", "xy \ufffd 😀")
    assert "keys given twice" in batch.warnings[0]
    json.dumps(connectors.as_json(post), ensure_ascii=False).encode()


def test_one_empty_item_among_a_hundred_costs_only_itself():
    items = "".join(f"<item><guid>{n}</guid></item>" for n in range(99))
    raw = f"<rss version='2.0'><channel>{items}<item/></channel></rss>".encode()
    batch = connectors.read(raw)
    assert len(batch.posts) == 99
    assert [(r.where, r.raw) for r in batch.rejected] == [("item 100", b"<item/>")]


CHANNEL = '<rss version="2.0"><channel>'
FLOODS = {
    "attributes": CHANNEL
    + "<item "
    + " ".join(f'a{n}="1"' for n in range(99_999))
    + ">",
    "namespaces": CHANNEL + "".join(f'<a{n}:b xmlns:a{n}="u"/>' for n in range(20_000)),
    "open items": CHANNEL + "<item><title>a & b" * 50_000,
    "open sections": CHANNEL + "<item><title><![CDATA[" * 99_999,
    "comments": CHANNEL + "<!--" * 300_000,
    "declarations": "<?xml " * 300_000,
    "document types": "<!DOCTYPE rss [" + "<!--" * 99_999,
    "instructions": "<?a?>" * 300_000,
    "alternate links": "<html>" + '<link rel="alternate" ' * 50_000,
    "messages": '<div class="tgme_widget_message" data-post="a/1">' * 2_000,
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_is_read_or_refused_in_seconds(name):
    started = time.process_time()
    try:
        connectors.read(FLOODS[name].encode(), origin=HERE)
    except ParseError as refusal:
        str(refusal).encode()
    assert time.process_time() - started < 15  # unguarded: minutes


@given(st.binary(max_size=400))
def test_no_bytes_crash_any_reader(raw):
    for format in PARSERS:
        try:
            connectors.read(raw, format=format)
        except ParseError as refusal:
            str(refusal).encode()


WORDS = st.text(st.characters(exclude_categories=()), max_size=40)
MARKUP = st.lists(
    st.sampled_from(
        ["<item>", "</item>", "<title>", "</title>", "<guid>a</guid>", "<link>", "&amp;",
         "<![CDATA[", "]]>", "<!--", "-->", "&nbsp;", "&#0;", "<p>", "\x00", "x", "<",
         "<?xml version='1.0' encoding='utf-7'?>", "<!DOCTYPE rss [", "<!ENTITY a 'b'>",
         "]>", "&a;", "</channel></rss>", "<content:encoded>"]
    ),
    max_size=40,
)  # fmt: skip


@given(MARKUP, WORDS)
def test_no_broken_feed_crashes_the_readers(pieces, words):
    text = "<rss version='2.0'><channel>" + "".join(pieces) + words
    raw = text.encode("utf-8", "surrogatepass")
    try:
        batch = connectors.read(raw, origin=HERE)
    except ParseError:
        return
    for post in batch.posts:
        json.dumps(connectors.as_json(post), ensure_ascii=False).encode()
        clean_html(post.html)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inside: (
        st.lists(inside, max_size=4) | st.dictionaries(WORDS, inside, max_size=4)
    ),
    max_leaves=12,
)
FIELDS = (
    "id url title content_html content_text summary date_published authors tags "
    "attachments image"
).split()
ITEM = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, JSON))


@given(st.lists(ITEM | JSON, max_size=4))
def test_no_json_feed_crashes_the_reader_and_every_item_is_accounted_for(items):
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "t",
        "items": items,
    }
    batch = connectors.read(json.dumps(document).encode(), format="jsonfeed")
    assert len(batch.posts) + len(batch.rejected) == len(items)
    for post in batch.posts:
        json.dumps(connectors.as_json(post), ensure_ascii=False).encode()
