"""Posts become items and versions, once each, whatever comes and in what order."""

from datetime import timedelta
from itertools import permutations

import pytest
from django.db import IntegrityError, connection, transaction

from staff.models import User
from wire.connectors.base import Batch, Reference, Rejected
from wire.models import DeadLetter, Event, Item, Publisher, Version
from wire.store import store
from wire.tests.factories import (
    NINE,
    make_item,
    make_post,
    make_publisher,
    make_source,
)

pytestmark = pytest.mark.django_db
BLOB = "0" * 64


def keep(source, *posts, now=NINE, rejected=()):
    batch = Batch(format="rss", posts=posts, rejected=rejected)
    return store(source, batch, blob=BLOB, now=now)


def test_a_post_is_stored_once_however_often_it_comes():
    source = make_source()
    first = keep(source, make_post())
    again = keep(source, make_post(), now=NINE + timedelta(minutes=2))
    assert (first.new, again.new, again.unchanged) == (1, 0, 1)
    assert Item.objects.count() == Version.objects.count() == Event.objects.count() == 1


def test_a_changed_post_becomes_a_second_version_and_the_first_stays():
    source = make_source()
    keep(source, make_post(text="Three boats are missing."))
    report = keep(source, make_post(text="Two boats are missing."))
    item = Item.objects.get()
    assert report.changed == 1
    assert item.text == "Two boats are missing."
    assert [v.text for v in item.versions.order_by("n")] == [
        "Three boats are missing.",
        "Two boats are missing.",
    ]
    assert [e.kind for e in Event.objects.order_by("pk")] == ["new", "changed"]


def test_a_post_changed_back_is_a_third_version():
    source = make_source()
    for text in ("A", "B", "A"):
        keep(source, make_post(text=text))
    assert Item.objects.get().version_count == 3
    assert Item.objects.get().text == "A"


def test_the_same_post_twice_in_one_document_is_one_item_with_a_history():
    source = make_source()
    report = keep(source, make_post(text="First take."), make_post(text="Second take."))
    item = Item.objects.get()
    assert (report.new, report.changed) == (1, 1)
    assert (item.text, item.version_count) == ("Second take.", 2)


def test_a_document_with_two_versions_of_a_post_read_again_adds_nothing():
    source = make_source()
    takes = make_post(text="First take."), make_post(text="Second take.")
    keep(source, *takes)
    again = keep(source, *takes)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 2)
    assert Item.objects.get().text == "Second take."


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_versions_in_any_order_leave_the_same_item(order):
    source = make_source()
    takes = [
        make_post(text=f"Take {n}.", updated_time=NINE + timedelta(minutes=n))
        for n in range(3)
    ]
    for n in order:
        keep(source, takes[n])
    for n in order:  # and once more: nothing is added
        keep(source, takes[n])
    item = Item.objects.get()
    assert item.text == "Take 2."
    assert item.current_version().text == "Take 2."
    assert item.version_count == 3


def test_a_token_in_an_address_makes_no_version():
    source = make_source()
    url = "https://feeds.example/posts/one"
    keep(source, make_post(url=f"{url}?t=1"))
    assert keep(source, make_post(url=f"{url}?t=2")).unchanged == 1
    assert keep(source, make_post(url=f"{url}-and-a-half")).changed == 1


def test_two_sources_may_use_the_same_id():
    keep(make_source(), make_post("7"))
    keep(make_source(), make_post("7"))
    assert Item.objects.count() == 2


def test_an_unreadable_post_costs_the_others_nothing_and_is_kept_with_its_bytes():
    source = make_source()
    bad = Rejected(error="no text", where="item 2", raw=b"<item/>")
    report = keep(source, make_post("1"), make_post("3"), rejected=[bad])
    letter = DeadLetter.objects.get()
    assert (report.new, report.rejected) == (2, 1)
    assert (bytes(letter.raw), letter.error, letter.place) == (
        b"<item/>",
        "no text",
        "item 2",
    )


def test_the_same_unreadable_post_is_one_dead_letter_however_often_it_comes():
    source = make_source()
    bad = Rejected(error="no text", where="item 2", raw=b"<item/>")
    keep(source, rejected=[bad])
    keep(source, rejected=[bad], now=NINE + timedelta(hours=1))
    letter = DeadLetter.objects.get()
    assert (letter.times, letter.last_at) == (2, NINE + timedelta(hours=1))


def test_a_post_of_a_status_nobody_knows_is_a_dead_letter():
    source = make_source()
    report = keep(source, make_post("1", status="embargoed?"), make_post("2"))
    assert (report.new, report.rejected) == (1, 1)


def test_nul_and_surrogates_reach_no_column():
    item = make_item(headline="a\x00b\ud800c", text="x\x00y")
    assert "\x00" not in item.headline + item.text


def test_scripts_reach_no_version():
    source = make_source()
    keep(source, make_post(html="<p onclick=x()>ok<script>alert(1)</script></p>"))
    html = Version.objects.get().html
    assert "ok" in html
    assert "script" not in html
    assert "onclick" not in html


def test_a_very_long_id_is_kept_by_its_hash_and_still_names_one_item():
    source = make_source()
    keep(source, make_post("x" * 5000))
    keep(source, make_post("x" * 5000))
    assert Item.objects.get().external_id.startswith("sha256:")


