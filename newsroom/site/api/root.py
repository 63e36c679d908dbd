"""The API's front door, and its own description."""

from __future__ import annotations

from functools import cache
from typing import Any

import orjson
from django.conf import settings
from django.http.response import HttpResponseBase
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.routers import APIRootView, DefaultRouter

from foundation.api import envelope
from foundation.api.resources import ReadOnlyView
from foundation.api.schema import AutoSchema


class PaperSerializer(serializers.Serializer[Any]):
    """Whose API this is, and where everything is."""

    paper = serializers.CharField()
    version = serializers.CharField()
    resources = serializers.DictField(child=serializers.URLField())
    schema = serializers.URLField()
    guide = serializers.URLField()


class Root(ReadOnlyView, APIRootView):
    """Name the resources, and where the schema and the guide are."""

    schema = AutoSchema()

    @extend_schema(operation_id="root", responses=PaperSerializer, tags=["root"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]  # noqa: ANN401
        version = str(request.version)
        shown = {
            "paper": settings.PAPER_NAME,
            "version": version.removeprefix("v"),
            "resources": {
                prefix: reverse(name, request=request)
                for prefix, name in (self.api_root_dict or {}).items()
            },
            "schema": reverse("schema", request=request),
            "guide": f"{settings.PAPER_URL}/api/docs/",
        }
        return self.answer(shown, lambda: Response(envelope.one(shown)))


class Router(DefaultRouter):
    """DRF's, with our front door and without a second address for each format."""

    APIRootView = Root
    include_format_suffixes = False


class Schema(ReadOnlyView):
    """What the API takes and answers, as OpenAPI 3.1."""

    schema = None

    def get(self, request: Request) -> HttpResponseBase:
        """Return the description, which is the same for as long as the process lives."""
        text = described(str(request.version))
        return self.answer(text, lambda: Response(orjson.Fragment(text)))


@cache
def described(version: str) -> bytes:
    """Return the OpenAPI description of one version of the API, as JSON."""
    generator = SchemaGenerator(api_version=version)
    return orjson.dumps(generator.get_schema(request=None, public=True), default=str)
