"""What crawlers and browsers ask for beside pages: maps, robots, manifest."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from xml.sax.saxutils import escape

from django.conf import settings
from django.db.models import Max, Min
from django.db.models.functions import Now
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.templatetags.static import static

from articles.models import Article, Section
from articles.paths import article_path
from foundation.notifications import FEEDS
from newsroom.edge import public
from newsroom.site.pages.about import ENTRIES
from newsroom.site.pages.layout import DESCRIPTION

MAPS = "http://www.sitemaps.org/schemas/sitemap/0.9"
NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
MOST = 50_000  # addresses in one map, by the standard
ONE_MAP = 10_000  # stories up to which one map holds all
MOST_NEWS = 1_000
NEWS_AGE = timedelta(days=2)
PLACES = ["/", "/wire/", "/markets/", "/issues/", "/corrections/"]

Row = tuple[str, date | None, str, datetime | None]
FIELDS = ("section__slug", "published_on", "slug", "updated_at")


@public(tags=[FEEDS], max_age=900)
def sitemap(request: HttpRequest) -> HttpResponse:
    """All pages in one map while they fit; then an index with a map a month."""
    rows = Article.objects.live().newest_first().values_list(*FIELDS)
    stories = list(rows[: ONE_MAP + 1])
    if len(stories) <= ONE_MAP:
        return _xml("urlset", _urls([*_places(), *map(_story, stories)]))
    span = Article.objects.live().aggregate(Min("published_on"), Max("published_on"))
    months = _months(span["published_on__min"], span["published_on__max"])
    site = settings.PAPER_URL
    maps = [f"{site}/sitemap-pages.xml"]
    maps += [f"{site}/sitemap-{month}.xml" for month in months]
    return _xml("sitemapindex", (f"<sitemap>{_tag('loc', m)}</sitemap>" for m in maps))


@public(tags=[FEEDS], max_age=900)
def pages_map(request: HttpRequest) -> HttpResponse:
    """The pages that are not stories."""
    return _xml("urlset", _urls(_places()))


@public(tags=[FEEDS], max_age=900)
def month_map(request: HttpRequest, month: date) -> HttpResponse:
    """The stories of one month, newest first."""
    after = (month + timedelta(days=31)).replace(day=1)
    rows = (
        Article.objects.live()
        .filter(published_on__gte=month, published_on__lt=after)
        .newest_first()
        .values_list(*FIELDS)[:MOST]
    )
    stories = list(rows)
    if not stories:
        raise Http404(f"no stories in {month:%Y-%m}")
    return _xml("urlset", _urls(map(_story, stories)))


@public(tags=[FEEDS], max_age=300)
def news(request: HttpRequest) -> HttpResponse:
    """The stories first published in the last two days, for news search engines."""
    rows = (
        Article.objects.live()
        .filter(first_published_at__gt=Now() - NEWS_AGE)
        .newest_first()
        .values_list(
            "section__slug", "published_on", "slug", "first_published_at",
            "live_revision__headline",
        )[:MOST_NEWS]
    )  # fmt: skip
    parts = []
    for section, on, slug, at, headline in rows:
        if on and at:  # as all that is live has
            publication = _tag("news:name", settings.PAPER_NAME) + _tag(
                "news:language", "en"
            )
            about = (
                f"<news:publication>{publication}</news:publication>"
                + _tag("news:publication_date", at.isoformat(timespec="seconds"))
                + _tag("news:title", headline or "")
            )
            loc = _tag("loc", f"{settings.PAPER_URL}{article_path(section, on, slug)}")
            parts.append(f"<url>{loc}<news:news>{about}</news:news></url>")
    return _xml("urlset", parts, news=NEWS)


@public(max_age=3600)
def robots(request: HttpRequest) -> HttpResponse:
    """Everything readers see may be read by machines; the desk and the streams not."""
    lines = (
        "User-agent: *",
        "Disallow: /admin/",
        "Disallow: /live/",
        "Disallow: /search/",
        "",
        f"Sitemap: {settings.PAPER_URL}/sitemap.xml",
        f"Sitemap: {settings.PAPER_URL}/news-sitemap.xml",
        "",
    )
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@public(max_age=3600)
def manifest(request: HttpRequest) -> HttpResponse:
    """What a device needs to keep the paper among its apps."""
    icons = [
        {"src": static(f"img/icon-{size}.png"), "sizes": f"{size}x{size}"}
        for size in (192, 512)
    ]
    answer = {
        "name": settings.PAPER_NAME,
        "short_name": settings.PAPER_NAME,
        "description": DESCRIPTION,
        "start_url": "/",
        "display": "browser",
        "background_color": "#fcfbf8",
        "theme_color": "#fcfbf8",
        "lang": "en",
        "icons": [{**icon, "type": "image/png"} for icon in icons],
    }
    return JsonResponse(answer, content_type="application/manifest+json")


@public(max_age=3600)
def favicon(request: HttpRequest) -> HttpResponse:
    """Old readers ask for it by this name; pages name the real one."""
    return redirect(static("img/icon-32.png"), permanent=True)


@public(max_age=3600)
def opensearch(request: HttpRequest) -> HttpResponse:
    """How a browser's own search field asks us."""
    asked = f"{settings.PAPER_URL}/search/?q={{searchTerms}}"
    name = _tag("ShortName", settings.PAPER_NAME[:16])
    text = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">'
        f"{name}{_tag('Description', DESCRIPTION)}{_tag('InputEncoding', 'UTF-8')}"
        f'<Url type="text/html" template="{escape(asked)}"/></OpenSearchDescription>'
    )
    kind = "application/opensearchdescription+xml"
    return HttpResponse(text, content_type=kind)


def _story(row: Row) -> tuple[str, datetime | None]:
    section, on, slug, updated_at = row
    if on is None:
        raise ValueError(f"{slug} is live without a day in its address")
    return article_path(section, on, slug), updated_at


def _places() -> list[tuple[str, datetime | None]]:
    sections = Section.objects.in_order().values_list("slug", flat=True)
    paths = [*PLACES, *(f"/{slug}/" for slug in sections)]
    return [(path, None) for path in (*paths, *(entry["path"] for entry in ENTRIES))]


def _months(first: date, last: date) -> list[str]:
    """ "2026-06" and so on, newest first."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    numbers = (last.year * 12 + last.month - 1 - back for back in range(count))
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in numbers]


def _urls(rows: Iterable[tuple[str, datetime | None]]) -> list[str]:
    parts = []
    for path, at in rows:
        loc = _tag("loc", f"{settings.PAPER_URL}{path}")
        changed = _tag("lastmod", at.isoformat(timespec="seconds")) if at else ""
        parts.append(f"<url>{loc}{changed}</url>")
    return parts


def _tag(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"


def _xml(root: str, parts: Iterable[str], **spaces: str) -> HttpResponse:
    """Answer with a map; `spaces` are further namespaces by their prefix."""
    more = "".join(f' xmlns:{prefix}="{name}"' for prefix, name in spaces.items())
    body = "\n".join(parts)
    text = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<{root} xmlns="{MAPS}"{more}>\n{body}\n</{root}>\n'
    )
    return HttpResponse(text, content_type="application/xml; charset=utf-8")
