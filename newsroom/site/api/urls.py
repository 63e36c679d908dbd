"""The partner API: every resource, the schema and the guide."""

from __future__ import annotations

from django.urls import include, path, re_path
from django.views.decorators.csrf import csrf_exempt

from articles import api as articles
from markets import api as markets
from newsroom.site.api import docs, errors
from newsroom.site.api.root import Router, Schema
from wire import api as wire

router = Router()
router.register("articles", articles.ArticleViewSet, "article")
router.register("sections", articles.SectionViewSet, "section")
router.register("issues", articles.IssueViewSet, "issue")
router.register("wire", wire.ItemViewSet, "wire")
router.register("instruments", markets.InstrumentViewSet, "instrument")
router.register("quotes", markets.QuoteViewSet, "quote")

v1 = [*router.urls, path("schema/", Schema.as_view(), name="schema")]

urlpatterns = [
    path("v1/", include((v1, "v1"))),
    path("docs/", docs.portal, name="api-docs"),
    path("docs/errors/", docs.errors, name="api-errors"),
    re_path(r"^.*$", csrf_exempt(errors.not_found), name="api-nowhere"),
]
