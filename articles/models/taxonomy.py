"""The parts of the paper: sections, topics, and who writes."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from foundation import codes

# First path parts the site itself answers: no section may take them.
RESERVED = frozenset(
    {
        *(
            "about",
            "admin",
            "api",
            "authors",
            "corrections",
            "feed",
            "feeds",
            "healthz",
        ),
        *(
            "issues",
            "live",
            "markets",
            "media",
            "metrics",
            "readyz",
            "search",
            "sections",
        ),
        *("sitemap", "static", "topics", "wire"),
    }
)


def not_reserved(slug: str) -> None:
    """Refuse a section slug that would hide one of the site's own addresses."""
    if slug in RESERVED:
        raise ValidationError(f"“{slug}” is an address of the site itself.")


class SectionQuerySet(models.QuerySet["Section"]):
    def in_order(self) -> Self:
        """As the paper prints them."""
        return self.order_by("position", "pk")


class Section(models.Model):
    """A part of the paper with its own front: World, Business, Opinion."""

    name = models.CharField(max_length=60, unique=True, validators=[codes.printed])
    slug = models.SlugField(max_length=60, unique=True, validators=[not_reserved])
    position = models.PositiveSmallIntegerField(default=100)
    is_opinion = models.BooleanField(
        default=False, help_text="Views, shown apart from news and marked as such."
    )
    description = models.CharField(max_length=200, blank=True)

    objects = SectionQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/{self.slug}/"


class Topic(models.Model):
    """What stories are about, across sections."""

    name = models.CharField(max_length=80, unique=True, validators=[codes.printed])
    slug = models.SlugField(max_length=80, unique=True)
    description = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/topics/{self.slug}/"


class Author(models.Model):
    """Somebody with a byline. May or may not be staff; never deleted once printed."""

    name = models.CharField(max_length=120, validators=[codes.printed])
    slug = models.SlugField(max_length=120, unique=True)
    role = models.CharField(max_length=120, blank=True, help_text="Such as “Shipping”.")
    bio = models.TextField(blank=True)
    portrait = models.ForeignKey(
        "articles.Image",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        limit_choices_to={"removed_at": None},
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True
    )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/authors/{self.slug}/"
