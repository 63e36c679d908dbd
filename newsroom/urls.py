"""Every address of the paper. docs/permissions.md has a row for each."""

from django.contrib import admin
from django.urls import include, path, re_path, register_converter

import markets.urls
from articles import image_views
from newsroom.edge import public
from newsroom.site import converters, feeds, sitemaps
from newsroom.site.pages import about, corrections, front, lists, search, stories, wire

register_converter(converters.Day, "day")
register_converter(converters.DayPath, "daypath")
register_converter(converters.Month, "month")

STORY = "<slug:section>/<daypath:on>/<slug:slug>/"
FORMAT = r"feed\.(?P<format>atom|rss|json)"

# The app's own addresses, each marked public: an app cannot know the edge.
MARKETS = [
    path(str(found.pattern), public(minute=True)(found.callback), name=found.name)
    for found in markets.urls.urlpatterns
]

handler400 = "newsroom.site.pages.errors.bad_request"
handler403 = "newsroom.site.pages.errors.forbidden"
handler404 = "newsroom.site.pages.errors.not_found"
handler500 = "newsroom.site.pages.errors.broken"

urlpatterns = [
    path("", front.front, name="front"),
    path("admin/", admin.site.urls),
    path("api/", include("newsroom.site.api.urls")),
    path("wire/", wire.index, name="wire"),
    path("wire/<uuid:public_id>/", wire.item, name="wire-item"),
    path("markets/", include((MARKETS, "markets"))),
    path("issues/", lists.issues, name="issues"),
    path("issues/<day:on>/", lists.issue, name="issue"),
    path("topics/<slug:slug>/", lists.topic, name="topic"),
    path("authors/<slug:slug>/", lists.author, name="author"),
    path("search/", search.search, name="search"),
    path("corrections/", corrections.corrections, name="corrections"),
    path("about/", about.about, name="about"),
    path("about/<slug:slug>/", about.about, name="about-page"),
    re_path(rf"^{FORMAT}$", feeds.paper, name="feed"),
    re_path(rf"^corrections/{FORMAT}$", feeds.corrections, name="corrections-feed"),
    path("sitemap.xml", sitemaps.sitemap, name="sitemap"),
    path("sitemap-pages.xml", sitemaps.pages_map, name="sitemap-pages"),
    path("sitemap-<month:month>.xml", sitemaps.month_map, name="sitemap-month"),
    path("news-sitemap.xml", sitemaps.news, name="news-sitemap"),
    path("robots.txt", sitemaps.robots, name="robots"),
    path("site.webmanifest", sitemaps.manifest, name="manifest"),
    path("opensearch.xml", sitemaps.opensearch, name="opensearch"),
    path("favicon.ico", sitemaps.favicon, name="favicon"),
    path(
        "media/<uuid:public_id>/<slug:state>/<str:name>",
        image_views.rendition,
        name="media",
    ),
    # Sections take what is left.
    re_path(rf"^(?P<slug>[-\w]+)/{FORMAT}$", feeds.section, name="section-feed"),
    path("<slug:slug>/", lists.section, name="section"),
    path(STORY, stories.story, name="story"),
    path(f"{STORY}history/", stories.history, name="story-history"),
    path(f"{STORY}provenance.json", stories.provenance, name="story-provenance"),
]
