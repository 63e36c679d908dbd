"""Posts between two polls that the newest page no longer shows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from outgoing import errors
from wire import gaps, polling
from wire.models import Fetch, Item, Reading, Source, Version
from wire.tests.factories import NINE, fetched, make_source

pytestmark = pytest.mark.django_db

CHANNEL = "https://t.me/s/harbourwatch"
SAID = datetime(2026, 3, 1, tzinfo=UTC)  # the time of post 0; one a minute


@pytest.fixture(autouse=True)
def _own_blobs(settings, tmp_path):
    settings.BLOB_DIR = tmp_path / "blobs"


def page(first, last, *, older="", channel="harbourwatch"):
    """A channel's page with the posts `first` to `last`, and the address of older ones."""
    messages = "".join(
        f'<div class="tgme_widget_message" data-post="{channel}/{n}">'
        f'<div class="tgme_widget_message_text">Post number {n}.</div>'
        f'<a class="tgme_widget_message_date" href="https://t.me/{channel}/{n}">'
        f'<time datetime="{(SAID + timedelta(minutes=n)).isoformat()}"></time></a></div>'
        for n in range(first, last + 1)
    )
    link = f'<link rel="prev" href="{older}">' if older else ""
    return f"<html><head>{link}</head><body>{messages}</body></html>".encode()


class Channel:
    """A channel that shows twenty posts a page, and has posted up to `last`."""

    def __init__(self, last):
        self.last = last
        self.asked = []
        self.answers = {}  # an older page's query → what it answers instead

    def __call__(self, url, **validators):
        self.asked.append(url.removeprefix(CHANNEL))
        before = int(url.partition("?before=")[2] or self.last + 1)
        answer = self.answers.get(before) or self.answers.get("any")
        if isinstance(answer, BaseException) and "?before=" in url:
            raise answer
        body = answer if isinstance(answer, bytes) else self.body(before)
        return fetched(body, url=url, etag=f'"{self.last}"', content_type="text/html")

    def body(self, before):
        first = max(before - 20, 1)
        older = f"/s/harbourwatch?before={first}" if first > 1 else ""
        return page(first, before - 1, older=older)


@pytest.fixture
def source():
    return make_source(name="Harbour Watch", url=CHANNEL, format="telegram")


def poll(fetch, *, now=NINE):
    return list(polling.poll_due(clock=lambda: now, fetch=fetch))


def numbers():
    return sorted(int(i.rpartition("/")[2]) for i in Item.objects.values_list(
        "external_id", flat=True))  # fmt: skip


def heard_up_to(source, last):
    """Poll once when the channel has posted `last`, and make the source due again."""
    channel = Channel(last)
    poll(channel)
    source.refresh_from_db()
    return channel


def test_posts_beyond_the_newest_page_are_fetched_up_to_what_is_known(source):
    channel = heard_up_to(source, 20)
    channel.last = 60
    (outcome,) = poll(channel, now=source.due_at)

    source.refresh_from_db()
    assert numbers() == list(range(1, 61))
    assert channel.asked == ["", "", "?before=41", "?before=21"]
    assert (outcome.result, outcome.report.new) == ("stored", 40)
    assert (source.gap, source.etag) == ("", '"60"')
    ids = list(Item.objects.order_by("pk").values_list("external_id", flat=True))
    assert ids == [f"harbourwatch/{n}" for n in range(1, 61)]
    assert not Reading.objects.exists()


def test_every_post_of_an_older_page_names_the_bytes_it_came_in(source):
    channel = heard_up_to(source, 20)
    channel.last = 60
    poll(channel, now=source.due_at)

    blobs = Version.objects.values_list("blob", flat=True).distinct()
    assert len(blobs) == 3


def test_a_page_that_reaches_what_is_known_asks_for_no_other(source):
    channel = heard_up_to(source, 20)
    channel.last = 39
    poll(channel, now=source.due_at)

    assert numbers() == list(range(1, 40))
    assert channel.asked == ["", ""]


def test_a_new_source_is_not_walked_back_through_its_past(source):
    channel = heard_up_to(source, 400)

    assert channel.asked == [""]
    assert numbers() == list(range(381, 401))
    assert source.gap == ""


TROUBLE = {
    "an error": (errors.ServerTrouble("t.me answered 503."), "t.me answered 503"),
    "silence": (errors.TimedOut("t.me did not answer in time."), "in time"),
    "no posts": (b"<html>Log in</html>", "shows no Telegram posts"),
    "another host": (
        page(21, 40, older="https://evil.example/s/x?before=21"),
        "another host",
    ),
    "the same again": (
        page(41, 60, older="/s/harbourwatch?before=41"),
        "the same posts again",
    ),
}


@pytest.mark.parametrize(("answer", "why"), TROUBLE.values(), ids=list(TROUBLE))
def test_what_could_not_be_had_is_said_by_its_numbers(source, answer, why):
    channel = heard_up_to(source, 10)
    channel.last = 60
    channel.answers = {41: answer}
    (outcome,) = poll(channel, now=source.due_at)

    source.refresh_from_db()
    had = 21 if why == "another host" else 41
    assert numbers() == [*range(1, 11), *range(had, 61)]
    assert source.gap.startswith(f"Posts 11–{had - 1} could not be fetched: ")
    assert why in source.gap
    fetch = Fetch.objects.latest("pk")
    assert (fetch.ok, fetch.reason, fetch.warnings[0]) == (True, "gap", source.gap)
    assert (outcome.result, source.failures) == ("stored", 0)
    assert not any("evil" in url for url in channel.asked)


