"""What comes in: sources, prices, calendars, and what could not be read."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import OuterRef, Subquery

from articles.models import Image, ImageState
from markets.calendars import WARN_DAYS, expiries
from markets.models import Feed
from newsroom.operations.doctor.finding import NAMED, Finding, Level, ago, named
from wire.models import DeadLetter, Item, Source
from wire.models.sources import GAP_TOLD

TRIES = 3  # failures in a row that are no accident any more
SILENT = timedelta(days=3)  # without one new post


def sources(now: datetime) -> Finding:
    """Do the sources we listen to answer?"""
    listening = Source.objects.active()
    count, paused = listening.count(), Source.objects.filter(enabled=False)
    failing = listening.failing().filter(failures__gte=TRIES)
    worst = [f"{s.name} ({_reason(s.failures, s.last_error)})" for s in failing[:NAMED]]
    off = list(paused.order_by("name").values_list("name", flat=True)[:NAMED])
    rest = f" Paused: {named(off, paused.count())}." if off else ""
    if not worst:
        return Finding(Level.OK, "sources", f"{count:,} are listened to.{rest}")
    bad = failing.count()
    return Finding(
        Level.BROKEN if bad == count > 1 else Level.WARNING,
        "sources",
        f"{bad:,} of {count:,} fail: {named(worst, bad)}.{rest}",
        "If all fail, see this machine's way out; else test them at the desk: Sources.",
    )


def silence(now: datetime) -> Finding:
    """Has a source that answers brought nothing for days?"""
    last = Item.objects.filter(source=OuterRef("pk")).last_seen_first()
    quiet = Source.objects.active().filter(failures=0)
    heard = quiet.annotate(last=Subquery(last.values("seen_at")[:1])).filter(
        last__lt=now - SILENT
    )
    names = [
        f"{name} ({ago(now - at)})"
        for name, at in heard.order_by("last", "pk").values_list("name", "last")[:NAMED]
    ]
    if not names:
        return Finding(
            Level.OK, "silence", f"No source that answers is silent for {ago(SILENT)}."
        )
    return Finding(
        Level.WARNING,
        "silence",
        f"They answer and bring nothing new: {named(names, heard.count())}.",
        "See whether they have moved; pause those that have ended.",
    )


def gaps(now: datetime) -> Finding:
    """Were posts missed between two polls?"""
    missing = Source.objects.active().missing(now)
    told = [f"{source.name} ({source.gap[:160]})" for source in missing[:NAMED]]
    if not told:
        return Finding(Level.OK, "missed posts", f"None in {ago(GAP_TOLD)}.")
    return Finding(
        Level.WARNING,
        "missed posts",
        f"They could not be had: {named(told, missing.count())}.",
        "Read them at the source; poll it more often if it posts that much.",
    )


def feeds() -> Finding:
    """Do the providers of prices answer?"""
    active = Feed.objects.active()
    failing = active.failing().filter(failures__gte=TRIES)
    worst = [f"{f.name} ({_reason(f.failures, f.last_error)})" for f in failing[:NAMED]]
    if not worst:
        return Finding(Level.OK, "market feeds", f"{active.count():,} are on.")
    return Finding(
        Level.WARNING,
        "market feeds",
        f"{failing.count():,} of {active.count():,} fail:"
        f" {named(worst, failing.count())}.",
        "Readers see these prices as stale. Test one: manage.py markets fetch NAME.",
    )


def calendars(now: datetime) -> Finding:
    """How long are the exchanges' days known?"""
    known = expiries(now)
    over = [e.mic for e in known if e.days_left < 0]
    near = [f"{e.mic} ({e.days_left} days)" for e in known if e.is_near]
    do = "Load newer ones: manage.py markets load, or add days at the desk: Sessions."
    if over:
        said = f"Nobody knows the hours of {named(over)} any more."
        return Finding(Level.BROKEN, "calendars", said, do)
    if near:
        return Finding(
            Level.WARNING, "calendars", f"Calendars end soon: {named(near)}.", do
        )
    if not known:
        return Finding(Level.WARNING, "calendars", "There are no exchanges.", do)
    return Finding(
        Level.OK, "calendars", f"All {len(known)} reach {WARN_DAYS} days or further."
    )


def dead_letters() -> Finding:
    """Did anything arrive that could not be read?"""
    letters = DeadLetter.objects.open()
    newest = letters.select_related("source").order_by("-last_at", "-pk").first()
    if newest is None:
        return Finding(Level.OK, "dead letters", "None is open.")
    return Finding(
        Level.WARNING,
        "dead letters",
        f"{letters.count():,} could not be read; the last is of {newest}.",
        "Read and close them at the desk: Dead letters.",
    )


def pictures() -> Finding:
    """Could every picture be worked on?"""
    failed = Image.objects.filter(state=ImageState.FAILED).order_by("-pk")
    words = [f"{image} ({image.last_error[:60]})" for image in failed[:NAMED]]
    if not words:
        return Finding(Level.OK, "pictures", "None has failed.")
    return Finding(
        Level.WARNING,
        "pictures",
        f"{failed.count():,} could not be worked on: {named(words, failed.count())}.",
        "Upload them anew, as JPEG or PNG.",
    )


def _reason(failures: int, error: str) -> str:
    first = (error.strip() or "no reason given").splitlines()[0]
    return f"{failures} times: {first[:80]}"
