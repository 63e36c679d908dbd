"""The fictional wire: what each source has sent by a given instant.

The history is partly written by hand (content/posts/) and partly made from templates
(content/stock.toml), as is all that keeps arriving. Everything follows from the instant
at which the world began: the same start gives the same posts, ids, edits and
withdrawals, however often the servers are restarted.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any

from demo import paper
from demo.words import dated

BEFORE = 190  # posts from templates before the start
PACE_BEFORE = 680  # seconds from one to the next
PACE = 17  # seconds from one to the next after the start, more or less
REACH = 8000  # how many slots back a page of posts may look
FIRST_NUMBER = 4100  # where the numbers of each source begin, two days before the start
_SLOT = re.compile(r"\{(?:(\w+)=)?(-?\d+)\.\.(-?\d+)\}")
_NAME = re.compile(r"\{([a-z_]\w*)(!?)\}")  # with "!" in capitals
_BLOCK = 60  # slots planned together, so that a source does not repeat itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One post of one source, with all that will happen to it."""

    source: str
    key: str
    number: int  # the source's own id, growing with time
    at: datetime
    title: str
    text: str
    edit_at: datetime | None = None
    edit_title: str = ""
    edit_text: str = ""
    withdrawn_at: datetime | None = None
    reply_to: str = ""  # the key of a post of the same source
    forward_from: tuple[str, str] | None = None  # source and key
    album: int = 0  # how many pictures

    def stands(self, now: datetime) -> bool:
        """Whether its source shows it at `now`."""
        return self.at <= now and not (self.withdrawn_at and self.withdrawn_at <= now)

    def edited(self, now: datetime) -> bool:
        return self.edit_at is not None and self.edit_at <= now

    def state(self, now: datetime) -> Post:
        """The post as its source shows it at `now`."""
        if not self.edited(now):
            return self
        return replace(
            self,
            title=self.edit_title or self.title,
            text=self.edit_text or self.text,
        )

    def turns(self) -> list[datetime]:
        """The instants at which a reader of the source would see something new."""
        return [at for at in (self.at, self.edit_at, self.withdrawn_at) if at]


