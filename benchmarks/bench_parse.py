"""How fast are well-formed feeds read, against feedparser and against bare lxml?

The documents are the captured feeds that need no mending and hold five entries or more
(NEWSROOM_SHARED_DATA, default ../shared/data), else our own samples. "read" is every
field of a post with its markup as sent; words and sanitised HTML are what storing an
entry needs on top. Bare lxml makes a tree and a dict of each entry's children: the
floor for anything written in Python. Best of five, in processor time of this process.
"""

import os
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import feedparser
from lxml import etree

from wire import connectors
from wire.connectors import Batch, ParseError
from wire.sanitise import clean_html

ROOT = Path(__file__).resolve().parent.parent
ENTRIES = ("item", "{http://www.w3.org/2005/Atom}entry",
           "{http://purl.org/rss/1.0/}item")  # fmt: skip
ROUNDS = 5


def documents() -> list[tuple[bytes, Batch]]:
    """Return well-formed XML feeds with what they hold."""
    default = ROOT.parent / "shared" / "data"
    shared = Path(os.environ.get("NEWSROOM_SHARED_DATA") or default)
    folder, least = shared / "feeds" / "captured", 5
    if not folder.is_dir():
        print(f"No captured feeds at {folder}: measured on our own samples.")
        folder, least = ROOT / "wire" / "tests" / "samples", 1
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix not in (".xml", ".rss", ".atom", ".rdf"):
            continue
        raw = path.read_bytes()
        try:
            batch = connectors.read(raw)
        except ParseError:
            continue
        plain_xml = raw[:3] != b"\x1f\x8b\x08"
        if plain_xml and not batch.warnings and len(batch.posts) >= least:
            found.append((raw, batch))
    return found


def bare(raw: bytes) -> None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError:  # a blank before the declaration, an odd encoding
        return
    [{child.tag: child.text for child in entry} for entry in root.iter(*ENTRIES)]


def words(raw: bytes, format: str) -> None:
    for post in connectors.read(raw, format=format).posts:
        post.words()


def all_told(raw: bytes, format: str) -> None:
    for post in connectors.read(raw, format=format).posts:
        post.words()
        clean_html(post.html)


def rate(entries: int, work: Callable[[], object]) -> float:
    """Return entries a second, the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return entries / best


def main() -> None:
    found = documents()
    entries = sum(len(batch.posts) for _, batch in found)
    size = sum(len(raw) for raw, _ in found)
    print(f"{len(found)} feeds, {entries} entries, {size / 1e6:.1f} MB")

    def each(work: Callable[..., object], *, told: bool = False) -> float:
        def once() -> None:
            for raw, batch in found:
                work(raw, batch.format) if told else work(raw)

        return rate(entries, once)

    rows = [
        ("feedparser", each(lambda raw: feedparser.parse(BytesIO(raw)))),
        (
            "feedparser, not sanitising",
            each(lambda raw: feedparser.parse(BytesIO(raw), sanitize_html=False)),
        ),
        ("ours, read", each(lambda r, f: connectors.read(r, format=f), told=True)),
        ("ours, read, words", each(words, told=True)),
        ("ours, read, words, sanitised", each(all_told, told=True)),
        ("bare lxml", each(bare)),
    ]
    print(f"{'':30} entries/s   × feedparser")
    for name, speed in rows:
        print(f"{name:30} {speed:9,.0f} {speed / rows[0][1]:13.1f}")


if __name__ == "__main__":
    main()
