"""Posts between two polls that the newest page no longer shows.

A page names the one with older posts. Pages are followed back until one touches what is
known; what cannot be had is said, never left out in silence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from wire.ingest import Page
from wire.models import Item, Source
from wire.normalise import identity

MOST_PAGES = 10  # followed back in one poll; of a Telegram channel, some 200 posts
MOST_SECONDS = 60.0  # for all of them
LOOK_AT = 500  # of the newest items, to tell where a gap begins

_NUMBERED = re.compile(r"(.+/)(\d{1,18})")


@dataclass(frozen=True, slots=True)
class Step:
    """Where to go on from here: to `url`, or nowhere because of `why`, or all is known."""

    url: str = ""
    why: str = ""


def next_step(source: Source, pages: Sequence[Page], *, seconds: float) -> Step:
    """Say whether older posts are missing, and where they are.

    `pages` are what was read so far, newest first, within `seconds`. A source that was
    never heard before is not walked back: its past is not our gap.
    """
    oldest = pages[-1]
    older = oldest.batch.next_page
    if source.last_success_at is None or not oldest.batch.posts or not older:
        return Step()
    if _touches_known(source, oldest):
        return Step()
    if not _is_new(pages):
        return Step(why="the page before shows the same posts again")
    if not on_own_host(pages, older):
        return Step(why="the page before is on another host")
    if len(pages) > MOST_PAGES:
        return Step(why=f"more than {MOST_PAGES} pages were not followed back")
    if seconds > MOST_SECONDS:
        return Step(why=f"the pages before took longer than {MOST_SECONDS:.0f} s")
    return Step(url=older)


def on_own_host(pages: Sequence[Page], url: str) -> bool:
    """Whether `url` is on the host the first page came from."""
    here = urlsplit(pages[0].fetched.url).netloc
    return urlsplit(url).netloc.lower() == here.lower()


def words(source: Source, pages: Sequence[Page], why: str) -> str:
    """Name the posts between what is known and the oldest page, and why they are missing.

    Empty where the source's own numbers show that none is.
    """
    numbered = [
        found
        for page in pages
        for post in page.batch.posts
        if (found := _NUMBERED.fullmatch(post.external_id))
    ]
    if numbered:
        channel = numbered[0][1]
        first = min(int(found[2]) for found in numbered if found[1] == channel)
        last = _last_known(source, channel, first)
        if last is not None:
            return _numbers(last + 1, first - 1, why)
    times = [at for page in pages for at in _times(page)]
    until = f" {min(times):%Y-%m-%d %H:%M}" if times else " the oldest on the page"
    since = source.newest_item_at
    after = f" after {since.astimezone(UTC):%Y-%m-%d %H:%M} and" if since else ""
    return f"Posts{after} before{until} could not be fetched: {why}."


def _numbers(first: int, last: int, why: str) -> str:
    if first > last:
        return ""
    posts = f"Posts {first}–{last}" if first < last else f"Post {first}"
    return f"{posts} could not be fetched: {why}."


def _last_known(source: Source, channel: str, before: int) -> int | None:
    """Return the greatest number we have of `channel` below `before`, None without one."""
    known = Item.objects.filter(source=source, external_id__startswith=channel)
    ids = known.order_by("-pk").values_list("external_id", flat=True)[:LOOK_AT]
    numbers = [int(f[2]) for name in ids if (f := _NUMBERED.fullmatch(name))]
    return max((number for number in numbers if number < before), default=None)


def _touches_known(source: Source, page: Page) -> bool:
    """Whether a page reaches back to what we have: by a post's identity, or by its time.

    By time, so that a source that gives all its posts new identities is not followed
    back: most of the page is older than the newest we have.
    """
    times, newest = sorted(_times(page)), source.newest_item_at
    if times and newest and times[len(times) // 2] < newest:
        return True
    ids = {identity(post.external_id) for post in page.batch.posts}
    return Item.objects.filter(source=source, external_id__in=ids).exists()


def _is_new(pages: Sequence[Page]) -> bool:
    """Whether the last page has a post that no page before it had."""
    seen = {post.external_id for page in pages[:-1] for post in page.batch.posts}
    return any(post.external_id not in seen for post in pages[-1].batch.posts)


def _times(page: Page) -> list[datetime]:
    return [post.source_time for post in page.batch.posts if post.source_time]
