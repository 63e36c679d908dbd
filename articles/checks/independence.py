"""How many stand behind what is cited: origins, publishers and posts apart. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from articles.checks.rules import EvidenceRow, Finding, finding

_SAME_HOST = {"twitter.com": "x.com", "telegram.me": "t.me", "telegram.dog": "t.me"}
_MOST_STEPS = 20  # from a repost of a repost to its root


def roots(ledger: Sequence[EvidenceRow]) -> set[str]:
    """Return what the evidence goes back to: a repost counts as the post it repeats."""
    by_url = {_place(row.url): row for row in ledger if row.url}
    return {_root(row, by_url) for row in ledger}


def _root(row: EvidenceRow, by_url: dict[str, EvidenceRow]) -> str:
    for _ in range(_MOST_STEPS):
        origin = by_url.get(_place(row.origin_url)) if row.origin_url else None
        if origin is None or origin is row:
            break
        row = origin
    if row.origin_url:
        return _place(row.origin_url)
    return row.origin_name.casefold() or row.item_id


def _place(url: str) -> str:
    """Return an address without what differs between two ways of writing it."""
    parts = urlsplit(url.lower())
    host = (parts.hostname or "").removeprefix("www.").removeprefix("mobile.")
    path = parts.path.rstrip("/").removeprefix("/s/") if host == "t.me" else parts.path
    query = f"?{parts.query}" if parts.query and host not in ("x.com", "t.me") else ""
    return f"{_SAME_HOST.get(host, host)}/{path.strip('/')}{query}"


def alone(ledger: Sequence[EvidenceRow]) -> list[Finding]:
    """Say where many posts are one witness."""
    if not ledger:
        return []
    found = []
    publishers = {row.publisher for row in ledger}
    posts = len({row.item_id for row in ledger})
    if len(publishers) == 1:
        found.append(
            finding(
                "one_publisher",
                f"Everything cited comes from {ledger[0].publisher} alone.",
            )
        )
    if posts > 1 and len(roots(ledger)) == 1:
        shown = next((row.origin_name for row in ledger if row.origin_name), "")
        whose = f", {shown}’s" if shown else ""
        found.append(
            finding(
                "one_origin",
                f"All {posts} posts cited go back to one{whose}: that is one witness.",
            )
        )
    return found