def test_a_deleted_post_stays_with_its_words_and_is_marked():
    source = make_source()
    keep(source, make_post(headline="Bridge closed"))
    keep(source, make_post(headline="", text="", status="deleted"))
    item = Item.objects.get()
    assert (item.status, item.headline) == ("deleted", "Bridge closed")
    assert "<s " in item.row
    assert Event.objects.latest("pk").kind == "withdrawn"


class TestRelease:
    def test_at_once(self):
        assert make_item(make_source(release="auto")).public_at == NINE

    def test_after_a_delay_without_any_job(self):
        item = make_item(make_source(release="delay", delay=timedelta(minutes=5)))
        assert not Item.objects.public(NINE + timedelta(minutes=4)).exists()
        assert Item.objects.public(NINE + timedelta(minutes=5)).get() == item

    def test_when_the_desk_says(self):
        assert make_item(make_source(release="desk")).public_at is None

    def test_never_before_the_sources_embargo(self):
        embargo = NINE + timedelta(hours=3)
        item = make_item(make_source(), status="embargoed", embargo_until=embargo)
        assert item.public_at == embargo

    def test_an_embargo_that_comes_later_takes_the_post_off_the_rail(self):
        source, embargo = make_source(), NINE + timedelta(hours=3)
        keep(source, make_post())
        keep(source, make_post(text="Not before noon.", embargo_until=embargo))
        item = Item.objects.get()
        assert not item.is_public(NINE + timedelta(minutes=1))
        assert item.public_at == embargo
        assert not item.announced
        assert Event.objects.latest("pk").kind == "held"

    def test_an_embargo_lets_nothing_out_that_the_desk_holds(self):
        source = make_source(release="desk")
        keep(source, make_post())
        keep(source, make_post(text="Anew.", embargo_until=NINE + timedelta(hours=3)))
        assert Item.objects.get().public_at is None

    def test_the_desk_lets_nothing_through_before_the_sources_embargo(self):
        embargo = NINE + timedelta(hours=3)
        item = make_item(make_source(release="desk"), embargo_until=embargo)
        item.let_through(by=User.objects.create_user("wanda"), now=NINE)
        item.refresh_from_db()
        assert (item.public_at, item.announced) == (embargo, False)

    def test_an_embargo_without_a_time_waits_for_the_desk(self):
        assert make_item(make_source(), status="embargoed").public_at is None

    def test_what_was_there_before_we_listened_takes_its_own_time(self):
        posted = NINE - timedelta(days=3)
        item = make_item(make_source(), source_time=posted)
        assert (item.public_at, item.seen_at) == (posted, NINE)

    def test_a_post_dated_in_the_future_does_not_stick_to_the_top(self):
        source = make_source(last_success_at=NINE)
        item = make_item(source, source_time=NINE + timedelta(days=400))
        assert item.public_at == NINE
        assert 'datetime="2026-03-02T09:00:00Z"' in item.row


def test_a_repost_is_shown_as_a_repost_of_its_origin():
    item = make_item(repost_of=Reference("Port Watch", "https://t.me/portwatch/7"))
    assert "Reposted from" in item.row
    assert "https://t.me/portwatch/7" in item.row


@pytest.mark.parametrize(
    ("fields", "origin"),
    [
        ({"headline": "", "text": "RT @RALee85: “The colonel was seen”"}, "@RALee85"),
        ({"headline": "RT @paper@mastodon.example: Two"}, "@paper@mastodon.example"),
        ({"headline": "ART @RALee85: a gallery"}, ""),
        ({"headline": "The colonel. RT @RALee85: seen"}, ""),
        ({"headline": "RT if you agree"}, ""),
    ],
)
def test_a_post_that_says_rt_names_its_origin_and_keeps_its_words(fields, origin):
    item = make_item(**fields)

    assert item.repost_name == origin
    assert (item.headline or item.text) == (fields["headline"] or fields["text"])
    assert ("Reposted from <bdi>" in item.row) is bool(origin)


def test_a_repost_that_names_its_origin_is_not_read_for_another():
    origin = Reference("Port Office", "https://t.me/portoffice/4")
    item = make_item(headline="RT @someone: Closed", repost_of=origin)

    assert (item.repost_name, item.repost_url) == tuple(origin)


def test_a_publisher_is_known_by_its_own_names_and_those_of_its_sources():
    publisher = make_publisher(name="Port Office", aliases="P.O.\n\n The Office \n")
    make_source(publisher=publisher, name="Port Office notices")
    make_source(publisher=publisher, name="Berths")

    (known,) = Publisher.objects.named()

    assert known.names == [
        *("Port Office", "P.O.", "The Office", "Port Office notices", "Berths")
    ]


def test_the_database_refuses_to_change_a_version():
    make_item()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Version.objects.update(text="We never said that.")
    with pytest.raises(IntegrityError), transaction.atomic():
        connection.cursor().execute("DELETE FROM wire_version")


def test_a_document_costs_the_same_statements_however_many_posts_it_has(
    django_assert_num_queries,
):
    source = make_source()
    with django_assert_num_queries(3):  # known, items, and the notifications
        keep(source, *(make_post(str(n)) for n in range(300)))
    with django_assert_num_queries(5):  # known, versions, items, counts, notifications
        keep(source, *(make_post(str(n), text="Anew.") for n in range(300)))
    with django_assert_num_queries(1):
        keep(source, *(make_post(str(n), text="Anew.") for n in range(300)))
