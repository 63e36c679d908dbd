"""The store: bounded, tagged, one maker at a time, deaf to late writers."""

import threading

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from newsroom.edge.cached_response import STALE_IF_ERROR, make_page
from newsroom.edge.page_store import (
    GRACE,
    MAX_PENDING,
    MAX_PURGES,
    MISSING_AGE,
    RETRY,
    UNHEARD_AGE,
    Decision,
    PageStore,
)
from newsroom.tests.edge.kit import in_threads, response


def page(body=b"page", *, tags=("front",), status=200):
    return make_page(response(body, tags=tags, status=status), max_age=60, now=0)


@pytest.fixture
def store():
    store = PageStore()
    store.listener_up(0)
    return store


def keep(store, key="/", *, now=0.0, max_age=60, **fields):
    pending = store.lookup(key, now).pending
    made = page(**fields)
    assert store.finish(pending, made, max_age=max_age, now=now)
    return made


def test_a_page_is_fresh_until_its_time_and_not_at_it(store):
    made = keep(store, max_age=60)
    assert store.fresh("/", 59.9) is made
    assert store.fresh("/", 60) is None


def test_the_first_to_ask_makes_the_page_and_the_others_wait(store):
    assert store.lookup("/", 0).decision is Decision.RENDER
    assert store.lookup("/", 0).decision is Decision.WAIT


def test_while_an_outdated_page_is_made_anew_others_get_the_old_copy_for_a_second(
    store,
):
    made = keep(store, max_age=60)
    assert store.lookup("/", 60).decision is Decision.RENDER
    during = store.lookup("/", 60.5)
    assert (during.decision, during.page) == (Decision.SEND, made)
    assert store.lookup("/", 60 + GRACE).decision is Decision.WAIT


def test_a_purge_reaches_the_pages_that_show_the_tag_and_no_others(store):
    keep(store, "/", tags=("front", "wire"))
    keep(store, "/world/", tags=("section:world",))
    assert store.purge(["wire"], 1) == 1
    assert store.fresh("/", 1) is None
    assert store.fresh("/world/", 1) is not None


def test_the_tag_all_reaches_every_page(store):
    keep(store, "/", tags=())
    keep(store, "/world/")
    assert store.purge(["all"], 1) == 2


def test_the_first_reader_after_a_purge_gets_the_new_page(store):
    keep(store, body=b"old")
    store.purge(["front"], 1)
    answer = store.lookup("/", 1)
    assert answer.decision is Decision.RENDER
    new = page(b"new")
    store.finish(answer.pending, new, max_age=60, now=1)
    assert store.fresh("/", 1) is new


def test_a_writer_who_began_before_the_purge_cannot_revive_the_old_page(store):
    """FAULTS P7."""
    pending = store.lookup("/", 0).pending
    store.purge(["front"], 1)
    assert not store.finish(pending, page(b"old"), max_age=60, now=2)
    assert store.fresh("/", 2) is None
    assert pending.future.result(0) is None  # those who wait ask again


def test_a_purge_of_something_else_does_not_waste_the_page(store):
    pending = store.lookup("/", 0).pending
    store.purge(["wire"], 1)
    assert store.finish(pending, page(), max_age=60, now=2)


def test_of_a_thousand_races_between_writer_and_purge_none_leaves_an_old_page(store):
    """FAULTS P7: the barrier is between the read of the database and the keeping."""
    truth = [0]

    for _ in range(1000):
        barrier = threading.Barrier(2)
        pending = store.lookup("/", 0).pending
        seen = truth[0]  # the writer has read the database

        def write(pending=pending, seen=seen, barrier=barrier):
            barrier.wait()
            store.finish(pending, page(b"%d" % seen), max_age=60, now=0)

        def change(barrier=barrier):
            barrier.wait()
            truth[0] += 1  # commits
            store.purge(["front"], 0)

        racers = [threading.Thread(target=write), threading.Thread(target=change)]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()
        kept = store.fresh("/", 0)
        assert kept is None or kept.variants["identity"].body == b"%d" % truth[0]


def test_of_two_hundred_who_ask_for_an_outdated_page_one_makes_it(store):
    """FAULTS P6."""
    keep(store, max_age=1)
    turns = in_threads(200, lambda: store.lookup("/", 1).decision)
    assert turns.count(Decision.RENDER) == 1
    assert turns.count(Decision.SEND) == 199


