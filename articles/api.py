"""What we publish, for partners: articles, sections and issues, read-only.

An article's JSON is written when its public text changes (`articles.rendering`), so a
list only puts documents together.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

import django_filters
import orjson
from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Greatest
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import APIException, ValidationError

from articles.image_processing import SHAPES
from articles.limits import MAX_QUERY
from articles.models import Article, Issue, Section
from articles.models.article import ArticleQuerySet, Kind
from foundation.api.filters import (
    WORDS,
    DayFilter,
    InstantFilter,
    slug_filter,
    text_filter,
)
from foundation.api.resources import UUID, ListResource, Resource

# What a list gives only if it is asked for, and the column that holds it as JSON.
BODIES = {"body_html": "document_html", "body_text": "document_text"}


class Withdrawn(APIException):
    """The article was published, and is withdrawn."""

    status_code = 410
    default_detail = "This article was withdrawn. Do not go on using your copy."
    default_code = "withdrawn"


class NamedSerializer(serializers.Serializer[Any]):
    """Something with an address of its own."""

    name = serializers.CharField()
    slug = serializers.CharField()


class BylineSerializer(NamedSerializer):
    """One author, in the order printed."""

    role = serializers.CharField()


class IssueOfSerializer(serializers.Serializer[Any]):
    """The day's paper an article belongs to."""

    date = serializers.DateField()
    volume = serializers.IntegerField()
    number = serializers.IntegerField()


class FocalPointSerializer(serializers.Serializer[Any]):
    """What a crop must keep in view: shares of width and height from the upper left."""

    x = serializers.FloatField(min_value=0, max_value=1)
    y = serializers.FloatField(min_value=0, max_value=1)


class RenditionSerializer(serializers.Serializer[Any]):
    """One size of a picture in one shape; an address for each format."""

    shape = serializers.ChoiceField(choices=list(SHAPES))
    width = serializers.IntegerField(help_text="Pixels.")
    height = serializers.IntegerField(help_text="Pixels.")
    avif = serializers.URLField()
    webp = serializers.URLField()
    jpeg = serializers.URLField()


class PictureSerializer(serializers.Serializer[Any]):
    """The lead picture: its words, its rights and where to get it."""

    id = serializers.UUIDField()
    alt = serializers.CharField(allow_blank=True)
    caption = serializers.CharField(allow_blank=True)
    credit = serializers.CharField(allow_blank=True)
    rights = serializers.CharField(allow_blank=True, help_text="Terms of use.")
    width = serializers.IntegerField(help_text="Pixels of the original.")
    height = serializers.IntegerField()
    focal_point = FocalPointSerializer()
    renditions = RenditionSerializer(many=True)


class EvidenceCountSerializer(serializers.Serializer[Any]):
    """How much of the wire stands behind an article."""

    posts = serializers.IntegerField()
    publishers = serializers.IntegerField(help_text="Independent of one another.")
    origins = serializers.IntegerField(help_text="Reposts of one post are one.")
    url = serializers.URLField(help_text="Every version, paragraph by paragraph.")


class NoticeSerializer(serializers.Serializer[Any]):
    """A correction or another public note."""

    kind = serializers.CharField()
    text = serializers.CharField()
    at = serializers.DateTimeField()


class ArticleRowSerializer(serializers.Serializer[Any]):
    """One article in its public revision; the bodies where `fields` asked for them."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    headline = serializers.CharField()
    standfirst = serializers.CharField(allow_blank=True)
    kind = serializers.ChoiceField(choices=Kind.choices)
    section = NamedSerializer()
    topics = NamedSerializer(many=True)
    authors = BylineSerializer(many=True)
    framing = serializers.CharField(
        allow_blank=True, help_text="How we framed it, and why."
    )
    published_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField(help_text="The last public change.")
    revision = serializers.IntegerField(help_text="Rises with every public text.")
    issue = IssueOfSerializer(allow_null=True)
    picture = PictureSerializer(allow_null=True)
    evidence = EvidenceCountSerializer()
    rights = serializers.CharField()
    notices = NoticeSerializer(many=True)
    body_html = serializers.CharField(
        required=False, help_text="Blocks carry stable ids."
    )
    body_text = serializers.CharField(
        required=False, help_text="Plain; paragraphs by a blank line."
    )

    def to_representation(self, instance: dict[str, Any]) -> orjson.Fragment:  # type: ignore[override]
        """Return the stored JSON of a row, with those bodies that the row has."""
        parts = [
            f',"{name}":{instance[column]}'
            for name, column in BODIES.items()
            if column in instance
        ]
        head = instance["document"].removesuffix("}")
        return orjson.Fragment(f"{head}{''.join(parts)}}}")


class ArticleSerializer(ArticleRowSerializer):
    """One article in its public revision."""

    body_html = serializers.CharField(help_text="Blocks carry stable ids.")
    body_text = serializers.CharField(help_text="Plain; paragraphs by a blank line.")


class SectionSerializer(NamedSerializer):
    """A part of the paper."""

    url = serializers.URLField()
    description = serializers.CharField(allow_blank=True)
    is_opinion = serializers.BooleanField()

    def to_representation(self, instance: Section) -> dict[str, Any]:
        return {
            "name": instance.name,
            "slug": instance.slug,
            "url": f"{settings.PAPER_URL}{instance.get_absolute_url()}",
            "description": instance.description,
            "is_opinion": instance.is_opinion,
        }


class IssueSerializer(IssueOfSerializer):
    """One day's paper."""

    url = serializers.URLField()
    edition = serializers.CharField(allow_blank=True)
    closed_at = serializers.DateTimeField(allow_null=True)

    def to_representation(self, instance: Issue) -> dict[str, Any]:
        return {
            "date": instance.date,
            "volume": instance.volume,
            "number": instance.number,
            "url": f"{settings.PAPER_URL}{instance.get_absolute_url()}",
            "edition": instance.edition,
            "closed_at": instance.closed_at,
        }


