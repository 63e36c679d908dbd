"""Articles: the text in hand, the text in public, and the rule between them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Greatest

from articles import (
    contributors,
    metadata,
    provenance,
    publication,
    revisions,
    transitions,
    workflow,
)
from articles import evidence as evidence_changes
from articles.models.article_queryset import ArticleQuerySet
from articles.models.choices import Kind, Prominence, Status
from foundation.fields import Computed

if TYPE_CHECKING:
    from articles.models.evidence import Evidence
    from articles.models.notice import Notice
    from articles.models.revision import Autosave, Revision
    from articles.models.taxonomy import Author, Section
    from staff.models import User
    from wire.models import Version


class Article(models.Model):
    """What we write. The working text is here; the public one is `live_revision`."""

    public_id = models.UUIDField(
        default=uuid4, db_default=RandomUUID(), unique=True, editable=False
    )
    section = models.ForeignKey(
        "articles.Section", on_delete=models.PROTECT, related_name="articles"
    )
    topics = models.ManyToManyField(
        "articles.Topic", blank=True, related_name="articles"
    )
    authors = models.ManyToManyField(
        "articles.Author", through="articles.Byline", related_name="articles"
    )
    # Those named above the public text; `authors` are those of the working text.
    public_pictures = ArrayField(  # that stand in the body of the public text
        models.UUIDField(), default=list, blank=True, editable=False
    )
    public_authors = models.ManyToManyField(
        "articles.Author", related_name="public_articles", editable=False
    )
    issue = models.ForeignKey(
        "articles.Issue",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="articles",
    )
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.NEWS)
    prominence = models.PositiveSmallIntegerField(
        choices=Prominence.choices, default=Prominence.ORDINARY
    )
    slug = models.SlugField(max_length=120)

    # The working text; revision `revision_n` is its last saved state
    headline = models.CharField(max_length=200)
    standfirst = models.TextField(blank=True)
    body = models.TextField(blank=True)  # sanitised HTML, blocks with stable ids
    framing = models.TextField(
        blank=True, help_text="How we framed this, and why. Printed under the text."
    )
    lead_image = models.ForeignKey(
        "articles.Image",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    caption = models.CharField(
        max_length=300, blank=True, help_text="Empty: the picture's own caption."
    )

    status = models.CharField(
        max_length=8, choices=Status.choices, default=Status.DRAFT, editable=False
    )
    revision_n = models.PositiveIntegerField(default=0, editable=False)  # the lock
    live_revision = models.ForeignKey(
        "articles.Revision",
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
    )
    publish_at = models.DateTimeField(null=True, blank=True, editable=False)
    embargo_until = models.DateTimeField(null=True, blank=True)
    inherited_embargo_until = models.DateTimeField(null=True, editable=False)
    # When readers may see it if it is live: the latest of the three. NULLs do not count.
    public_at = Computed(
        expression=Greatest("publish_at", "embargo_until", "inherited_embargo_until"),
        output_field=models.DateTimeField(null=True),
        db_persist=True,
    )
    published_on = models.DateField(null=True, editable=False)  # the day in its address
    first_published_at = models.DateTimeField(null=True, editable=False)
    updated_at = models.DateTimeField(null=True, editable=False)  # last public change
    killed_at = models.DateTimeField(null=True, editable=False)
    announced_at = models.DateTimeField(null=True, editable=False)  # told to the ledger

    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    # Rendered when the public text changes, so that pages only put them together
    card_lead = models.TextField(blank=True, editable=False)
    card_picture = models.TextField(blank=True, editable=False)
    card_text = models.TextField(blank=True, editable=False)
    card_row = models.TextField(blank=True, editable=False)
    page = models.TextField(blank=True, editable=False)  # the <article>, ready HTML
    json_ld = models.TextField(
        blank=True, editable=False
    )  # for <head>, safe in <script>
    document = models.TextField(blank=True, editable=False)  # the API's JSON
    rendered_with = models.CharField(max_length=16, blank=True, editable=False)
    search = SearchVectorField(null=True, editable=False)  # of the public text

    objects = ArticleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="live")
                | Q(publish_at__isnull=False, live_revision__isnull=False),
                name="article_live_has_text_and_time",
            ),
            models.CheckConstraint(
                condition=Q(status="killed", killed_at__isnull=False)
                | (~Q(status="killed") & Q(killed_at__isnull=True)),
                name="article_killed_has_time",
            ),
            models.UniqueConstraint(
                fields=["section", "published_on", "slug"],
                condition=Q(published_on__isnull=False),
                name="article_address_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-public_at", "-id"],
                name="article_live",
                condition=Q(status="live"),
            ),
            models.Index(
                fields=["section", "-public_at", "-id"],
                name="article_live_in_section",
                condition=Q(status="live"),
            ),
            models.Index(
                fields=["public_at", "id"],
                name="article_to_announce",
                condition=Q(status="live", announced_at=None),
            ),
            models.Index(fields=["status", "-changed_at", "-id"], name="article_desk"),
            models.Index(fields=["slug"], name="article_slug"),
            GinIndex(
                fields=["public_pictures"],
                name="article_public_pictures",
                condition=Q(status="live"),
            ),
            GinIndex(
                fields=["search"], name="article_search", condition=Q(status="live")
            ),
        ]
        permissions = [
            ("edit_article", "Can edit, approve and send back other people's copy"),
            ("publish_article", "Can publish and schedule"),
            ("kill_article", "Can kill what is live"),
        ]

    Stale = revisions.Stale

    def __str__(self) -> str:
        return self.headline

    def get_absolute_url(self) -> str:
        """Where readers find it, or will: until it is scheduled the day is not known."""
        return publication.address(
            self.section.slug, self.published_on or self.created_at.date(), self.slug
        )

    # Questions

    def is_live(self, now: datetime) -> bool:
        """The same rule as `ArticleQuerySet.live`, for one article in hand."""
        if self.status != Status.LIVE or self.publish_at is None:
            return False
        bars = (self.publish_at, self.embargo_until, self.inherited_embargo_until)
        return all(bar is None or bar <= now for bar in bars)

    def was_public(self, now: datetime) -> bool:
        """Whether readers have been able to see it before `now`, live or killed since."""
        return self.first_published_at is not None and self.first_published_at <= now

    def was_seen(self) -> bool:
        """The same rule as `ArticleQuerySet.seen`, for one article in hand. One query."""
        return type(self).objects.seen().filter(pk=self.pk).exists()

    def withdrawn_because(self) -> str:
        """Return what readers are told of its kill: never the house's own reason."""
        kill = self.moves.filter(target=Status.KILLED).order_by("-pk").first()
        return (kill.public_note if kill else "") or workflow.NEUTRAL

    def visible_from(self) -> datetime | None:
        """When readers may see it once it is live: the same as `public_at`, in hand."""
        bars = (self.publish_at, self.embargo_until, self.inherited_embargo_until)
        return max((bar for bar in bars if bar), default=None)

    def has_new_text(self) -> bool:
        """Whether the working text differs from the public one."""
        return self.live_revision is None or self.live_revision.n != self.revision_n

    def current_revision(self) -> Revision:
        """Return the last saved state; there is one from the start."""
        return self.revisions.get(n=self.revision_n)

    def hands(self) -> dict[int, str]:
        """Return who may not pass the working text, and what each did; see `hands`."""
        return contributors.hands(self)

    def ledger(self, revision: Revision | None = None) -> list[provenance.EvidenceRow]:
        """Return who stands behind a revision, the working one by default."""
        shown = revision or self.current_revision()
        return provenance.rows(self, shown.n, shown.body)

    # Changes

    @classmethod
    def start(
        cls,
        *,
        section: Section,
        headline: str,
        by: User,
        now: datetime,
        **text: Any,  # noqa: ANN401
    ) -> Article:
        """Make a draft with its first revision; `text` as for `save_text`."""
        return revisions.start(cls, section, headline, by=by, now=now, **text)

    def save_text(
        self,
        *,
        by: User,
        now: datetime,
        base_n: int | None,
        bylines: list[tuple[Author, str]] | None = None,
        note: str = "",
        **fields: Any,  # noqa: ANN401
    ) -> Revision:
        """Save a new revision of the working text; what is not given stays as it was.

        `base_n` is the revision the edit started from. `fields`: headline, standfirst,
        body, framing, lead_image, caption. The same text again makes no revision. Raises
        `Article.Stale`, with both texts, if somebody else saved meanwhile;
        `workflow.Refused`, `limits.TooMuch` or `body.Unusable` with the reason otherwise.
        """
        return revisions.save(
            self, by=by, now=now, base_n=base_n, bylines=bylines, note=note, **fields
        )

    def restore(self, n: int, *, by: User, now: datetime, base_n: int) -> Revision:
        """Save the text of revision `n` as a new revision. Raises as `save_text`."""
        return revisions.restore(self, n, by=by, now=now, base_n=base_n)

    def autosave(
        self, *, by: User, now: datetime, base_n: int, **fields: str
    ) -> Autosave:
        """Keep what `by` has typed and not saved; see `Autosave`. `fields` are texts."""
        return revisions.autosave(self, by=by, now=now, base_n=base_n, **fields)

    def move(
        self,
        verb: str,
        *,
        by: User,
        now: datetime,
        note: str = "",
        public_note: str = "",
        at: datetime | None = None,
        revision_n: int | None = None,
    ) -> None:
        """Make one editorial move and record it, with all that follows, or nothing.

        `note` is for the house alone; `public_note`, of a kill, is what readers are told
        (by default `workflow.NEUTRAL`). `at` is the instant to publish at, for `schedule`;
        `revision_n` the text `by` has seen, by default the one loaded. Raises
        `workflow.Refused` if the workflow forbids it, or if somebody else moved the article
        or saved its text since.
        """
        said = workflow.Said(note=note, public_note=public_note, at=at)
        transitions.move(self, verb, by=by, now=now, said=said, revision_n=revision_n)

    def place(self, *, by: User, now: datetime, **fields: Any) -> None:  # noqa: ANN401
        """Change where and how it is carried; readers of a live one see it at once.

        `fields`: section, topics, kind, prominence, slug, embargo_until. An address that
        changes after publication leads on from the old one. Raises `workflow.Refused`.
        """
        metadata.place(self, by=by, now=now, **fields)

    def attach(
        self,
        version: Version,
        *,
        by: User,
        now: datetime,
        paragraph: str = "",
        role: str = "supports",
        note: str = "",
    ) -> Evidence:
        """Put a stored version behind a paragraph of the working text, or behind it all.

        On an article whose working text is public this makes a new revision, so that
        readers see it with the next update. Raises `workflow.Refused`.
        """
        return evidence_changes.attach(
            self, version, by=by, now=now, paragraph=paragraph, role=role, note=note
        )

    def detach(self, evidence: Evidence, *, by: User, now: datetime) -> None:
        """End a link with the working text; nothing is deleted. Raises as `attach`."""
        evidence_changes.detach(self, evidence, by=by, now=now)

    def notice(self, kind: str, text: str, *, by: User, now: datetime) -> Notice:
        """Print a correction or another note on a public article. Raises `workflow.Refused`."""
        return publication.notice(self, kind, text, by=by, now=now)

    def render(self) -> None:
        """Render the public text again and store it, telling nobody."""
        publication.render_again(self)


class Byline(models.Model):
    """One author of one article, in the order they are printed."""

    article = models.ForeignKey(
        Article, on_delete=models.CASCADE, related_name="bylines"
    )
    author = models.ForeignKey("articles.Author", on_delete=models.PROTECT)
    position = models.PositiveSmallIntegerField(default=1)
    role = models.CharField(max_length=60, blank=True, help_text="Such as “in Geneva”.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["article", "author"], name="byline_once"),
        ]

    def __str__(self) -> str:
        return str(self.author)