class World:
    """A wire that began at `start` (aware, UTC) and goes on for ever."""

    def __init__(self, start: datetime) -> None:
        self.start = start.replace(microsecond=0)
        self.sources: dict[str, dict[str, Any]] = {
            row["slug"]: row for row in paper.table("sources")["source"]
        }
        stock = paper.table("stock")
        self._lists: dict[str, list[str]] = stock["lists"]
        self._templates: dict[str, list[dict[str, Any]]] = {s: [] for s in self.sources}
        for template in stock["template"]:
            self._templates[template["source"]].append(template)
        self._written = self._read_written()
        self.plan = lru_cache(maxsize=256)(self._plan)
        self.from_stock = lru_cache(maxsize=4096)(self._from_stock)
        self._before = [
            post for n in range(-BEFORE, 0) if (post := self.from_stock(n)) is not None
        ]

    # What is asked of it

    def post(self, source: str, key: str) -> Post:
        """One post written by hand. Raises `KeyError` if there is none of that name."""
        return self._written[source, key]

    def numbered(self, source: str, number: int, now: datetime) -> Post | None:
        """The post a source's own number names at `now`, in its present state."""
        for post in self.page(source, now, limit=400):
            if post.number == number:
                return post
        return None

    def page(self, source: str, now: datetime, *, limit: int = 20) -> list[Post]:
        """What `source` shows at `now`, newest first, each post in its present state."""
        fixed = [*self._written.values(), *self._before]
        standing = [p for p in fixed if p.source == source and p.stands(now)]
        standing += islice(self._latest(source, now), limit)
        standing.sort(key=lambda post: (post.at, post.number), reverse=True)
        return [post.state(now) for post in standing[:limit]]

    def gone(self, source: str, now: datetime, *, since: datetime) -> list[Post]:
        """What `source` took back between `since` and `now`, newest first."""
        last = int((now - self.start).total_seconds()) // PACE
        recent = (
            self.from_stock(n)
            for n in range(last, max(-1, last - 3 * _BLOCK), -1)
            if self._slot(n)[0] == source
        )
        posts = [*self._written.values(), *self._before, *filter(None, recent)]
        return sorted(
            (
                post
                for post in posts
                if post.source == source
                and post.withdrawn_at
                and since < post.withdrawn_at <= now
            ),
            key=lambda post: post.number,
            reverse=True,
        )

    def history(self) -> list[Post]:
        """Everything up to the start, oldest first."""
        fixed = [*self._written.values(), *self._before]
        return sorted(
            (post for post in fixed if post.at <= self.start),
            key=lambda post: (post.at, post.source),
        )

    # How it comes about

    def _latest(self, source: str, now: datetime) -> Iterator[Post]:
        """Template posts since the start that stand at `now`, newest first."""
        last = int((now - self.start).total_seconds()) // PACE
        for n in range(last, max(-1, last - REACH), -1):
            if self._slot(n)[0] != source:
                continue
            post = self.from_stock(n)
            if post is not None and post.stands(now):
                yield post

    def _read_written(self) -> dict[tuple[str, str], Post]:
        written = {}
        for slug in self.sources:
            path = paper.CONTENT / "posts" / f"{slug}.toml"
            rows = tomllib.loads(path.read_text(encoding="utf-8"))["post"]
            for row in rows:
                written[slug, row["key"]] = self._by_hand(slug, row)
        return written

    def _by_hand(self, slug: str, row: dict[str, Any]) -> Post:
        at = self.start - timedelta(minutes=row["ago"])
        language = self.sources[slug]["language"]

        def said(name: str) -> str:
            return dated(
                row.get(name, ""), anchor=self.start, day=at, language=language
            )

        def after(name: str) -> datetime | None:
            return at + timedelta(minutes=row[name]) if name in row else None

        forward = (
            (row["forward_from"], row["forward_key"]) if "forward_from" in row else None
        )
        return Post(
            source=slug,
            key=row["key"],
            number=self._number(at, by_hand=True),
            at=at,
            title=said("title"),
            text=said("text"),
            edit_at=after("edit_after"),
            edit_title=said("edit_title"),
            edit_text=said("edit_text"),
            withdrawn_at=after("withdrawn_after"),
            reply_to=row.get("reply_to", ""),
            forward_from=forward,
            album=row.get("album", 0),
        )

    def _number(self, at: datetime, *, by_hand: bool) -> int:
        """Grow by two every ten seconds; odd for posts by hand, so that none collide."""
        ten_seconds = int((at - self.start + timedelta(days=2)).total_seconds()) // 10
        return FIRST_NUMBER + 2 * ten_seconds + by_hand

    def _dice(self, n: object) -> random.Random:
        return random.Random(f"{self.start.isoformat()} {n}")

    def _slot(self, n: int) -> tuple[str, int, int]:
        """Whose slot `n` is, the how-manieth of that source in its block, and the block."""
        block, place = divmod(n, _BLOCK)
        return (*self.plan(block)[place], block)

    def _plan(self, block: int) -> list[tuple[str, int]]:
        weights = [row["weight"] for row in self.sources.values()]
        chosen = self._dice(f"block {block}").choices(
            list(self.sources), weights, k=_BLOCK
        )
        told: Counter[str] = Counter()
        plan = []
        for source in chosen:
            plan.append((source, told[source]))
            told[source] += 1
        return plan

    def _template(
        self, source: str, *, nth: int, block: int, minutes: float
    ) -> dict[str, Any] | None:
        """Go through a source's templates in an order of the block's own."""
        order = list(self._templates[source])
        self._dice(f"order {source} {block}").shuffle(order)
        fitting = [
            template
            for template in order
            if template.get("since", -9999) <= minutes < template.get("until", 10**9)
        ]
        return fitting[nth % len(fitting)] if fitting else None

    def _from_stock(self, n: int) -> Post | None:
        """The template post of slot `n`; None where its source has nothing to say then."""
        source, nth, block = self._slot(n)
        dice = self._dice(n)
        seconds = (
            n * PACE + dice.randrange(7)
            if n >= 0
            else n * PACE_BEFORE + dice.randrange(600)
        )
        at = self.start + timedelta(seconds=seconds)
        minutes = seconds / 60
        template = self._template(source, nth=nth, block=block, minutes=minutes)
        if template is None:
            return None
        facts: dict[str, str] = {"queue": str(queue(minutes))}
        said = {
            part: dated(
                self._fill(template.get(part, ""), dice, facts), anchor=at, day=at
            )
            for part in ("title", "text", "edit")
        }
        edited = bool(said["edit"]) and dice.random() < 0.4
        withdrawn = template.get("withdraw", False) and dice.random() < 0.6
        return Post(
            source=source,
            key=f"stock-{n}",
            number=self._number(at, by_hand=False),
            at=at,
            title=said["title"],
            text=said["text"],
            edit_at=at + timedelta(seconds=dice.randrange(60, 420)) if edited else None,
            edit_text=said["edit"] if edited else "",
            withdrawn_at=(
                at + timedelta(seconds=dice.randrange(150, 600)) if withdrawn else None
            ),
            album=template.get("album", 0),
        )

    def _fill(self, text: str, dice: random.Random, facts: dict[str, str]) -> str:
        """Fill the slots of `text`; `facts` keeps what is to be the same in one post."""

        def number(match: re.Match[str]) -> str:
            rolled = str(dice.randint(int(match[2]), int(match[3])))
            return facts.setdefault(match[1], rolled) if match[1] else rolled

        def name(match: re.Match[str]) -> str:
            known = match[1]
            if known not in facts:
                facts[known] = dice.choice(self._lists[known])
            return facts[known].upper() if match[2] else facts[known]

        return _NAME.sub(name, _SLOT.sub(number, text))


def queue(minutes: float) -> int:
    """How many ships wait for the strait, `minutes` after the start (negative: before).

    It closed 318 minutes before and opens 360 after; then 26 pass a day and 9 join.
    """
    if minutes < -318:
        return 0
    if minutes < 360:
        return (
            round(19 + 24 * (minutes + 318) / 206)
            if minutes < -112
            else round(43 + 14 * (minutes + 112) / 472)
        )
    return max(3, round(57 - 17 * (minutes - 360) / 1440))
