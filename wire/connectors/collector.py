"""Entries of one document, read one by one, so that a bad one costs only itself."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from lxml import etree

from wire.connectors.text_fields import oldest_first_among_versions
from wire.connectors.xml_names import name

from . import dates
from .base import MAX_POSTS, MAX_RAW, Batch, Post, Rejected, Written

# What reading one entry may raise when the entry, not the reader, is at fault.
FAULTS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError,
          RecursionError, UnicodeError, etree.LxmlError)  # fmt: skip


# Given an entry, how it was written and its place in the document.
Reader = Callable[[etree._Element, Written, str], Post]


class Collector:
    """Gathers the posts of one document, and what went wrong with the others."""

    def __init__(self, warnings: Sequence[str] = ()) -> None:
        self.posts: list[Post] = []
        self.rejected: list[Rejected] = []
        self.warnings = list(warnings)
        self._place = 0

    def add(self, entry: etree._Element, read: Reader) -> None:
        """Read one entry; keep its bytes with the reason if it cannot be read."""
        self._place += 1
        written, where = partial(_written, entry), f"item {self._place}"
        try:
            self.posts.append(read(entry, written, where))
        except FAULTS as fault:
            self.reject(fault, where, written)

    def reject(self, fault: Exception | str, where: str, written: Written) -> None:
        """Keep the bytes of an entry that could not be read, and the reason."""
        error = str(fault) or type(fault).__name__
        if isinstance(fault, KeyError):
            error = f"it lacks “{fault.args[0]}”"
        raw = (written if isinstance(written, bytes) else written())[:MAX_RAW]
        self.rejected.append(Rejected(error=error, where=where, raw=raw))

    def batch(self, **about: object) -> Batch:
        """Return all of it, versions of one post oldest first among themselves."""
        return Batch(
            posts=oldest_first_among_versions(self.posts),
            rejected=tuple(self.rejected),
            warnings=tuple(self.warnings),
            **about,  # type: ignore[arg-type]
        )


def _written(entry: etree._Element) -> bytes:
    return etree.tostring(entry, encoding="utf-8", with_tail=False)


def newest_end(
    entries: list[etree._Element], collect: Collector, *date_names: str
) -> list[etree._Element]:
    """Return at most `MAX_POSTS` entries, from the newer end, and say what is left."""
    left = len(entries) - MAX_POSTS
    if left <= 0:
        return entries
    collect.warnings.append(
        f"{len(entries):,} items: only the newest {MAX_POSTS:,} were read, "
        f"{left:,} were left out"
    )
    first, last = (_date(entries[end], date_names) for end in (0, -1))
    oldest_first = first is not None and last is not None and first < last
    return entries[-MAX_POSTS:] if oldest_first else entries[:MAX_POSTS]


def _date(entry: etree._Element, names: Sequence[str]) -> datetime | None:
    for child in entry:
        if name(child.tag) in names:
            return dates.parse(child.text)
    return None
