"""Proving what was ever public: texts and the chain of changes, computed again.

A proof yields once for everything it looked at: an empty string where all is right, else
one sentence that names the row. It reads in batches, in any number of rows.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Model, OuterRef, QuerySet, Subquery

from articles.models import Change, Revision
from articles.models.change import FIRST, LINK_FORMS
from articles.models.revision import FORMS, text_hash

NEWER = "this release does not know it."


def by_key[M: Model](rows: QuerySet[M], size: int = 500) -> Iterator[M]:
    """Give `rows` in the order of their keys, a batch at a time, each one a statement."""
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:size]):
        yield from batch
        last = batch[-1].pk


def revisions() -> Iterator[str]:
    """Prove that every saved text is the one that was saved."""
    columns = ("article__public_id", "image__public_id")
    texts = Revision.objects.select_related("article", "image").only(
        *columns, "n", "headline", "standfirst", "body", "framing", "bylines",
        "caption", "hash", "hash_form",
    )  # fmt: skip
    for text in by_key(texts):
        where = f"revision {text.n} of article {text.article.public_id}"
        if text.hash_form not in FORMS:
            yield f"The text of {where} is hashed in form {text.hash_form}: {NEWER}"
        elif text.hash != text_hash(text.text(), text.hash_form):
            yield f"The text of {where} was altered."
        else:
            yield ""


def changes() -> Iterator[str]:
    """Prove the ledger: each change as it was written, and none missing between two."""
    texts = Revision.objects.filter(
        article=OuterRef("article"), n=OuterRef("revision_n")
    )
    links = Change.objects.select_related("article").only(
        "article__public_id",
        "kind",
        "revision_n",
        "at",
        "previous",
        "hash",
        "hash_form",
    )
    previous = FIRST
    for link in by_key(links.annotate(text=Subquery(texts.values("hash")))):
        yield _wrong(link, getattr(link, "text"), previous)  # noqa: B009 - annotated
        previous = link.hash


def _wrong(link: Change, text: str | None, previous: str) -> str:
    if link.previous != previous:
        return f"The chain is broken before change {link.pk}: one was taken or put in."
    if text is None:
        return f"The text of change {link.pk} is gone."
    if link.hash_form not in LINK_FORMS:
        return f"Change {link.pk} is hashed in form {link.hash_form}: {NEWER}"
    if link.hash != link.digest(text):
        return f"Change {link.pk} is not what was written."
    return ""


def head() -> str:
    """Return the hash of the last change, which stands for all before it."""
    last = Change.objects.order_by("-pk").values_list("hash", flat=True).first()
    return last or FIRST