class ArticleFilter(django_filters.FilterSet):
    """What the list of articles can be narrowed by."""

    section = slug_filter("section__slug", says="Slug of a section.")
    topic = slug_filter("topics__slug", says="Slug of a topic.")
    author = slug_filter("public_authors__slug", says="Slug of an author.")
    kind = django_filters.ChoiceFilter(
        choices=Kind.choices, help_text="What sort of copy it is."
    )
    issue = DayFilter("issue__date", help_text="The day of an issue.")
    published_after = InstantFilter(
        "first_published_at", lookup_expr="gt", help_text="`published_at` is later."
    )
    published_before = InstantFilter(
        "first_published_at", lookup_expr="lt", help_text="`published_at` is earlier."
    )
    updated_after = InstantFilter(method="changed", help_text="`updated_at` is later.")
    q = text_filter(
        WORDS,
        most=MAX_QUERY,
        says="Words to look for.",
        method="matching",
        help_text="Words, as in the search on the web.",
    )

    class Meta:
        model = Article
        fields: ClassVar[list[str]] = []

    def matching(
        self, queryset: ArticleQuerySet, name: str, words: str
    ) -> ArticleQuerySet:
        return queryset.search(words)

    def changed(
        self, queryset: ArticleQuerySet, name: str, since: datetime
    ) -> ArticleQuerySet:
        """Those whose `updated_at`, as their JSON has it, is after `since`."""
        shown = Greatest("updated_at", "first_published_at")
        return queryset.alias(shown_as_updated_at=shown).filter(
            shown_as_updated_at__gt=since
        )


_FIELDS = OpenApiParameter(
    "fields",
    {
        "type": "array",
        "items": {"type": "string", "enum": list(BODIES)},
        "minItems": 1,
        "uniqueItems": True,
    },
    description="What the rows shall have beside their heads, separated by commas.",
    explode=False,
    style="form",
)


@extend_schema_view(
    list=extend_schema(parameters=[_FIELDS], responses=ArticleRowSerializer(many=True)),
    retrieve=extend_schema(responses=ArticleSerializer),
)
class ArticleViewSet(Resource):
    """Public articles, newest first; 410 for one that was withdrawn."""

    filterset_class = ArticleFilter
    ordering = ("-public_at", "-pk")
    lookup_field = "public_id"
    lookup_value_regex = UUID
    further_parameters = ("fields",)
    problems: ClassVar[dict[str, tuple[int, ...]]] = {"retrieve": (404, 410)}

    def get_queryset(self) -> QuerySet[Article]:
        return Article.objects.live()

    def get_serializer_class(self) -> type[serializers.Serializer[Any]]:
        return ArticleRowSerializer if self.action == "list" else ArticleSerializer

    def select(self, queryset: QuerySet[Any]) -> QuerySet[Any, Any]:
        columns = ["public_id", "public_at", "document", "document_hash", "document_at"]
        return queryset.values(*columns, *(BODIES[name] for name in self._bodies()))

    def version_of(self, row: dict[str, Any]) -> object:
        """Return the hash of the stored document: no body is read for a 304."""
        return row["public_id"], row["document_hash"]

    def modified_at(self, row: dict[str, Any]) -> datetime | None:
        changed_at: datetime | None = row["document_at"]
        return changed_at

    def get_object(self) -> dict[str, Any]:
        """Return the row asked for. Raises `Http404`, or `Withdrawn` with the reason."""
        try:
            found: dict[str, Any] = super().get_object()
        except Http404:
            withdrawn = Article.objects.withdrawn()
            gone = withdrawn.filter(public_id=self.kwargs["public_id"]).first()
            if gone is None:
                raise
            raise Withdrawn(_gone(gone)) from None
        return found

    def _bodies(self) -> list[str]:
        """Return the bodies the rows shall have. Raises `ValidationError`."""
        if self.action != "list":
            return list(BODIES)
        asked = self.request.query_params.get("fields")
        names = asked.split(",") if asked is not None else []
        if set(names) - set(BODIES) or len(names) != len(set(names)):
            raise ValidationError(
                {"fields": [f"Some of {', '.join(BODIES)}, once each."]}
            )
        return [name for name in BODIES if name in names]


class SectionViewSet(ListResource):
    """The parts of the paper, in its order."""

    serializer_class = SectionSerializer
    ordering = ("position", "slug")
    queryset = Section.objects.all()

    def version_of(self, row: Section) -> object:
        return row.name, row.slug, row.description, row.is_opinion


class IssueViewSet(ListResource):
    """The days' papers, newest first. Articles of one: `/articles/?issue=<date>`."""

    serializer_class = IssueSerializer
    ordering = ("-date",)

    def get_queryset(self) -> QuerySet[Issue]:
        """Those in which readers can see a story: no other day is known to them."""
        stories = Article.objects.live().filter(issue=OuterRef("pk"))
        return Issue.objects.filter(Exists(stories))

    def version_of(self, row: Issue) -> object:
        return row.date, row.volume, row.number, row.edition, row.closed_at


def _gone(article: Article) -> str:
    return (
        f"This article was withdrawn. {article.withdrawn_because()} "
        "Do not go on using your copy."
    )
