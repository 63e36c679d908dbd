"""Articles: the text in hand, the text in public, and the rule between them."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q


class Status(models.TextChoices):
    """Where an article is in the workflow; changed by moves alone."""

    DRAFT = "draft", "Draft"
    IN_EDIT = "in_edit", "In edit"
    READY = "ready", "Ready"
    LIVE = "live", "Live"
    KILLED = "killed", "Killed"


class Kind(models.TextChoices):
    """What sort of copy it is; readers see it."""

    NEWS = "news", "News"
    ANALYSIS = "analysis", "Analysis"
    OPINION = "opinion", "Opinion"
    EXPLAINER = "explainer", "Explainer"
    FEATURE = "feature", "Feature"


class Prominence(models.IntegerChoices):
    """How high the front page carries a story; the lower the higher."""

    LEAD = 1, "Lead"
    SECONDARY = 2, "Secondary"
    ORDINARY = 3, "Ordinary"
    SECTION_ONLY = 4, "Section page only"


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

    # The working text; `revision` is its last saved state
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
    document = models.TextField(blank=True, editable=False)  # the API's JSON

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="live")
                | Q(publish_at__isnull=False, live_revision__isnull=False),
                name="article_live_has_text_and_time",
            ),
            models.CheckConstraint(
                condition=~Q(status="killed") | Q(killed_at__isnull=False),
                name="article_killed_has_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-publish_at", "-id"],
                name="article_live",
                condition=Q(status="live"),
            ),
            models.Index(
                fields=["section", "-publish_at", "-id"],
                name="article_live_in_section",
                condition=Q(status="live"),
            ),
            models.Index(fields=["status", "-changed_at", "-id"], name="article_desk"),
            models.Index(fields=["slug"], name="article_slug"),
        ]
        permissions = [
            ("edit_article", "Can edit, approve and send back other people's copy"),
            ("publish_article", "Can publish and schedule"),
            ("kill_article", "Can kill what is live"),
        ]

    def __str__(self) -> str:
        return self.headline


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