def test_an_older_page_that_leads_to_another_host_is_not_taken(source):
    channel = heard_up_to(source, 10)
    channel.last = 60

    def moved(url, **validators):
        answer = channel(url, **validators)
        elsewhere = "https://evil.example/s/harbourwatch?before=41"
        return replace(answer, url=elsewhere) if "?before=" in url else answer

    poll(moved, now=source.due_at)

    source.refresh_from_db()
    assert numbers() == [*range(1, 11), *range(41, 61)]
    assert source.gap.startswith("Posts 11–40 could not be fetched: ")
    assert "leads to another host" in source.gap


def test_a_channel_is_followed_back_a_bounded_number_of_pages(source):
    channel = heard_up_to(source, 10)
    channel.last = 1000
    poll(channel, now=source.due_at)

    source.refresh_from_db()
    assert len(channel.asked) == 2 + gaps.MOST_PAGES
    oldest = 1000 - 20 * (gaps.MOST_PAGES + 1) + 1
    assert numbers() == [*range(1, 11), *range(oldest, 1001)]
    assert source.gap.startswith(
        f"Posts 11–{oldest - 1} could not be fetched: more than"
    )


def test_a_worker_that_dies_between_two_pages_loses_nothing(source):
    channel = heard_up_to(source, 20)
    channel.last = 60
    channel.answers = {"any": KeyboardInterrupt()}
    with pytest.raises(KeyboardInterrupt):
        poll(channel, now=source.due_at)
    source.refresh_from_db()
    assert (numbers(), source.etag) == (list(range(1, 21)), '"20"')

    channel.answers = {}
    poll(channel, now=source.due_at + Source.LEASE + timedelta(seconds=1))

    assert numbers() == list(range(1, 61))


def test_pages_read_after_the_lease_was_lost_are_not_stored(source):
    channel = heard_up_to(source, 20)
    channel.last = 60

    def fetch(url, **validators):
        return channel(url)

    poller = polling.Poller(clock=lambda: source.due_at, fetch=fetch)
    poller.lease()
    Source.objects.update(lease_token=None)
    results = [o.result for o in poller.take()]
    poller.close()

    assert results == ["lost"]
    assert numbers() == list(range(1, 21))


def test_a_feed_that_names_its_older_pages_is_followed_too():
    source = make_source(url="https://feeds.example/a.json", format="jsonfeed")
    shown = {"a.json": (1, 2)}

    def fetch(url, **validators):
        first, last = shown[url.rpartition("/")[2]]
        items = ",".join(
            f'{{"id": "{n}", "content_text": "Post {n}",'
            f' "date_published": "2026-03-01T00:{n:02}:00Z"}}'
            for n in range(last, first - 1, -1)
        )
        older = (
            f', "next_url": "https://feeds.example/{first}.json"' if first > 1 else ""
        )
        body = (
            '{"version": "https://jsonfeed.org/version/1.1", "title": "Harbour",'
            f' "items": [{items}]{older}}}'
        )
        return fetched(body.encode(), url=url, content_type="application/feed+json")

    poll(fetch)
    source.refresh_from_db()
    shown.update({"a.json": (5, 6), "5.json": (3, 4), "3.json": (1, 2)})
    poll(fetch, now=source.due_at)

    ids = Item.objects.order_by("pk").values_list("external_id", flat=True)
    assert list(ids) == ["1", "2", "3", "4", "5", "6"]


def test_a_source_that_gives_all_its_posts_new_identities_is_not_followed_back(source):
    heard_up_to(source, 60)
    asked = []

    def renamed(url, **validators):
        asked.append(url)
        body = page(42, 61, older="/s/moved?before=42", channel="moved")
        return fetched(body, url=url, content_type="text/html")

    poll(renamed, now=source.due_at)

    assert len(asked) == 1


def test_the_desk_and_the_doctor_are_told_for_some_days(source, admin_client):
    channel = heard_up_to(source, 10)
    channel.last = 60
    channel.answers = {41: TROUBLE["an error"][0]}
    poll(channel, now=source.due_at)
    Source.objects.update(gap_at=datetime.now(UTC) - timedelta(days=2))
    out = StringIO()

    with pytest.raises(SystemExit):
        call_command("doctor", stdout=out)
    shown = admin_client.get("/admin/wire/source/?health=missing").content.decode()

    assert "missed posts: They could not be had: Harbour Watch (Posts 11–40" in (
        out.getvalue()
    )
    assert "posts were missed: Posts 11–40 could not be fetched" in shown

    Source.objects.update(gap_at=datetime.now(UTC) - timedelta(days=4))
    later = admin_client.get("/admin/wire/source/?health=missing").content.decode()
    assert "posts were missed" not in later
