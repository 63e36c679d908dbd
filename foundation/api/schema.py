"""The OpenAPI description: the envelope, the problems of each operation, the headers."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from drf_spectacular.openapi import AutoSchema as SpectacularSchema
from drf_spectacular.plumbing import ResolvedComponent, force_instance, is_serializer
from rest_framework import serializers

from foundation.api import envelope

# What any operation may answer beside its data.
EVERYWHERE = (400, 405, 406, 412, 500, 503)
_TEXT = {"type": "string"}
_REQUEST_ID: dict[str, Any] = {
    "schema": _TEXT,
    "required": True,
    "description": "Names this request: quote it to us. It stands in our log.",
}
_ETAG: dict[str, Any] = {
    "schema": _TEXT,
    "required": True,
    "description": "Send it in If-None-Match.",
}
_CHANGED: dict[str, Any] = {
    "schema": _TEXT,
    "description": "When this last changed, where that is known.",
}
_OF_STATUS: dict[int, dict[str, Any]] = {
    405: {"Allow": {"schema": _TEXT, "required": True}},
    503: {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}},
}


class ParameterErrorSerializer(serializers.Serializer[Any]):
    """What is wrong with one parameter."""

    field = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """What went wrong, after RFC 9457."""

    type = serializers.URLField(help_text="The page that explains it.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="For programs.")
    detail = serializers.CharField()
    request_id = serializers.CharField(help_text="Names this request: quote it to us.")
    errors = ParameterErrorSerializer(many=True, required=False)  # type: ignore[assignment]


class AutoSchema(SpectacularSchema):
    """drf-spectacular's, with our envelope and our errors in every operation."""

    def get_paginated_name(self, serializer_name: str) -> str:
        return f"{serializer_name}List"

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:  # noqa: ANN401
        bodies = super()._get_response_bodies(direction)
        headers = {"X-Request-ID": _REQUEST_ID, "ETag": _ETAG}
        if not self._is_list_view():
            headers["Last-Modified"] = _CHANGED
        bodies["200"]["headers"] = headers
        bodies["304"] = {
            "description": "What you hold is what is here now.",
            "headers": {"X-Request-ID": _REQUEST_ID, "ETag": _ETAG},
        }
        action = getattr(self.view, "action", None) or "get"
        further = getattr(self.view, "problems", {}).get(action, ())
        for status in sorted({*EVERYWHERE, *further}):
            bodies[str(status)] = self._problem(status)
        return bodies

    def _get_response_for_code(
        self,
        serializer: Any,  # noqa: ANN401
        status_code: str,
        media_types: list[str] | None = None,
        direction: Any = "response",  # noqa: ANN401
    ) -> dict[str, Any]:
        made: dict[str, Any] = super()._get_response_for_code(
            serializer, status_code, media_types, direction
        )
        serializer = force_instance(serializer)
        if is_serializer(serializer) and not self._is_list_view(serializer):
            name = self._get_serializer_name(serializer, "response")
            for content in made.get("content", {}).values():
                content["schema"] = self._enveloped(name, content["schema"])
        return made

    def _enveloped(self, name: str, data: dict[str, Any]) -> dict[str, Any]:
        component = ResolvedComponent(
            name=f"{name}Answer",
            type=ResolvedComponent.SCHEMA,
            schema=envelope.one_schema(data),
            object=f"{name}Answer",
        )
        self.registry.register_on_missing(component)
        return component.ref

    def _problem(self, status: int) -> dict[str, Any]:
        schema = self.resolve_serializer(ProblemSerializer, "response").ref
        return {
            "description": HTTPStatus(status).phrase,
            "headers": {"X-Request-ID": _REQUEST_ID, **_OF_STATUS.get(status, {})},
            "content": {"application/problem+json": {"schema": schema}},
        }
