"""Our reading of captured and third-party documents against what others make of them.

Every disagreement is named in `DISAGREEMENTS` with its reason: one that is not in the
table fails, and so does an entry of the table that no longer disagrees.
"""

import ast
import gzip
import json
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest

from wire import connectors
from wire.connectors import Batch, Origin, ParseError, dates
from wire.sanitise import clean_html, plain
from wire.tests.disagreements import DISAGREEMENTS

HERE = "https://feeds.example/dir/feed.xml"  # where the documents came from
NOT_FEEDS = ("expected.json", "_expected.json", "expectations.json", "consensus.json")


def documents(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.endswith((*NOT_FEEDS, ".md")):
            yield path


def read(path: Path) -> Batch:
    return connectors.read(path.read_bytes(), origin=Origin(url=HERE))


def levelled(text: str | None) -> str:
    """Letters and digits only: what is left when markup and entities are levelled."""
    return re.sub(r"[\W_]+", "", plain(plain(text or ""))).lower()


def faults(expected: dict, post) -> Iterator[str]:
    """Name the fields in which `post` is not what somebody else read."""
    if expected.get("title") and levelled(expected["title"]) != levelled(post.headline):
        yield "title"
    link = expected.get("link")
    if link and post.url.rstrip("/") != urljoin(HERE, link.strip()).rstrip("/"):
        yield "link"
    if expected.get("id") and expected["id"].strip() != post.external_id:
        yield "id"
    at = dates.parse(expected.get("date"))
    ours = [
        t and t.replace(microsecond=0) for t in (post.source_time, post.updated_time)
    ]
    if at and at.replace(microsecond=0) not in ours:
        yield "date"


def compare(name: str, path: Path, count: int | None, expected: list[dict]) -> set[str]:
    """Return "file: field" for each field in which we disagree with `expected`."""
    try:
        batch = read(path)
    except ParseError:
        return {f"{name}: refused"} if count or expected else set()
    found = set()
    if count is not None and len(batch.posts) + len(batch.rejected) != count:
        found.add(f"{name}: count")
    posts = [post for post in batch.posts if post.status == "usable"]
    for one, post in zip(expected, posts, strict=False):
        found |= {f"{name}: {fault}" for fault in faults(one, post)}
    if len(posts) + len(batch.rejected) < min(len(expected), count or len(expected)):
        found.add(f"{name}: missing")
    return found


def assert_only(disagreements: set[str], prefix: str) -> None:
    listed = {key for key in DISAGREEMENTS if key.startswith(prefix)}
    unlisted = "\n".join(sorted(disagreements - listed))
    assert unlisted == ""
    assert sorted(listed - disagreements) == []


def test_we_agree_with_what_two_of_three_independent_readers_say(shared_data):
    folder = shared_data / "feeds" / "captured"
    consensus = json.loads((folder / "consensus.json").read_text())["feeds"]
    assert len(consensus) > 100
    found = set()
    for name, said in consensus.items():
        key = f"consensus/{name}"
        found |= compare(
            key, folder / name, said.get("entries"), said.get("first_items", [])
        )
    assert_only(found, "consensus/")


def _rss_parser(said: dict) -> list[dict]:
    return [
        {**item, "id": item.get("guid") or item.get("id"), "date": item.get("isoDate")}
        for item in said["feed"]["items"]
    ]


def _feed_rs(said: dict) -> list[dict]:
    found = []
    for entry in said["entries"]:
        links = [e["href"] for e in entry["links"] if e["rel"] in (None, "alternate")]
        made_up = re.fullmatch(r"[0-9a-f]{28,32}|[0-9a-f-]{36}", entry["id"] or "")
        found.append(
            {
                "title": (entry["title"] or {}).get("content"),
                "link": links[0] if links else None,
                "id": None if made_up else entry["id"],
                "date": entry["published"] or entry["updated"],
            }
        )
    return found


def _fastfeedparser(said: dict) -> list[dict]:
    return [{**e, "date": e.get("published")} for e in said["entries"]]


def _gofeed(said: dict) -> list[dict]:
    found = []
    for entry in said.get("entries") or said.get("items") or []:
        links = entry.get("links") or []
        alternate = [
            e["href"]
            for e in links
            if isinstance(e, dict) and e.get("href") and e.get("rel") == "alternate"
        ]
        guid = entry.get("guid") or entry.get("id")
        found.append(
            {
                "title": entry.get("title"),
                "link": entry.get("link")
                or entry.get("url")
                or next(iter(alternate), None),
                "id": guid.get("value") if isinstance(guid, dict) else guid,
                "date": entry.get("publishedParsed") or entry.get("pubDateParsed"),
            }
        )
    return found


@pytest.mark.parametrize(
    ("folder", "items", "at_least"),
    [
        ("captured/rss-parser", _rss_parser, 14),
        ("captured/feed-rs", _feed_rs, 33),
        ("captured/fastfeedparser", _fastfeedparser, 5),
        ("spec/gofeed", _gofeed, 240),
    ],
)
def test_we_agree_with_what_their_own_tests_state(shared_data, folder, items, at_least):
    found, compared = set(), 0
    root = shared_data / "feeds" / folder
    for path in documents(root):
        for ending in (".expected.json", "_expected.json"):
            beside = path.with_name(path.stem + ending)
            if beside.exists():
                said = json.loads(beside.read_bytes().decode("utf-8", "replace"))
                expected = items(said)
                name = f"{folder}/{path.relative_to(root)}"
                found |= compare(name, path, len(expected), expected)
                compared += 1
    assert compared >= at_least
    assert_only(found, folder + "/")


EXPECT = re.compile(r"Expect:\s*(.*?)\s*(?:\n\s*\n|-->|\Z)", re.DOTALL)


def equalities(expression: str) -> Iterator[tuple[str, str]]:
    """Yield (path, literal) for each `entries[0]['title'] == 'x'` of a conjunction."""
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except SyntaxError:
        return
    parts = tree.values if isinstance(tree, ast.BoolOp) else [tree]
    for part in parts:
        if isinstance(part, ast.Compare) and isinstance(part.ops[0], ast.Eq):
            right = part.comparators[0]
            if isinstance(right, ast.Constant) and isinstance(right.value, str):
                left = re.sub(r"\.(\w+)", r"['\1']", ast.unparse(part.left))
                yield left, right.value


def said_of(batch: Batch, path: str) -> str | None:
    """Return what we say where feedparser says `path`, or None if we keep no such."""
    if path == "feed['title']":
        return batch.title
    if not path.startswith("entries[0]"):
        return None
    if not batch.posts:
        return None
    post = batch.posts[0]
    words = post.words()
    return {
        "['title']": post.headline,
        "['title_detail']['value']": post.headline,
        "['link']": post.url,
        "['id']": post.external_id,
        "['guid']": post.external_id,
        "['description']": post.summary or words,
        "['summary']": post.summary or words,
        "['content'][0]['value']": words,
    }.get(path.removeprefix("entries[0]"))


def test_we_agree_with_what_feedparsers_cases_expect(shared_data):
    root = shared_data / "feeds" / "spec" / "feedparser"
    found, compared = set(), 0
    for path in documents(root):
        head = path.read_bytes()[:4000].decode("utf-8", "replace")
        expectation = EXPECT.search(head)
        if expectation is None:
            continue
        name = f"feedparser/{path.relative_to(root)}"
        try:
            batch = connectors.read(path.read_bytes())
        except ParseError:
            if "bozo" not in expectation[1] or "entries" in expectation[1]:
                found.add(f"{name}: refused")
            continue
        for where, value in equalities(expectation[1]):
            ours = said_of(batch, where)
            if ours is None:
                continue
            compared += 1
            if levelled(value) != levelled(ours):
                found.add(f"{name}: {where}")
    assert compared > 400
    assert_only(found, "feedparser/")


def test_every_captured_and_third_party_document_is_read_or_refused_by_name(
    shared_data,
):
    counts = {"read": 0, "posts": 0, "rejected": 0}
    refused = {}
    for path in documents(shared_data / "feeds"):
        raw = path.read_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                batch = connectors.read(raw, origin=Origin(url=HERE))
            except ParseError as refusal:
                refused[path.name] = str(refusal)
                continue
        counts["read"] += 1
        counts["posts"] += len(batch.posts)
        counts["rejected"] += len(batch.rejected)
        for post in batch.posts:
            assert post.external_id
            assert len(post.external_id) <= 500
            assert post.where
            assert post.raw
            json.dumps(connectors.as_json(post)).encode()
            clean_html(post.html).encode()
        for rejected in batch.rejected:
            assert rejected.error
            assert rejected.raw
            assert rejected.where
    assert all(refused.values())
    assert counts["read"] > 2_200
    assert len(refused) < 40
    assert counts["posts"] > 2_100


def test_two_readings_of_a_document_give_the_same_identities(shared_data):
    for path in documents(shared_data / "feeds" / "captured"):
        try:
            first, second = read(path), read(path)
        except ParseError:
            continue
        assert [p.external_id for p in first.posts] == [
            p.external_id for p in second.posts
        ]


def test_the_giant_is_read_up_to_its_cap_and_says_so(shared_data):
    packed = (shared_data / "feeds/hostile/giant-20000-items.rss.gz").read_bytes()
    for raw in (packed, gzip.decompress(packed)):
        batch = connectors.read(raw)
        assert len(batch.posts) == 2_000
        assert "18,000 were left out" in batch.warnings[0]


def test_a_gzip_bomb_is_refused(shared_data):
    with pytest.raises(ParseError, match="gzip data of more than"):
        connectors.read(
            (shared_data / "feeds/hostile/gzip-bomb-200MB.rss.gz").read_bytes()
        )
