"""Stored HTML of an older release is rendered again: all of it, once, beside writers."""

import json
import threading
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction

from articles.models import Article
from articles.stored_html import ARTICLES
from articles.tests.factories import make_article, make_user
from foundation import stored_html
from foundation.stored_html import render
from markets.models import Instrument, Quote
from markets.rerendering import CHIPS, redraw
from markets.tests.factories import NOON, give, make_feed, make_instrument, make_tick
from newsroom.celery import app
from newsroom.launcher import bootstrap
from newsroom.operations import doctor, tasks
from newsroom.operations.doctor import Level
from newsroom.stored_html import KINDS, render_slice
from wire.models import Item
from wire.stored_html import RAIL_ROWS
from wire.tests.factories import NINE, make_item, make_source

rows = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)
OLD = {
    RAIL_ROWS: {"row": "<li>old</li>"},
    CHIPS: {"chip_fresh": "<li>old</li>"},
    ARTICLES: {"page": "old", "document": "{}"},
}


def make_one_of_each():
    """One price, one article and the post it rests on."""
    make_instrument()
    give(make_feed(), make_tick())
    make_article(status="live")


def make_items(count):
    source = make_source()
    return [make_item(source) for _ in range(count)]


def make_old(kind, **filters):
    """Let rows be as another release left them."""
    kind.rows().filter(**filters).update(rendered_with="another", **OLD[kind])


def old_html(kind):
    [(column, html)] = list(OLD[kind].items())[:1]
    return kind.rows().filter(**{column: html})


def purged():
    """The tags that were sent, of the connection of this test."""
    return [note.payload for note in connection.connection.notifies(timeout=0.2)]


def run(*options):
    out = StringIO()
    call_command("render", *options, stdout=out)
    return out.getvalue()


@rows
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_is_stored_today_is_not_old(kind):
    make_one_of_each()
    assert kind.rows().count() == 1
    assert not kind.old().exists()


@rows
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_older_templates_rendered_is_found_and_rendered(kind):
    make_one_of_each()
    make_old(kind)
    assert kind.count_old(10) == 1

    outcome = render(kind)

    assert (outcome.rendered, outcome.left) == (1, 0)
    assert not kind.old().exists()
    assert not old_html(kind).exists()


@rows
def test_a_row_without_a_stamp_is_old():
    item = make_item()
    Item.objects.update(rendered_with="")
    assert [old.pk for old in RAIL_ROWS.old()] == [item.pk]


@rows
def test_rendering_again_writes_what_storing_wrote():
    make_one_of_each()
    before = Item.objects.get().row, Quote.objects.get().chip_fresh
    page = Article.objects.get().page
    for kind in KINDS:
        make_old(kind)
        render(kind)
    assert (Item.objects.get().row, Quote.objects.get().chip_fresh) == before
    assert Article.objects.get().page == page


@rows
def test_a_changed_template_makes_its_rows_old(monkeypatch):
    make_item()
    monkeypatch.setattr("wire.rail_html.stamp", lambda: "changed")
    kind = stored_html.Kind(
        name="rail rows",
        rows=Item.objects.all,
        stamp=lambda: "changed",
        render=RAIL_ROWS.render,
    )
    assert kind.count_old(10) == 1
    render(kind)
    assert kind.count_old(10) == 0


@rows
def test_what_the_desk_changes_is_no_longer_old():
    item = make_item(text="First take.")
    make_old(RAIL_ROWS)
    item.mark("confirmed", by=make_user(), now=NINE)
    item.refresh_from_db()
    assert "Confirmed" in item.row
    assert not RAIL_ROWS.old().exists()


@committed
def test_killed_half_way_the_next_run_goes_on():
    make_items(7)
    make_old(RAIL_ROWS)
    kind = stored_html.Kind(
        name="rail rows",
        rows=Item.objects.all,
        stamp=RAIL_ROWS.stamp,
        render=RAIL_ROWS.render,
        batch_size=3,
    )

    def die(done):
        if done >= 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render(kind, watch=die)

    assert kind.old().count() == 1
    assert render(kind).rendered == 1
    assert not old_html(RAIL_ROWS).exists()


@committed
def test_a_row_somebody_is_writing_is_not_overwritten_with_an_older_text():
    first, second = make_items(2)
    make_old(RAIL_ROWS)
    holds, may_commit = threading.Event(), threading.Event()

    def write():
        with transaction.atomic():
            item = Item.objects.select_for_update().get(pk=first.pk)
            item.headline = "Newer words"
            item.save(update_fields=["headline"])
            holds.set()
            may_commit.wait(10)
        connections.close_all()

    def watch(rendered):
        may_commit.set()  # the first batch is done, without the row that is held

    writer = threading.Thread(target=write)
    writer.start()
    holds.wait(10)
    outcome = render(RAIL_ROWS, watch=watch)
    writer.join()

    assert (outcome.rendered, outcome.left) == (2, 0)
    assert "Newer words" in Item.objects.get(pk=first.pk).row
    assert "old" not in Item.objects.get(pk=second.pk).row


