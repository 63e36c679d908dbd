"""Giving an article its address, once, and leading on from an address it had before."""

from __future__ import annotations

from datetime import date, datetime

from django.conf import settings

from articles import issue_numbering
from articles.models import Article, Issue, OldAddress
from articles.workflow import Refused


def assign_address(article: Article, visible: datetime) -> dict[str, object]:
    """Return day, issue and slug of an article that readers first see at `visible`.

    The slug gets a number if another article has this address, or has had it.
    """
    on = issue_numbering.day(visible, settings.PAPER_TIME_ZONE)
    slug = article.slug
    taken = taken_slugs(article, on)
    turn = 2
    while slug in taken:
        slug = f"{article.slug[:114]}-{turn}"
        turn += 1
    issue = Issue.objects.for_date(on)
    return {"published_on": on, "slug": slug, "issue": issue}


def taken_slugs(article: Article, on: date) -> set[str]:
    """Return the slugs of other articles in this one's section on that day. One query."""
    here = Article.objects.filter(section=article.section_id, published_on=on)
    start = f"/{article.section.slug}/{on:%Y/%m/%d}/"
    old = OldAddress.objects.filter(path__startswith=start).exclude(article=article)
    now = here.exclude(pk=article.pk).values_list("slug", flat=True)
    found = now.union(old.values_list("path", flat=True), all=True)
    return {slug.removeprefix(start).rstrip("/") for slug in found}


def redirect_old(article: Article, path: str, *, at: datetime) -> None:
    """Lead from `path`, its old address, to the one it has now; old loops are undone.

    Raises `Refused` if another article of that day has the new address.
    """
    on = article.published_on
    if on is None or article.slug in taken_slugs(article, on):
        raise Refused(
            f"Another article of that day has the address {article.get_absolute_url()}."
        )
    OldAddress.objects.filter(path=article.get_absolute_url()).delete()
    OldAddress.objects.get_or_create(path=path, defaults={"article": article, "at": at})
