"""Adding a source: look at what an address serves, and say what it is."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model
from django.utils.text import slugify

from foundation import codes
from wire import connectors, http
from wire.connectors.base import Origin
from wire.models import Publisher, Source
from wire.polling import Get

LONGEST_TAG = 12  # characters of a language, as the column


def add_source(
    url: str,
    *,
    now: datetime,
    format: str = "",
    name: str = "",
    publisher: str = "",
    release: str = "",
    fetch: Get = http.fetch,
) -> Source:
    """Fetch `url` once, find its format, and start listening to it.

    A Telegram channel may be given as `https://t.me/<channel>`. The name defaults to the
    document's title, the publisher to the name. Raises `http.FetchError`, or `ParseError`
    with what the address serves instead of a source; `ValueError` for one we have, or with
    what a field may not hold.
    """
    url = _preview(url)
    if Source.objects.filter(url=url).exists():
        raise ValueError(f"{url} is a source already.")
    fetched = fetch(url)
    origin = Origin(url=fetched.url, content_type=fetched.content_type)
    format = format or connectors.detect(fetched.body, fetched.content_type)
    batch = connectors.read(fetched.body, format=format, origin=origin)
    name = (name or batch.title or urlsplit(url).netloc).strip()[:120]
    if Source.objects.filter(name=name).exists():
        raise ValueError(f"There is a source called “{name}”; choose another name.")
    behind = Publisher(
        name=publisher or name,
        slug=slugify(publisher or name)[:120] or "publisher",
    )
    source = Source(
        name=name,
        slug=_free_slug(name),
        url=url,
        format=format,
        language=_language(batch.language),
        due_at=now,
        **({"release": release} if release else {}),
    )
    _judge(behind)
    _judge(source, exclude={"publisher"})
    with transaction.atomic():
        source.publisher, _ = Publisher.objects.get_or_create(
            name=behind.name, defaults={"slug": behind.slug}
        )
        source.save()
    return source


def _language(declared: str) -> str:
    """Return what the document says of its language, empty where that is no language."""
    try:
        codes.language(declared)
    except ValidationError:
        return ""
    return declared if len(declared) <= LONGEST_TAG else ""


def _judge(row: Model, exclude: Collection[str] = ()) -> None:
    """Raise `ValueError` with what a field may not hold, and what would be right."""
    try:
        row.clean_fields(exclude=set(exclude))
    except ValidationError as error:
        raise ValueError(
            " ".join(
                f"{field}: {' '.join(words)}"
                for field, words in error.message_dict.items()
            )
        ) from error


def _preview(url: str) -> str:
    """Turn a Telegram channel's address into that of its public preview."""
    parts = urlsplit(url if "//" in url else f"https://{url}")
    path = parts.path.strip("/")
    if parts.netloc in ("t.me", "telegram.me") and path and "/" not in path:
        return f"https://t.me/s/{path}"
    return parts.geturl()


def _free_slug(name: str) -> str:
    slug = slugify(name)[:110] or "source"
    taken = set(
        Source.objects.filter(slug__startswith=slug).values_list("slug", flat=True)
    )
    candidates = [slug, *(f"{slug}-{n}" for n in range(2, len(taken) + 3))]
    return next(c for c in candidates if c not in taken)
