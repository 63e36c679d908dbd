"""Saving the working text: a new revision each time, and nobody's words overwritten."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.text import slugify

from articles import body, limits
from articles.models import (
    Article,
    Author,
    Autosave,
    Byline,
    Revision,
    RevisionKind,
    Section,
)
from articles.models.revision import newest_form, text_hash
from articles.statuses import EDITABLE, STATUSES, Status
from articles.workflow import Refused
from wire.sanitise import clean_line, clean_text

if TYPE_CHECKING:
    from staff.models import User

_FIELDS = {"headline", "standfirst", "body", "framing", "lead_image", "caption"}


class EditConflict(Exception):
    """Somebody else saved first. Nothing was overwritten; both texts are here.

    `mine` holds the whole text that was not saved, `theirs` the revision that was saved
    meanwhile, `base` the one both started from (None if it never existed).
    """

    def __init__(
        self, mine: dict[str, Any], theirs: Revision, base: Revision | None
    ) -> None:
        super().__init__(
            f"{theirs.by} saved this article at {theirs.at:%H:%M} UTC, after you opened "
            "it. Your text is not lost: compare the two and save again."
        )
        self.mine, self.theirs, self.base = mine, theirs, base


def start(
    *,
    section: Section,
    headline: str,
    by: User,
    now: datetime,
    **text: Any,  # noqa: ANN401
) -> Article:
    """Make a draft with its first revision; `text` as for `save`. Raises as `save`."""
    if not by.has_perm("articles.add_article"):
        raise Refused("Starting an article is not yours to do: ask somebody who may.")
    with transaction.atomic():
        article = Article.objects.create(
            section=section,
            headline=_headline(headline),
            slug=slug_for(headline),
            created_by=by,
            created_at=now,
            changed_at=now,
        )
        save(article, by=by, now=now, base_n=0, headline=headline, **text)
    return article


def slug_for(headline: str) -> str:
    """Return the headline as a part of an address, `story` where nothing is left of it."""
    slug = slugify(headline)[:80]
    return (slug.rsplit("-", 1)[0] if len(slug) == 80 else slug).strip("-_") or "story"


def save(
    article: Article,
    *,
    by: User,
    now: datetime,
    base_n: int | None,
    bylines: list[tuple[Author, str]] | None = None,
    note: str = "",
    kind: str = RevisionKind.SAVED,
    restored_n: int | None = None,
    **fields: Any,  # noqa: ANN401
) -> Revision:
    """Save a new revision of the working text; what is not given stays as it was.

    `base_n` is the revision the edit started from. `fields`: headline, standfirst, body,
    framing, lead_image, caption. The same text again makes no revision. Raises
    `EditConflict`, with both texts, if somebody else saved meanwhile; `workflow.Refused`,
    `limits.TooMuch` or `body.Unusable` with the reason otherwise.
    """
    check_may_edit(article, by)
    if base_n is None:
        raise Refused("This save does not say which revision it started from.")
    base = article.revisions.select_related("image").filter(n=base_n).first()
    text = _whole_text(article, base, fields)
    with transaction.atomic():
        text["bylines"] = _printed_bylines(article, bylines)
        digest = text_hash(text, form := newest_form())
        if (done := _saved_before(article, digest)) is not None:
            _show_in_hand(article, done)
            return done
        if not _compare_and_swap(article, base_n, text, now):
            return _refuse_or_repeat(article, base, digest, text)
        if bylines is not None:
            _set_bylines(article, bylines)
        revision = article.revisions.create(
            n=base_n + 1,
            kind=kind,
            by=by,
            at=now,
            note=note,
            restored_n=restored_n,
            hash=digest,
            hash_form=form,
            **text,
        )
        article.autosaves.filter(by=by).delete()
    _show_in_hand(article, revision)
    article.changed_at = now
    return revision


def restore(
    article: Article, n: int, *, by: User, now: datetime, base_n: int
) -> Revision:
    """Save the text of revision `n` as a new revision. Raises as `save`."""
    old = article.revisions.select_related("image").filter(n=n).first()
    if old is None:
        raise Refused(f"There is no revision {n} of this article.")
    return save(
        article,
        by=by,
        now=now,
        base_n=base_n,
        kind=RevisionKind.RESTORED,
        note=f"Restored from revision {n}",
        restored_n=n,
        headline=old.headline,
        standfirst=old.standfirst,
        body=old.body,
        framing=old.framing,
        lead_image=old.image,
        caption=old.caption,
    )


def save_again(article: Article, *, by: User, now: datetime, note: str) -> Revision:
    """Save the same text as a new revision, because its evidence changed.

    Call it with the article's row locked.
    """
    old = article.current_revision()
    article.revision_n += 1
    article.changed_at = now
    article.save(update_fields=["revision_n", "changed_at"])
    return article.revisions.create(
        n=article.revision_n,
        kind=RevisionKind.EVIDENCE,
        by=by,
        at=now,
        note=note,
        hash=old.hash,
        hash_form=old.hash_form,
        **old.text(),
    )


def autosave(
    article: Article, *, by: User, now: datetime, base_n: int, **fields: str
) -> Autosave:
    """Keep what `by` has typed and not saved; see `Autosave`. `fields` are texts."""
    check_may_edit(article, by)
    if unknown := fields.keys() - (_FIELDS - {"lead_image"}):
        raise TypeError(f"no such text: {', '.join(sorted(unknown))}")
    for name, value in fields.items():
        limits.within(f"The {name}", value, limits.MAX_PASTE)
    kept, _ = article.autosaves.update_or_create(
        by=by, defaults={"base_n": base_n, "text": fields, "at": now}
    )
    return kept


def check_may_edit(article: Article, by: User) -> None:
    """Raise `Refused` unless `by` may change the working text as it stands."""
    if not by.has_perm("articles.change_article"):
        raise Refused("Changing articles is not yours to do: ask somebody who may.")
    if article.status not in EDITABLE:
        raise Refused(STATUSES[Status(article.status)].closed)


def _whole_text(
    article: Article, base: Revision | None, fields: dict[str, Any]
) -> dict[str, Any]:
    """Return the whole new text, cleaned; what is not in `fields` comes from `base`."""
    if unknown := fields.keys() - _FIELDS:
        raise TypeError(f"no such text: {', '.join(sorted(unknown))}")
    text: dict[str, Any] = (
        base.text()
        if base
        else {
            "headline": article.headline,
            "standfirst": article.standfirst,
            "body": article.body,
            "framing": article.framing,
            "image": article.lead_image,
            "caption": article.caption,
        }
    )
    clean = {
        "headline": _headline,
        "standfirst": lambda given: limits.within(
            "The standfirst", clean_text(given), limits.MAX_STANDFIRST
        ),
        "body": lambda given: body.clean(given, base=base.body if base else ""),
        "framing": lambda given: limits.within(
            "The framing note", clean_text(given), limits.MAX_FRAMING
        ),
        "caption": lambda given: limits.within(
            "The caption", clean_line(given), limits.MAX_CAPTION
        ),
    }
    for name, value in fields.items():
        if name == "lead_image":
            text["image"] = value
        else:
            text[name] = clean[name](value)
    return text


def _headline(given: str) -> str:
    headline = limits.within("The headline", clean_line(given), limits.MAX_HEADLINE)
    if not headline:
        raise Refused("An article needs a headline.")
    return headline


def _printed_bylines(
    article: Article, bylines: list[tuple[Author, str]] | None
) -> list[dict[str, str]]:
    """Return the bylines as they will be printed: names, not only links to authors."""
    if bylines is None:
        rows = article.bylines.select_related("author").order_by("position", "pk")
        bylines = [(row.author, row.role) for row in rows]
    if len(bylines) > limits.MAX_BYLINES:
        raise limits.TooMuch(
            f"{len(bylines)} authors; {limits.MAX_BYLINES} are allowed. Nothing was saved."
        )
    return [
        {"name": author.name, "slug": author.slug, "role": role}
        for author, role in bylines
    ]


def _set_bylines(article: Article, bylines: list[tuple[Author, str]]) -> None:
    article.bylines.all().delete()
    Byline.objects.bulk_create(
        Byline(article=article, author=author, role=role, position=position)
        for position, (author, role) in enumerate(bylines, start=1)
    )


def _saved_before(article: Article, digest: str) -> Revision | None:
    """Return the newest revision if it has this very text: a save sent twice."""
    newest = article.revisions.select_related("image").order_by("-n").first()
    if newest is None or newest.hash_in(newest_form()) != digest:
        return None
    return newest


def _compare_and_swap(
    article: Article, base_n: int, text: dict[str, Any], now: datetime
) -> bool:
    """Put the text in if the article still is at `base_n`: the number is the lock."""
    columns = {name: value for name, value in text.items() if name != "bylines"}
    columns["lead_image"] = columns.pop("image")
    here = Article.objects.filter(pk=article.pk, revision_n=base_n, status__in=EDITABLE)
    return bool(here.update(revision_n=base_n + 1, changed_at=now, **columns))


def _refuse_or_repeat(
    article: Article, base: Revision | None, digest: str, mine: dict[str, Any]
) -> Revision:
    """Say why the swap failed, or return the revision that has this very text."""
    if (done := _saved_before(article, digest)) is not None:
        _show_in_hand(article, done)
        return done
    now_at = Article.objects.only("status", "revision_n").get(pk=article.pk)
    if now_at.status not in EDITABLE:
        raise Refused(STATUSES[Status(now_at.status)].closed)
    newest = article.revisions.select_related("by").order_by("-n").first()
    if newest is None:
        raise Refused("This save names a revision that was never there.")
    raise EditConflict(mine, newest, base)


def _show_in_hand(article: Article, revision: Revision) -> None:
    """Let the article in hand show the revision just saved."""
    article.revision_n = revision.n
    article.headline, article.standfirst = revision.headline, revision.standfirst
    article.body, article.framing = revision.body, revision.framing
    article.lead_image, article.caption = revision.image, revision.caption