@committed
def test_a_row_held_all_the_time_is_said_to_be_left(monkeypatch):
    monkeypatch.setattr(stored_html, "LOCKED_PATIENCE", 0.3)
    held, free = make_items(2)
    make_old(RAIL_ROWS)
    holds, may_go = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            Item.objects.select_for_update().get(pk=held.pk)
            holds.set()
            may_go.wait(10)
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    holds.wait(10)
    try:
        with pytest.raises(SystemExit):
            run()
    finally:
        may_go.set()
        holder.join()
    assert [old.pk for old in RAIL_ROWS.old()] == [held.pk]


@committed
def test_two_at_once_do_no_harm():
    make_items(40)
    make_one_of_each()
    for kind in KINDS:
        make_old(kind)
    faults = []

    def work():
        try:
            for kind in KINDS:
                render(kind)
        except Exception as error:  # noqa: BLE001 - told to the test
            faults.append(error)
        finally:
            connections.close_all()

    two = [threading.Thread(target=work) for _ in range(2)]
    for one in two:
        one.start()
    for one in two:
        one.join()

    assert faults == []
    for kind in KINDS:
        assert not kind.old().exists()
        assert not old_html(kind).exists()


@committed
def test_a_new_price_is_not_overwritten_by_a_chip_of_the_one_before():
    instrument = make_instrument()
    feed = make_feed()
    give(feed, make_tick(value="700.00"))
    make_old(CHIPS)
    newer = make_tick(value="800.00", as_of=NOON - timedelta(minutes=5))
    holds, may_commit = threading.Event(), threading.Event()

    def price():
        with transaction.atomic():
            give(feed, newer)
            holds.set()
            may_commit.wait(1)
        connections.close_all()

    writer = threading.Thread(target=price)
    writer.start()
    holds.wait(10)
    redraw(Instrument.objects.filter(pk=instrument.pk))  # waits for the price
    writer.join()

    quote = Quote.objects.get()
    assert quote.value == Decimal(800)
    assert "800" in quote.chip_fresh


@committed
@pytest.mark.parametrize(
    ("kind", "tag"),
    [(RAIL_ROWS, "wire"), (CHIPS, "instrument:SPY"), (ARTICLES, "front")],
    ids=["rail", "chips", "articles"],
)
def test_pages_that_show_it_are_purged(kind, tag):
    make_one_of_each()
    make_old(kind)
    with connection.cursor() as cursor:
        cursor.execute("LISTEN edge")
        render(kind)
        assert any(tag in payload.split() for payload in purged())
        render(kind)  # nothing is old: nothing is purged
        assert purged() == []
        cursor.execute("UNLISTEN edge")


@rows
def test_the_command_says_what_it_did_in_lines_and_in_json():
    make_one_of_each()
    make_old(RAIL_ROWS)
    assert "rail rows: 1 of 1 rendered again" in run()
    facts = [json.loads(line) for line in run("--json").splitlines()]
    assert {"kind": "articles", "total": 1, "rendered": 0, "left": 0} in facts


@rows
def test_all_renders_what_is_up_to_date_too():
    make_one_of_each()
    facts = [json.loads(line) for line in run("--all", "--json").splitlines()]
    assert [fact["rendered"] for fact in facts] == [1, 1, 1]


@rows
def test_the_doctor_counts_what_is_old_and_names_the_command():
    make_one_of_each()
    [well] = [f for f in doctor.examine(NINE) if f.what == "stored html"]
    make_old(RAIL_ROWS)
    make_old(ARTICLES)
    [old] = [f for f in doctor.examine(NINE) if f.what == "stored html"]

    assert well.level == Level.OK
    assert old.level == Level.WARNING
    assert "1 articles, 1 rail rows" in old.detail
    assert "manage.py render" in old.do


@pytest.fixture
def sent(monkeypatch):
    """The tasks that were handed to the broker."""
    found = []
    monkeypatch.setattr(app, "send_task", lambda name, *_, **__: found.append(name))
    return found


@rows
def test_a_start_after_an_upgrade_has_it_rendered_in_the_background(sent):
    said = []
    make_one_of_each()
    bootstrap.render_stored_html(said.append)
    assert (sent, said) == ([], [])

    make_old(RAIL_ROWS)
    bootstrap.render_stored_html(said.append)
    assert sent == [tasks.render_stored_html.name]
    assert len(said) == 1
    assert RAIL_ROWS.old().exists()  # the start did not wait for it


@rows
def test_the_task_renders_a_slice_and_comes_back_for_the_rest(sent, monkeypatch):
    make_one_of_each()
    for kind in KINDS:
        make_old(kind)
    tasks.render_stored_html()
    assert sent == []
    assert not any(kind.old().exists() for kind in KINDS)

    make_items(3)
    make_old(RAIL_ROWS)
    assert render_slice(seconds=60) is False


@rows
def test_a_slice_that_ends_before_the_work_asks_for_another(monkeypatch):
    make_items(3)
    make_old(RAIL_ROWS)
    small = stored_html.Kind(
        name="rail rows",
        rows=Item.objects.all,
        stamp=RAIL_ROWS.stamp,
        render=RAIL_ROWS.render,
        batch_size=1,
    )
    monkeypatch.setattr("newsroom.stored_html.KINDS", (small,))
    slices = 1
    while render_slice(seconds=0):
        slices += 1
    assert slices == 3
    assert not RAIL_ROWS.old().exists()


def test_the_task_is_known_to_the_workers():
    app.loader.import_default_modules()
    assert tasks.render_stored_html.name in app.tasks
