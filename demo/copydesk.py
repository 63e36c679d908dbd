"""The demo's copy: every story goes the way a story goes, by the newsroom's own verbs.

Started by its reporter, its evidence attached, submitted, approved by a second person,
published by the chief; some updated, corrected or killed. Each step carries the instant
at which it would have been done, and all of them are done in that order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from articles import (
    body,
    drafting,
    evidence,
    image_markup,
    metadata,
    notices,
    renditions,
    revisions,
    transitions,
)
from articles.models import Author, Image, Section, Status, Topic
from demo import listening, paper
from demo.paper import CREDIT, RIGHTS, Block, Story
from demo.posts import World
from staff.models import User

MINUTE = timedelta(minutes=1)
OWN_WORK = "Our own reporting: people and papers, no wire post behind it."
Act = tuple[datetime, Callable[[], object]]


@dataclass(slots=True, kw_only=True)
class Desk:
    """Everything the stories need, found once."""

    world: World
    people: dict[str, User]
    sections: dict[str, Section]
    topics: dict[str, Topic]
    authors: dict[str, Author]
    images: dict[str, Image]

    @property
    def now(self) -> datetime:
        return self.world.start

    def writer(self, story: Story) -> User:
        """Who wrote it: the first author; the chief writes for the paper itself."""
        name = self.authors[story.head["authors"][0]].name
        return self.people.get(name, self.chief)

    @property
    def chief(self) -> User:
        return self.people["Vera Sandholt"]

    def second(self, writer: User) -> User:
        """A second pair of eyes."""
        editor = self.people["Edda Verhoeve"]
        return editor if editor != writer else self.people["Yusuf Karadere"]


def furnish(world: World, people: dict[str, User], drawn: dict[str, bytes]) -> Desk:
    """Make sections, topics, authors and pictures; `drawn` are the pictures by name."""
    tables = paper.table("sections")
    sections = {
        row["slug"]: Section.objects.get_or_create(
            slug=row["slug"],
            defaults={
                "name": row["name"],
                "description": row["description"],
                "is_opinion": row.get("opinion", False),
                "position": place * 10,
            },
        )[0]
        for place, row in enumerate(tables["section"], start=1)
    }
    topics = {
        slug: Topic.objects.get_or_create(slug=slug, defaults={"name": name})[0]
        for slug, name in tables["topics"].items()
    }
    images = {
        story.head["image"]: _picture(drawn[story.head["image"]], story, place, world)
        for place, story in enumerate(_pictured(world))
    }
    authors = {
        row["slug"]: _author(row, people, drawn.get(row["slug"]), world)
        for row in paper.table("authors")["author"]
    }
    return Desk(
        world=world,
        people=people,
        sections=sections,
        topics=topics,
        authors=authors,
        images=images,
    )


def _pictured(world: World) -> list[Story]:
    """Stories with a picture, the front's first: renditions are made in this order."""
    return sorted(
        (story for story in paper.stories() if "image" in story.head),
        key=lambda story: (
            story.status != Status.LIVE or "day" in story.head,
            story.head.get("prominence", 3),
            -story.at(world.start).timestamp(),
        ),
    )


def _picture(raw: bytes, story: Story, place: int, world: World) -> Image:
    return renditions.take_picture(
        raw,
        now=world.start - timedelta(days=10) + place * MINUTE,
        alt=story.head["alt"],
        credit=CREDIT,
        caption=story.head.get("caption", ""),
        rights=RIGHTS,
    )


def _author(
    row: dict[str, str], people: dict[str, User], portrait: bytes | None, world: World
) -> Author:
    fields: dict[str, Any] = {
        "name": row["name"],
        "role": row["role"],
        "bio": row["bio"],
        "user": people.get(row["name"]),
    }
    if portrait:
        fields["portrait"] = renditions.take_picture(
            portrait,
            now=world.start - timedelta(days=9),
            alt=f"Portrait of {row['name']}, an engraving",
            credit=CREDIT,
            rights=RIGHTS,
        )
    return Author.objects.get_or_create(slug=row["slug"], defaults=fields)[0]


def print_all(desk: Desk) -> int:
    """Take every story its way, all steps in the order of their instants."""
    acts: list[Act] = []
    for story in paper.stories():
        acts += _Way(desk, story).acts()
    for _, act in sorted(acts, key=lambda pair: pair[0]):
        act()
    return len(paper.stories())


