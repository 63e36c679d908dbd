"""Pages that say what has become of the posts they cite."""

import threading

import pytest
from django.db import connection

from articles.models import Cursor
from articles.source_changes import follow_sources
from articles.tests.factories import HOUR, NINE, make_article, make_version
from wire.connectors.base import Batch
from wire.store import store
from wire.tests.factories import make_post

pytestmark = pytest.mark.django_db(transaction=True)


def send_again(version, **fields):
    item = version.item
    post = make_post(item.external_id, **fields)
    batch = Batch(format="rss", posts=(post,))
    store(item.source, batch, blob="1" * 64, now=NINE + HOUR)


def page_of(article):
    article.refresh_from_db()
    return article.page


def test_a_page_says_that_a_post_it_cites_has_changed():
    version = make_version(headline="Ferry stopped")
    article = make_article(status="live", evidence=version)
    assert follow_sources() == 0
    assert "As cited" in page_of(article)

    send_again(version, headline="Ferry was not stopped")
    assert follow_sources() == 1
    assert "Changed since" in page_of(article)
    assert "Ferry stopped" in page_of(article)
    assert follow_sources() == 0


def test_a_page_says_that_a_post_it_cites_was_withdrawn():
    version = make_version()
    article = make_article(status="live", evidence=version)
    send_again(version, headline="Ferry stopped", status="withdrawn")

    assert follow_sources() == 1
    assert "Withdrawn by the source" in page_of(article)


def test_what_is_not_public_is_left_alone():
    version = make_version()
    make_article(status="ready", evidence=version)
    send_again(version, headline="Another")

    assert follow_sources() == 0


def test_of_two_followers_one_works_and_the_other_does_not_wait():
    version = make_version()
    make_article(status="live", evidence=version)
    send_again(version, headline="Another")
    gate, done = threading.Barrier(2), []

    def follow():
        gate.wait()
        try:
            done.append(follow_sources())
        finally:
            connection.close()

    threads = [threading.Thread(target=follow) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(done) == 1
    assert Cursor.objects.count() == 1
