"""The wire for partners: public posts and their versions, read-only."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Now
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from wire.models import Item, Standing, Status, Version


class VersionSerializer(serializers.Serializer):
    """One state of a post, as the source sent it."""

    n = serializers.IntegerField(help_text="1 for the first, by arrival.")
    seen_at = serializers.DateTimeField(help_text="By our clock.")
    source_time = serializers.DateTimeField(
        allow_null=True, help_text="By the source's."
    )
    status = serializers.ChoiceField(choices=Status.choices)
    headline = serializers.CharField()
    text = serializers.CharField(help_text="Plain; paragraphs by a blank line.")
    hash = serializers.CharField(help_text="SHA-256 of what a reader would see.")


class ItemSerializer(serializers.Serializer):
    """One post of the live wire in its current version."""

    id = serializers.UUIDField()
    url = serializers.CharField(help_text="Its page here.")
    source = serializers.CharField()  # type: ignore[assignment]
    publisher = serializers.CharField()
    origin_url = serializers.CharField(help_text="The post at its source.")
    author = serializers.CharField()
    kind = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.choices)
    standing = serializers.ChoiceField(
        choices=Standing.choices, help_text="What our desk says of it."
    )
    headline = serializers.CharField()
    text = serializers.CharField()
    language = serializers.CharField(help_text="BCP 47, or empty where unknown.")
    source_time = serializers.DateTimeField(allow_null=True)
    seen_at = serializers.DateTimeField()
    public_at = serializers.DateTimeField()
    versions = serializers.IntegerField(help_text="How many states of it we show.")
    repost_of = serializers.DictField(child=serializers.CharField(), allow_null=True)


class ItemDetailSerializer(ItemSerializer):
    """One post with every version of it that is not under embargo."""

    history = VersionSerializer(many=True)


class ItemFilter(django_filters.FilterSet):
    """What the list of posts can be narrowed by."""

    source = django_filters.CharFilter(field_name="source__slug")
    language = django_filters.CharFilter(field_name="language", lookup_expr="iexact")
    standing = django_filters.ChoiceFilter(choices=Standing.choices)
    seen_after = django_filters.IsoDateTimeFilter("seen_at", lookup_expr="gt")
    seen_before = django_filters.IsoDateTimeFilter("seen_at", lookup_expr="lt")

    class Meta:
        model = Item
        fields: list[str] = []


_COLUMNS = (
    *("public_id", "source__name", "source__publisher__name", "url", "author", "kind"),
    *("status", "standing", "headline", "text", "language", "source_time", "seen_at"),
    *("public_at", "versions_shown", "repost_name", "repost_url"),
)


def _public() -> QuerySet[Item, dict[str, Any]]:
    """What readers may see by the database's clock; a web host's may be wrong."""
    barred = (
        Version.objects.filter(item=OuterRef("pk"), embargo_until__gt=Now())
        .values("item")
        .values(count=Count("pk"))
    )
    return (
        Item.objects.public(Now())  # type: ignore[arg-type]
        .annotate(versions_shown=F("version_count") - Coalesce(Subquery(barred), 0))
        .values(*_COLUMNS)
    )


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    repost = {"name": row["repost_name"], "url": row["repost_url"]}
    return {
        "id": row["public_id"],
        "url": f"/wire/{row['public_id']}/",
        "source": row["source__name"],
        "publisher": row["source__publisher__name"],
        "origin_url": row["url"],
        "author": row["author"],
        "kind": row["kind"],
        "status": row["status"],
        "standing": row["standing"],
        "headline": row["headline"],
        "text": row["text"],
        "language": row["language"],
        "source_time": row["source_time"],
        "seen_at": row["seen_at"],
        "public_at": row["public_at"],
        "versions": row["versions_shown"],
        "repost_of": repost if any(repost.values()) else None,
    }


class ItemList(generics.ListAPIView):
    """Public posts of the wire, newest first."""

    serializer_class = ItemSerializer
    filterset_class = ItemFilter
    ordering = ("-public_at", "-pk")

    def get_queryset(self) -> QuerySet[Item, dict[str, Any]]:
        return _public()

    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response([_shown(row) for row in rows or ()])


class ItemDetail(generics.GenericAPIView):
    """One public post with every version of it."""

    serializer_class = ItemDetailSerializer

    @extend_schema(responses=ItemDetailSerializer)
    def get(self, request: Request, public_id: str) -> Response:
        row = _public().filter(public_id=public_id).values("pk", *_COLUMNS).first()
        if row is None:
            raise Http404
        versions = Version.objects.public(Now())  # type: ignore[arg-type]
        history = [
            {**version, "hash": version.pop("content_hash")}
            for version in versions.filter(item=row["pk"])
            .order_by("n")
            .values(
                *("n", "seen_at", "source_time", "status", "headline", "text"),
                "content_hash",
            )
        ]
        return Response({"data": {**_shown(row), "history": history}})
