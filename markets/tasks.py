"""What the clock rings. The timetable is in newsroom/celery.py; queue `markets`."""

from celery import shared_task
from django.utils import timezone

from markets import http, refresh
from markets.models import Feed


@shared_task
def refresh_due() -> None:
    """Ring for every feed that is due. Doubled rings are harmless: the lease decides."""
    for feed_id in Feed.objects.due(timezone.now()).values_list("pk", flat=True):
        refresh_feed.apply_async(kwargs={"feed_id": feed_id}, queue="markets")


@shared_task
def refresh_feed(*, feed_id: int) -> str:
    """Fetch one feed, unless another worker is at it."""
    feed = Feed.objects.filter(pk=feed_id).first()
    if feed is None:
        return "the feed is gone"
    try:
        return str(refresh.refresh(feed, now=timezone.now(), fetch=http.fetch))
    except (Feed.Taken, Feed.Late) as lost:
        return str(lost)


@shared_task
def prune() -> int:
    """Forget prices and refusals too old to matter."""
    return refresh.prune(timezone.now())
