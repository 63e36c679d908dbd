"""What we publish, for partners: articles, sections and issues, read-only.

An article's JSON is written when its public text changes (`articles.rendering`), so a
list only puts documents together.
"""

from __future__ import annotations

from typing import Any

import django_filters
import orjson
from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from articles.limits import MAX_QUERY
from articles.models import Article, Issue, Section
from articles.models.article import ArticleQuerySet, Kind


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


class PictureSerializer(serializers.Serializer[Any]):
    """The lead picture's words and rights."""

    alt = serializers.CharField()
    caption = serializers.CharField()
    credit = serializers.CharField()
    rights = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()


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


class ArticleSerializer(serializers.Serializer[Any]):
    """One article in its public revision."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    headline = serializers.CharField()
    standfirst = serializers.CharField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    section = NamedSerializer()
    topics = NamedSerializer(many=True)
    authors = BylineSerializer(many=True)
    body_html = serializers.CharField(help_text="Blocks carry stable ids.")
    body_text = serializers.CharField(help_text="Plain; paragraphs by a blank line.")
    framing = serializers.CharField(help_text="How we framed it, and why.")
    published_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    revision = serializers.IntegerField(help_text="Rises with every public text.")
    issue = IssueOfSerializer(allow_null=True)
    picture = PictureSerializer(allow_null=True)
    evidence = EvidenceCountSerializer()
    rights = serializers.CharField()
    notices = NoticeSerializer(many=True)


class SectionSerializer(NamedSerializer):
    """A part of the paper."""

    url = serializers.CharField()
    description = serializers.CharField()
    is_opinion = serializers.BooleanField()


class IssueSerializer(IssueOfSerializer):
    """One day's paper."""

    url = serializers.CharField()
    edition = serializers.CharField()
    closed_at = serializers.DateTimeField(allow_null=True)


class ArticleFilter(django_filters.FilterSet):
    """What the list of articles can be narrowed by."""

    section = django_filters.CharFilter(field_name="section__slug")
    topic = django_filters.CharFilter(field_name="topics__slug")
    author = django_filters.CharFilter(field_name="public_authors__slug")
    kind = django_filters.ChoiceFilter(choices=Kind.choices)
    issue = django_filters.DateFilter(field_name="issue__date")
    published_after = django_filters.IsoDateTimeFilter("public_at", lookup_expr="gt")
    published_before = django_filters.IsoDateTimeFilter("public_at", lookup_expr="lt")
    updated_after = django_filters.IsoDateTimeFilter("updated_at", lookup_expr="gt")
    q = django_filters.CharFilter(
        method="matching", max_length=MAX_QUERY, help_text="Words, as on the web."
    )

    class Meta:
        model = Article
        fields: list[str] = []

    def matching(
        self, queryset: ArticleQuerySet, name: str, words: str
    ) -> ArticleQuerySet:
        return queryset.search(words)


class ArticleList(generics.ListAPIView[Article]):
    """Public articles, newest first."""

    serializer_class = ArticleSerializer
    filterset_class = ArticleFilter
    ordering = ("-public_at", "-pk")

    def get_queryset(self) -> QuerySet[Article]:
        return Article.objects.live()

    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        found = self.filter_queryset(self.get_queryset())
        rows = self.paginate_queryset(found.values("document", "public_at"))
        return self.get_paginated_response(
            [_ready(row["document"]) for row in rows or ()]
        )


class ArticleDetail(generics.GenericAPIView[Article]):
    """One public article; 410 for one that was withdrawn."""

    serializer_class = ArticleSerializer

    @extend_schema(responses={200: ArticleSerializer, 410: None})
    def get(self, request: Request, public_id: str) -> Response:
        document = (
            Article.objects.live()
            .filter(public_id=public_id)
            .values_list("document", flat=True)
            .first()
        )
        if document is None:
            gone = Article.objects.withdrawn().filter(public_id=public_id).first()
            raise Withdrawn(_gone(gone)) if gone else Http404
        return Response({"data": _ready(document)})


class SectionList(generics.ListAPIView[Section]):
    """The parts of the paper, in its order."""

    serializer_class = SectionSerializer
    ordering = ("position", "pk")
    queryset = Section.objects.all()

    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        sections = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(
            [
                {
                    "name": section.name,
                    "slug": section.slug,
                    "url": section.get_absolute_url(),
                    "description": section.description,
                    "is_opinion": section.is_opinion,
                }
                for section in sections or ()
            ]
        )


class IssueList(generics.ListAPIView[Issue]):
    """The days' papers, newest first. Articles of one: `/articles/?issue=<date>`."""

    serializer_class = IssueSerializer
    ordering = ("-date",)
    queryset = Issue.objects.all()

    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        issues = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response([_issue(issue) for issue in issues or ()])


def _issue(issue: Issue) -> dict[str, object]:
    return {
        "date": issue.date,
        "volume": issue.volume,
        "number": issue.number,
        "url": issue.get_absolute_url(),
        "edition": issue.edition,
        "closed_at": issue.closed_at,
    }


def _gone(article: Article) -> str:
    return (
        f"This article was withdrawn. {article.withdrawn_because()} "
        "Do not go on using your copy."
    )


def _ready(document: str) -> orjson.Fragment:
    """Hand on JSON that was made when the article was written."""
    return orjson.Fragment(document)