class _Way:
    """One story's way through the newsroom."""

    def __init__(self, desk: Desk, story: Story) -> None:
        self.desk, self.story = desk, story
        self.writer = desk.writer(story)
        self.at = story.at(desk.now)  # of publication, or of the last save
        self.first = self._blocks_known_at(self.at)

    def acts(self) -> Iterator[Act]:
        """The steps this story takes, each with its instant."""
        status = self.story.status
        before = (
            self.at
            if status in (Status.LIVE, Status.KILLED)
            else self.desk.now - 2 * MINUTE
        )
        if status in (Status.DRAFT, Status.IN_EDIT, Status.READY):
            before = self.desk.now - 1 * MINUTE
        yield before - 50 * MINUTE, lambda: self._start(before - 50 * MINUTE)
        yield before - MINUTE, lambda: self._attach(before - MINUTE)
        if status == Status.DRAFT:
            return
        yield before - 0.9 * MINUTE, lambda: self._submit(before - 0.9 * MINUTE)
        if status == Status.IN_EDIT:
            return
        yield before - 0.5 * MINUTE, lambda: self._approve(before - 0.5 * MINUTE)
        if status == Status.READY:
            return
        yield before, lambda: self._publish(before)
        yield from self._afterwards()

    def _afterwards(self) -> Iterator[Act]:
        head, now = self.story.head, self.desk.now
        if updated := head.get("updated"):
            at = now - updated["ago"] * MINUTE
            yield at, lambda: self._update(at, updated["note"])
        if notice := head.get("notice"):
            when = now - notice["ago"] * MINUTE
            if "first_version" in head:
                yield when - MINUTE, lambda: self._update(when - MINUTE, notice["text"])
            yield (
                when,
                lambda: notices.add(
                    self.article,
                    notice["kind"],
                    notice["text"],
                    by=self.desk.chief,
                    now=when,
                ),
            )
        if self.story.status == Status.KILLED:
            killed = now - head["killed_ago"] * MINUTE
            yield (
                killed,
                lambda: transitions.move(
                    self.article,
                    "kill",
                    by=self.desk.chief,
                    now=killed,
                    note=head["kill_note"],
                    public_note=head["kill_note"],
                ),
            )

    def _start(self, now: datetime) -> None:
        head, desk = self.story.head, self.desk
        section = desk.sections[head["section"]]
        text = self._text(self.first, first=True)
        if items := head.get("from_items"):
            wired = [listening.item_of(desk.world, *name.split("/")) for name in items]
            self.article = drafting.draft_from(
                wired, by=self.writer, now=now, section=section
            )
            if self.story.status == Status.DRAFT:  # the quotes are still in it
                text["body"] += self.article.body
            revisions.save(
                self.article,
                by=self.writer,
                now=now,
                base_n=self.article.revision_n,
                **text,
            )
        else:
            self.article = revisions.start(
                section=section, by=self.writer, now=now, **text
            )
        embargo = self.at if head.get("embargo") else None
        metadata.place(
            self.article,
            by=self.writer,
            now=now,
            kind=self.story.kind,
            prominence=head.get("prominence", 3),
            topics=[desk.topics[slug] for slug in head["topics"]],
            embargo_until=embargo,
        )

    def _text(self, blocks: list[Block], *, first: bool) -> dict[str, Any]:
        head, story, now = self.story.head, self.story, self.desk.now
        authors = [self.desk.authors[slug] for slug in head["authors"]]
        return {
            "headline": story.dated(head["headline"], now),
            "standfirst": story.dated(head["standfirst"], now),
            "body": story.html(
                now, blocks=blocks, first=first, pictures=self._drawn(blocks)
            ),
            "framing": story.dated(head.get("framing", ""), now),
            "caption": "",
            "lead_image": self.desk.images.get(head.get("image", "")),
            "bylines": [(author, "") for author in authors],
        }

    def _drawn(self, blocks: list[Block]) -> dict[str, str]:
        names = {block.picture for block in blocks if block.picture}
        return {name: image_markup.in_text(self.desk.images[name]) for name in names}

    def _attach(self, now: datetime) -> None:
        self._cite(self.first, now)

    def _cite(self, blocks: list[Block], now: datetime) -> None:
        """Attach what stands behind each block, as we knew it at `now`."""
        world = self.desk.world
        for block, name in zip(blocks, body.ids(self.article.body), strict=False):
            for proof in block.proofs:
                item = listening.item_of(world, proof.source, proof.key)
                evidence.attach(
                    self.article,
                    listening.version_at(item, now),
                    by=self.writer,
                    now=now,
                    paragraph=name,
                    role=proof.role,
                )

    def _submit(self, now: datetime) -> None:
        transitions.move(self.article, "submit", by=self.writer, now=now)

    def _approve(self, now: datetime) -> None:
        transitions.move(
            self.article, "approve", by=self.desk.second(self.writer), now=now
        )

    def _publish(self, now: datetime) -> None:
        cited = any(block.proofs for block in self.story.blocks)
        note = "" if cited else OWN_WORK
        if self.story.status == "scheduled":
            transitions.move(
                self.article,
                "schedule",
                by=self.desk.chief,
                now=now,
                at=self.at,
                note=note,
            )
        else:
            transitions.move(
                self.article, "publish", by=self.desk.chief, now=now, note=note
            )

    def _update(self, now: datetime, note: str) -> None:
        """Save the whole text, with what came in since, and publish it again."""
        blocks = list(self.story.blocks)
        article = self.article
        text = self._text(blocks, first=False)
        revisions.save(
            article, by=self.writer, now=now, base_n=article.revision_n, **text
        )
        self._cite(blocks, now)
        transitions.move(article, "update", by=self.desk.chief, now=now, note=note)

    def _blocks_known_at(self, now: datetime) -> list[Block]:
        """The paragraphs that could be written by `now`, and headings that lead some."""
        blocks = [b for b in self.story.blocks if b.heading or self._known(b, now)]
        return [
            block
            for block, following in zip(blocks, [*blocks[1:], None], strict=True)
            if not block.heading or (following and not following.heading)
        ]

    def _known(self, block: Block, now: datetime) -> bool:
        posts = [self.desk.world.post(p.source, p.key) for p in block.proofs]
        return all(post.at < now for post in posts)
