"""The hash of a version can be computed again for ever, whatever is hashed later on."""

from datetime import timedelta, timezone

import pytest

from wire import content_hash
from wire.connectors.base import Batch
from wire.models import Item, Version
from wire.normalise import ready
from wire.store import store
from wire.tests.factories import NINE, make_post, make_source
from wire.tests.test_columns import make_full_post

BLOB = "0" * 64
ISLAND = timezone(timedelta(hours=5, minutes=45))
# What form 1 gave for these posts when there was no other
FIRST = {
    "plain": "df46a87efe84c149da26597239ef8e9d2e0d9844e3c7df5bbda5bac097d59301",
    "full": "f4bc948576c60fa9bcef1d8f2dcf41f9c075f2e730656e5cc2cbf74e7d922d23",
}


def keep(source, *posts):
    return store(source, Batch(format="rss", posts=posts), blob=BLOB, now=NINE)


def read(post, form):
    """The hash of a post in one form."""
    return ready(post).signature(form).partition(":")[2]


def is_right(version):
    values = {name: getattr(version, name) for name in content_hash.columns()}
    return content_hash.is_hash_of(version.content_hash, values, version.hash_form)


@pytest.fixture
def first_form(monkeypatch):
    """A release that knew the first form alone."""

    def newest_form():
        return 1

    monkeypatch.setattr("wire.normalise.newest_form", newest_form)
    yield
    monkeypatch.undo()


@pytest.fixture
def next_form(monkeypatch):
    """A release in which the source's own mark of a version counts too."""
    newest = content_hash.newest_form()
    names = (*content_hash.FORMS[newest], "source_version")
    monkeypatch.setitem(content_hash.FORMS, newest + 1, names)
    return newest + 1


def test_the_first_form_gives_what_it_always_gave():
    assert read(make_post(), 1) == FIRST["plain"]
    assert read(make_full_post(), 1) == FIRST["full"]


def test_the_newest_form_does_not_ask_in_which_zone_an_embargo_was_sent():
    until = NINE + timedelta(hours=3)
    posts = [make_post(embargo_until=at) for at in (until, until.astimezone(ISLAND))]
    assert read(posts[0], 2) == read(posts[1], 2)
    assert read(posts[0], 1) != read(posts[1], 1)


@pytest.mark.django_db
def test_a_stored_version_is_hashed_again_from_its_columns():
    keep(make_source(), make_full_post())
    version = Version.objects.get()
    assert version.hash_form == content_hash.newest_form()
    assert is_right(version)


@pytest.mark.django_db
def test_a_version_of_the_first_form_is_too_whatever_zone_its_embargo_came_in(
    first_form,
):
    embargo = (NINE + timedelta(hours=3)).astimezone(ISLAND)
    keep(make_source(), make_full_post(embargo_until=embargo))
    version = Version.objects.get()
    assert version.hash_form == 1
    assert is_right(version)
    version.headline = "Other words"
    assert not is_right(version)


@pytest.mark.django_db
def test_a_post_known_in_an_older_form_is_nothing_new(next_form, monkeypatch):
    source = make_source()
    monkeypatch.setattr("wire.normalise.newest_form", lambda: 1)
    keep(source, make_post(text="First take."))
    keep(source, make_post(text="Second take."))
    monkeypatch.setattr("wire.normalise.newest_form", lambda: next_form)

    again = keep(source, make_post(text="Second take."))
    both = keep(source, make_post(text="First take."), make_post(text="Second take."))

    assert again.unchanged == 1
    assert (both.changed, both.unchanged) == (0, 2)
    assert Item.objects.get().version_count == 2


@pytest.mark.django_db
def test_a_field_that_counts_from_now_on_leaves_old_versions_proved(next_form):
    source = make_source()
    newest = next_form - 1
    post = make_post(version="7")
    values = {name: getattr(ready(post), name) for name in content_hash.columns()}
    old = content_hash.content_hash(values, newest)

    assert content_hash.is_hash_of(old, values, newest)
    keep(source, post)
    assert Item.objects.get().hash_form == next_form
    assert is_right(Version.objects.get())
    report = keep(source, make_post(version="8"))
    assert report.changed == 1  # the field counts
    assert all(map(is_right, Version.objects.all()))
