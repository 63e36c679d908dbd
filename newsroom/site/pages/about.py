"""What the paper says of itself. The text is in templates/about/, one file a page."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from newsroom.edge import public
from newsroom.site.pages.layout import page

TITLES = {
    "": "About us",
    "standards": "Standards",
    "wire": "How we use the wire",
    "corrections": "How we correct",
    "privacy": "Privacy",
    "accessibility": "Accessibility",
}
ENTRIES = [
    {"path": f"/about/{slug}/" if slug else "/about/", "title": title}
    for slug, title in TITLES.items()
]


@public(minute=True)
def about(request: HttpRequest, slug: str = "") -> HttpResponse:
    """One page of policy."""
    if slug not in TITLES:
        raise Http404(f"nothing about {slug!r}")
    context = {
        "title": TITLES[slug],
        "path": f"/about/{slug}/" if slug else "/about/",
        "entries": ENTRIES,
        "numbering": settings.PAPER_NUMBERING,
    }
    return page(f"about/{slug or 'about'}.html", context, now=timezone.now())
