"""Articles: the text in hand, the text in public, and the rule between them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import MD5, Cast, Concat, Greatest

from articles import contributors, live_rule, workflow
from articles.models.article_queryset import ArticleQuerySet
from articles.models.choices import Kind, Prominence
from articles.paths import article_path
from articles.statuses import Status
from foundation.fields import Computed

if TYPE_CHECKING:
    from articles.models.revision import Revision


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
    # The API's JSON: an object without the bodies, and each body as a JSON string
    document = models.TextField(blank=True, editable=False)
    document_html = models.TextField(blank=True, editable=False)
    document_text = models.TextField(blank=True, editable=False)
    document_hash = Computed(
        expression=MD5(Concat("document", "document_html", "document_text")),
        output_field=models.CharField(max_length=32),
        db_persist=True,
    )
    # When one of the three last changed; a trigger writes it
    document_at = models.DateTimeField(null=True, editable=False)
    rendered_with = models.CharField(max_length=16, blank=True, editable=False)
    search = SearchVectorField(null=True, editable=False)  # of the public text

    objects = ArticleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(status=Status.LIVE)
                | Q(publish_at__isnull=False, live_revision__isnull=False),
                name="article_live_has_text_and_time",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.KILLED, killed_at__isnull=False)
                | (~Q(status=Status.KILLED) & Q(killed_at__isnull=True)),
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
                condition=Q(status=Status.LIVE),
            ),
            models.Index(
                fields=["section", "-public_at", "-id"],
                name="article_live_in_section",
                condition=Q(status=Status.LIVE),
            ),
            models.Index(
                fields=["public_at", "id"],
                name="article_to_announce",
                condition=Q(status=Status.LIVE, announced_at=None),
            ),
            models.Index(fields=["status", "-changed_at", "-id"], name="article_desk"),
            models.Index(fields=["slug"], name="article_slug"),
            models.Index(
                fields=["first_published_at"],
                name="article_published",
                condition=Q(status=Status.LIVE),
            ),
            models.Index(
                Greatest("updated_at", "first_published_at"),
                name="article_updated",
                condition=Q(status=Status.LIVE),
            ),
            GinIndex(
                fields=["public_pictures"],
                name="article_public_pictures",
                condition=Q(status=Status.LIVE),
            ),
            GinIndex(
                fields=["search"],
                name="article_search",
                condition=Q(status=Status.LIVE),
            ),
        ]
        permissions = [
            ("edit_article", "Can edit, approve and send back other people's copy"),
            ("publish_article", "Can publish and schedule"),
            ("kill_article", "Can kill what is live"),
        ]

    def __str__(self) -> str:
        return self.headline

    def get_absolute_url(self) -> str:
        """Where readers find it, or will: until it is scheduled the day is not known."""
        on = self.published_on or self.created_at.date()
        return article_path(self.section.slug, on, self.slug)

    # Questions

    def is_live(self, now: datetime) -> bool:
        """The same rule as `ArticleQuerySet.live`, for one article in hand."""
        return live_rule.is_live(self.status, self.visible_from(), now)

    def is_scheduled(self, now: datetime) -> bool:
        """The same rule as `ArticleQuerySet.scheduled`, for one article in hand."""
        return live_rule.is_scheduled(self.status, self.visible_from(), now)

    def was_public(self, now: datetime) -> bool:
        """Whether readers have been able to see it before `now`, live or killed since."""
        return self.first_published_at is not None and self.first_published_at <= now

    def is_withdrawn(self) -> bool:
        """The same rule as `ArticleQuerySet.withdrawn`, in hand. At most one query."""
        seen = type(self).objects.seen().filter(pk=self.pk)
        return self.status == Status.KILLED and seen.exists()

    def withdrawn_because(self) -> str:
        """Return what readers are told of its kill: never the house's own reason."""
        kill = self.moves.filter(target=Status.KILLED).order_by("-pk").first()
        return (kill.public_note if kill else "") or workflow.NEUTRAL

    def visible_from(self) -> datetime | None:
        """When readers may see it once it is live: the same as `public_at`, in hand."""
        return live_rule.visible_from(
            self.publish_at, self.embargo_until, self.inherited_embargo_until
        )

    def has_unpublished_changes(self) -> bool:
        """Whether the working text differs from the public one."""
        return self.live_revision is None or self.live_revision.n != self.revision_n

    def current_revision(self) -> Revision:
        """Return the last saved state; there is one from the start."""
        return self.revisions.get(n=self.revision_n)

    def contributor_ids(self) -> dict[int, str]:
        """Return who may not pass the working text (user ids), and what each did.

        What they did completes a sentence: “you wrote revision 4 of this text”. One query.
        """
        saved = self.revisions.annotate(
            what=Value(contributors.SAVED, models.CharField()),
            turn=Cast("n", models.IntegerField()),
        ).values_list("what", "turn", "n", "by_id", "restored_n")
        moved = (
            self.moves.filter(verb__in=contributors.VERBS)
            .annotate(turn=F("pk"), nothing=Value(None, models.IntegerField()))
            .values_list("verb", "turn", "revision_n", "by_id", "nothing")
        )
        return contributors.contributor_ids(
            saved.union(moved, all=True),
            newest=self.revision_n,
            is_live=self.status == Status.LIVE,
        )


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
