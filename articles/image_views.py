"""Which pictures readers may have: those of public articles and of authors, no others."""

from __future__ import annotations

import re

from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response

from articles.image_markup import TYPES, mark
from articles.models import Article, Author, Image, ImageState, Rendition
from foundation.notifications import image_tag

NAME = re.compile(r"(whole|3x2|1x1)-(\d{1,5})\.(avif|webp|jpeg)")
FOR_NOW = "public, max-age=5"
# A changed picture has a new address; but a cache shared by many asks each minute whether
# it may still show it: the story may have been killed.
FOR_EVER = "public, max-age=31536000, immutable, s-maxage=60"


def rendition(
    request: HttpRequest, public_id: str, state: str, name: str
) -> HttpResponse:
    """Serve one rendition, while something public shows the picture; else 404.

    The same 404 for a picture that does not exist and for one that is not out yet; 410
    for one that was removed.
    """
    parts = NAME.fullmatch(name)
    if parts is None:
        raise Http404
    shape, width, format = parts.groups()
    shown = Article.objects.live().filter(live_revision__image=OuterRef("image"))
    portrait = Author.objects.filter(portrait=OuterRef("image"))
    found = (
        Rendition.objects.filter(
            image__public_id=public_id, shape=shape, width=width, format=format
        )
        .annotate(is_shown=Exists(shown) | Exists(portrait))
        .select_related("image")
        .first()
    )
    if found is None:
        if Image.objects.filter(public_id=public_id, state=ImageState.REMOVED).exists():
            return _gone()
        raise Http404
    is_now = found.is_shown and mark(found.image) == state
    if not is_now and not _in_a_body(found.image, request.path):
        raise Http404
    with found.file.open("rb") as file:
        response = HttpResponse(file.read(), content_type=TYPES[format])
    # While new crops are being made, the old ones stand in at the new address.
    is_ready = is_now and found.image.state == ImageState.READY
    response["Cache-Control"] = FOR_EVER if is_ready else FOR_NOW
    response["Surrogate-Key"] = image_tag(public_id)
    response["Content-Disposition"] = "inline"
    if not is_ready:
        return response
    response["ETag"] = f'"{state}-{name}"'
    answer = get_conditional_response(request, response["ETag"], response=response)
    return answer or response


def _gone() -> HttpResponse:
    response = HttpResponse(
        "This picture was removed.\n", status=410, content_type="text/plain"
    )
    response["Cache-Control"] = "no-store"
    return response


def _in_a_body(image: Image, path: str) -> bool:
    """Whether a public text shows `image` at this very address.

    It stays the address of that text, whatever crops are made of the picture since. Only
    texts that hold the picture are read: an index knows them.
    """
    holding = Article.objects.live().filter(public_pictures__contains=[image.public_id])
    return holding.filter(live_revision__body__contains=f'src="{path}"').exists()