def test_a_missing_page_is_looked_for_again_after_any_change(store):
    keep(store, "/new-story/", tags=(), status=404)
    assert store.fresh("/new-story/", MISSING_AGE) is None
    assert store.fresh("/new-story/", MISSING_AGE - 1) is not None
    store.purge(["section:world"], 1)
    assert store.fresh("/new-story/", 1) is None


def test_a_missing_page_that_is_published_while_it_is_looked_for_is_not_kept(store):
    pending = store.lookup("/new-story/", 0).pending
    store.purge(["section:world"], 0)
    assert not store.finish(pending, page(status=404, tags=()), max_age=60, now=0)


def test_when_a_page_cannot_be_made_the_old_copy_stands_in(store):
    """FAULTS P9."""
    made = keep(store, max_age=1)
    store.purge(["front"], 0.5)
    failure = page(b"sorry", status=503)
    answer = store.lookup("/", 100)
    assert store.fail(answer.pending, failure, 100) is made
    again = store.lookup("/", 100 + RETRY / 2)
    assert (again.decision, again.page) == (Decision.SEND, made)
    assert store.lookup("/", 100 + RETRY).decision is Decision.RENDER


def test_a_copy_stands_in_for_a_day_at_most(store):
    keep(store, max_age=1)
    failure = page(b"sorry", status=503)
    late = 1 + STALE_IF_ERROR
    assert store.fail(store.lookup("/", late).pending, failure, late) is failure


def test_a_killed_story_never_stands_in_and_is_never_stale(store):
    keep(store, "/world/x/", tags=("article:x",))
    store.purge(["!article:x"], 1)
    answer = store.lookup("/world/x/", 1)
    assert (answer.decision, answer.page) == (Decision.RENDER, None)
    failure = page(b"sorry", status=503)
    assert store.fail(answer.pending, failure, 1) is failure


def test_while_nobody_listens_a_page_is_trusted_for_a_second(store):
    keep(store, "/old/")
    store.listener_down(10)
    assert store.fresh("/old/", 10 + UNHEARD_AGE) is None
    keep(store, "/new/", now=10)
    assert store.fresh("/new/", 10 + UNHEARD_AGE) is None


def test_when_somebody_listens_again_everything_is_outdated(store):
    keep(store)
    store.listener_down(0)
    store.listener_up(0.5)
    assert store.fresh("/", 0.5) is None
    keep(store, now=0.5)
    assert store.fresh("/", 30) is not None


def test_no_page_is_fresh_beyond_the_next_embargo(store):
    keep(store, "/before/")
    store.limit_freshness(20)
    keep(store, "/after/")
    for path in ("/before/", "/after/"):
        assert store.fresh(path, 19.9) is not None
        assert store.fresh(path, 20) is None


def test_the_store_stays_below_its_limit_and_keeps_what_is_read():
    store = PageStore(limit=100_000)
    store.listener_up(0)
    keep(store, "/front/")
    for number in range(200):
        assert store.fresh("/front/", 1) is not None
        keep(store, f"/search/?q={number}", body=b"x" * 4000, tags=("search",))
        assert store.size <= 100_000
    assert store.counts["evicted"] > 100


def test_a_page_larger_than_a_quarter_of_the_store_is_not_kept():
    store = PageStore(limit=40_000)
    store.listener_up(0)
    keep(store, body=b"\x01" * 30_000)
    assert len(store) == 0


def test_more_pages_at_once_than_allowed_are_asked_to_come_back(store):
    for number in range(MAX_PENDING):
        assert store.lookup(f"/{number}", 0).decision is Decision.RENDER
    assert store.lookup("/one-more", 0).decision is Decision.BUSY


def test_forgetting_old_purges_forgets_none_that_a_writer_must_know(store):
    pending = store.lookup("/", 0).pending
    store.purge(["front"], 0)
    for number in range(MAX_PURGES * 2):
        store.purge([f"item:{number}"], 0)
    assert not store.finish(pending, page(), max_age=60, now=0)
    for number in range(MAX_PURGES * 2):
        store.purge([f"item:{number}"], 0)
    assert len(store._purged_at) <= MAX_PURGES + 2


