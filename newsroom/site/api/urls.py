"""The partner API: every resource, the schema and its documentation."""

from __future__ import annotations

from collections.abc import Callable

from django.http.response import HttpResponseBase
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularAPIView

from articles import api as articles
from markets import api as markets
from newsroom.site.api import docs, errors
from newsroom.site.api.conditional import conditional
from newsroom.site.api.json import JSONRenderer
from newsroom.site.api.paging import Whole
from wire import api as wire


class Instruments(markets.InstrumentViewSet):
    """Every instrument the paper shows, in its order."""

    pagination_class = Whole


class Quotes(markets.QuoteViewSet):
    """The present price of every instrument, with its age and source."""

    pagination_class = Whole


def _list(view: type[Instruments | Quotes]) -> Callable[..., HttpResponseBase]:
    return conditional(view.as_view({"get": "list"}))


def _one(view: type[Instruments | Quotes]) -> Callable[..., HttpResponseBase]:
    return conditional(view.as_view({"get": "retrieve"}))


SYMBOL = Instruments.lookup_value_regex

urlpatterns = [
    path("v1/", docs.root, name="api-root"),
    path(
        "v1/articles/", conditional(articles.ArticleList.as_view()), name="api-articles"
    ),
    path(
        "v1/articles/<uuid:public_id>/",
        conditional(articles.ArticleDetail.as_view()),
        name="api-article",
    ),
    path(
        "v1/sections/", conditional(articles.SectionList.as_view()), name="api-sections"
    ),
    path("v1/issues/", conditional(articles.IssueList.as_view()), name="api-issues"),
    path("v1/wire/", conditional(wire.ItemList.as_view()), name="api-wire"),
    path(
        "v1/wire/<uuid:public_id>/",
        conditional(wire.ItemDetail.as_view()),
        name="api-wire-item",
    ),
    path("v1/instruments/", _list(Instruments), name="api-instruments"),
    re_path(
        rf"^v1/instruments/(?P<symbol>{SYMBOL})/$",
        _one(Instruments),
        name="api-instrument",
    ),
    path("v1/quotes/", _list(Quotes), name="api-quotes"),
    re_path(rf"^v1/quotes/(?P<symbol>{SYMBOL})/$", _one(Quotes), name="api-quote"),
    path(
        "v1/schema/",
        SpectacularAPIView.as_view(renderer_classes=[JSONRenderer]),
        name="api-schema",
    ),
    path("docs/", docs.portal, name="api-docs"),
    path("docs/errors/", docs.errors, name="api-errors"),
    re_path(r"^.*$", csrf_exempt(errors.not_found), name="api-nowhere"),
]
