"""Changing what is said of a picture, or what its crops keep in view.

Stored pages hold both, so the public articles that show it are rendered again in the same
transaction.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from articles import alterations, rerendering, workflow
from articles.models import Article, Author, Image, ImageState, Status
from articles.models.change import lock_ledger
from articles.workflow import Refused
from foundation.notifications import author_tag, image_tag
from staff.models import User

_SAID = {"alt", "caption", "credit", "rights"}
_CROPPED = {"focal_x", "focal_y"}


@transaction.atomic
def update_image(image: Image, *, by: User, now: datetime, **fields: Any) -> int:  # noqa: ANN401
    """Change what is said of a picture, or what its crops keep in view.

    `fields`: alt, caption, credit, rights, focal_x, focal_y. A new focal point has the
    crops made again. Return how many public articles were rendered again. What changed is
    kept with the picture and with each article that shows it, or will. Raises `Refused`
    with the reason if readers see it, or will, and it is not for `by` to change that.
    """
    if unknown := fields.keys() - _SAID - _CROPPED:
        raise TypeError(f"a picture has no {', '.join(sorted(unknown))} to change")
    changes = {name: v for name, v in fields.items() if getattr(image, name) != v}
    if not changes:
        return 0
    lock_ledger()  # nobody publishes an article with it meanwhile
    if reason := why_not_update(image, by):
        raise Refused(reason)
    altered = {name: (getattr(image, name), value) for name, value in changes.items()}
    shown = Q(live_revision__image=image) | Q(lead_image=image) | _in_the_text(image)
    carrying = Article.objects.filter(shown).exclude(status=Status.KILLED)
    told = [None, *carrying.order_by("pk")]  # the picture itself, and what shows it
    alterations.keep(altered, by=by, at=now, articles=told, image=image)
    row = Image.objects.filter(pk=image.pk)
    if _CROPPED & changes.keys():
        row.restart(now=now, **changes, state=ImageState.NEW, decoder_crashes=0)
    else:
        row.update(**changes)
    image.refresh_from_db()
    faces = Author.objects.filter(portrait=image).values_list("slug", flat=True)
    tags = [image_tag(image.public_id), *(author_tag(slug) for slug in faces)]
    return rerendering.rerender_newest(Article.objects.showing(image), tags)


def passed_with(image: Image) -> QuerySet[Article]:
    """Articles that were passed with this picture: approved, scheduled or public."""
    return Article.objects.filter(
        Q(status=Status.LIVE, live_revision__image=image)
        | Q(status=Status.READY, lead_image=image)
        | _in_the_text(image)
    ).order_by("-pk")


def _in_the_text(image: Image) -> Q:
    """Public texts in whose body it stands; their own index knows them."""
    return Q(status=Status.LIVE, public_pictures__contains=[image.public_id])


def why_not_update(image: Image, by: User) -> str:
    """Say why `by` may not change what is said of a picture, or return nothing.

    Two queries, the second for who is not an editor.
    """
    # Status.LIVE sorts before Status.READY: what asks for more is asked first
    for article in passed_with(image).order_by("status", "-pk").distinct("status"):
        if reason := workflow.why_not_around("picture", article, by):
            return f"“{article.headline}” shows it. {reason}"
    if not by.has_perm("articles.change_image"):
        return "Pictures are not yours to change: ask somebody who may."
    is_face = not by.has_perm("articles.change_author") and (
        Author.objects.filter(portrait=image).exists()
    )
    return "It is the face of an author: an editor changes it." if is_face else ""