class Model(RuleBasedStateMachine):
    """Against a plain model: what is fresh always shows the latest change of its tags."""

    @initialize()
    def begin(self):
        self.store = PageStore(limit=60_000)
        self.store.listener_up(0)
        self.now = 0.0
        self.truth = dict.fromkeys("abc", 0)
        self.flights = []

    @rule(key=st.sampled_from(["/1", "/2", "/3"]), tags=st.sets(st.sampled_from("abc")))
    def take_off(self, key, tags):
        answer = self.store.lookup(key, self.now)
        if answer.decision is Decision.RENDER:
            seen = {tag: self.truth[tag] for tag in tags}
            self.flights.append((answer.pending, tags, seen))

    @rule(data=st.data())
    def land(self, data):
        if self.flights:
            n = data.draw(st.integers(0, len(self.flights) - 1))
            pending, tags, seen = self.flights.pop(n)
            body = repr(sorted(seen.items())).encode()
            made = page(body, tags=tuple(tags))
            self.store.finish(pending, made, max_age=10, now=self.now)

    @rule(tag=st.sampled_from("abc"), hard=st.booleans())
    def change(self, tag, hard):
        self.truth[tag] += 1
        self.store.purge(["!" * hard + tag], self.now)

    @rule(seconds=st.floats(0.1, 12))
    def wait(self, seconds):
        self.now += seconds

    @invariant()
    def what_is_fresh_is_true(self):
        for key in ("/1", "/2", "/3"):
            kept = self.store.fresh(key, self.now)
            if kept is not None:
                shown = {tag: self.truth[tag] for tag in kept.tags}
                assert (
                    kept.variants["identity"].body
                    == repr(sorted(shown.items())).encode()
                )

    @invariant()
    def the_books_balance(self):
        pages = self.store._pages
        assert self.store.size == sum(kept.size for kept in pages.values())
        indexed = {
            (tag, key) for tag, keys in self.store._index.items() for key in keys
        }
        assert indexed == {
            (tag, key) for key, kept in pages.items() for tag in kept.tags
        }


Model.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None
)
test_what_is_fresh_always_shows_the_latest_change = Model.TestCase


def test_while_nobody_hears_no_old_copy_is_shown_to_anybody(store):
    keep(store, max_age=60)
    store.listener_down(1)
    first = store.lookup("/", 2.5)
    assert first.decision is Decision.RENDER
    assert store.lookup("/", 2.5).decision is Decision.WAIT
    failure = page(b"sorry", status=503)
    assert store.fail(first.pending, failure, 2.6) is failure
    assert store.stale_copy("/", 2.6) is None


def test_a_copy_that_stood_in_is_not_shown_on_when_nobody_hears_any_more(store):
    kept = keep(store, max_age=60)
    pending = store.lookup("/", 61).pending
    assert store.fail(pending, page(b"sorry", status=503), 61) is kept
    assert store.lookup("/", 61.1).decision is Decision.SEND
    store.listener_down(61.2)
    store.lookup("/", 61.2 + UNHEARD_AGE)
    assert store.lookup("/", 61.2 + UNHEARD_AGE).decision is Decision.WAIT


def test_when_the_database_itself_went_away_old_copies_stand_in(store):
    kept = keep(store, max_age=60)
    store.listener_down(1)
    store.database_down()
    pending = store.lookup("/", 3).pending
    assert store.fail(pending, page(b"sorry", status=503), 3) is kept
    assert store.fresh("/", 3) is None


def test_after_deafness_what_was_kept_goes_for_good_if_anything_was_taken_back(store):
    keep(store, max_age=60)
    store.listener_down(1)
    store.listener_up(2, taken_back=True)
    assert len(store) == 0
    kept = keep(store, now=3, max_age=60)
    store.listener_down(4)
    store.listener_up(5)
    pending = store.lookup("/", 7).pending
    assert store.fail(pending, page(b"sorry", status=503), 7) is kept


def test_a_reader_who_waited_for_a_page_that_was_killed_meanwhile_gets_no_old_copy(
    store,
):
    keep(store, max_age=60, tags=("article:1",))
    store.lookup("/", 61)
    waiting = store.lookup("/", 61 + GRACE + 1)
    store.purge(["!article:1"], 63)
    assert (waiting.decision, waiting.page) == (Decision.WAIT, None)
    assert store.stale_copy("/", 80) is None
