"""A post as JSON, for `manage.py wire read` and for samples."""

from datetime import datetime

from .base import Media, Post, Reference


def as_json(post: Post) -> dict[str, object]:
    """Return the public fields of `post`, ready for `json.dumps`.

    Instants are ISO 8601 in UTC; what the source does not say is None, or "" for text.
    """
    return {
        "external_id": post.external_id,
        "version": post.version,
        "status": post.status,
        "kind": post.kind,
        "headline": post.headline,
        "text": post.words(),
        "url": post.url,
        "author": post.author,
        "source_time": _instant(post.source_time),
        "language": post.language,
        "repost_of": _reference(post.repost_of),
        "reply_to": _reference(post.reply_to),
        "media": [media_as_json(media) for media in post.media],
    }


def media_as_json(media: Media) -> dict[str, object]:
    """Return what is known of `media`; `kind` and `url` always."""
    known: dict[str, object] = {"kind": media.kind, "url": media.url}
    for field in (
        "type",
        "width",
        "height",
        "length",
        "duration",
        "title",
        "thumbnail",
    ):
        value = getattr(media, field)
        if value not in (None, ""):
            known[field] = value
    return known


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def _reference(to: Reference | None) -> dict[str, str] | None:
    return None if to is None else {"name": to.name, "url": to.url}
