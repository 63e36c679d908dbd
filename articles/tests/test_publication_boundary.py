"""What readers may see changes by itself when its time comes."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from articles import evidence, metadata, scheduled_publication, transitions
from articles.models import Article, Change
from articles.publication_boundary import next_boundary, taken_back_since
from articles.tests.factories import HOUR, NINE, make_article, make_user, make_version

pytestmark = pytest.mark.django_db


def test_an_article_appears_at_its_time_without_any_job():
    article = make_article(status="live", at=NINE + HOUR)
    live = Article.objects.live

    assert not live(NINE + HOUR - timedelta(microseconds=1)).exists()
    assert live(NINE + HOUR).get() == article


def test_without_an_instant_the_database_s_own_clock_decides(django_assert_num_queries):
    make_article(status="live")
    with django_assert_num_queries(1) as queries:
        assert Article.objects.live().count() == 1
    assert "STATEMENT_TIMESTAMP()" in queries.captured_queries[0]["sql"]


def test_an_embargo_of_a_source_holds_the_article_back():
    held = make_version(embargo_until=NINE + 2 * HOUR)
    article = make_article(status="live", evidence=held)

    assert not article.is_live(NINE + HOUR)
    assert article.is_live(NINE + 2 * HOUR)
    assert not Change.objects.exists()


def test_an_embargo_goes_when_its_source_is_taken_off():
    held = make_version(embargo_until=NINE + 2 * HOUR)
    article = make_article(evidence=held)
    assert article.inherited_embargo_until == NINE + 2 * HOUR
    evidence.detach(article, article.evidence.get(), by=make_user(), now=NINE)
    article.refresh_from_db()

    assert article.inherited_embargo_until is None


def test_the_next_boundary_is_the_next_article_to_appear(django_assert_num_queries):
    make_article(status="live")
    make_article(status="live", at=NINE + 3 * HOUR)
    make_article(status="live", at=NINE + HOUR, embargo_until=NINE + 2 * HOUR)

    with django_assert_num_queries(1):
        assert next_boundary(NINE) == NINE + 2 * HOUR
    assert next_boundary(NINE + 2 * HOUR) == NINE + 3 * HOUR
    assert next_boundary(NINE + 3 * HOUR) is None


def test_the_boundary_and_the_lists_are_read_from_an_index():
    make_article(status="live")
    questions = {
        "article_live": Article.objects.live(NINE).newest_first()[:20],
        "article_to_announce": Article.objects.to_announce(NINE),
    }
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        for index, rows in questions.items():
            assert index in rows.explain()


def test_an_article_whose_time_has_come_is_announced_once():
    article = make_article(status="live", at=NINE + HOUR)
    assert scheduled_publication.announce_due(NINE) == 0
    assert scheduled_publication.announce_due(NINE + HOUR) == 1
    assert scheduled_publication.announce_due(NINE + HOUR) == 0

    assert [change.kind for change in article.changes.all()] == ["published"]


def test_a_worker_whose_clock_is_fast_announces_no_article_early():
    """Its ledger row would tell partners of a story that is not out."""
    now = timezone.now()
    article = make_article(status="live", now=now, at=now + HOUR)
    assert scheduled_publication.announce_due(now + 6 * HOUR) == 0
    assert not article.changes.exists()


def test_an_embargo_moved_later_takes_a_story_back_and_says_so():
    chief = make_user()
    article = make_article(status="live")
    metadata.place(article, by=chief, now=NINE, embargo_until=NINE + HOUR)

    assert not Article.objects.live(NINE).exists()
    kinds = article.changes.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["published", "withdrawn"]
    scheduled_publication.announce_due(NINE + HOUR)
    assert list(kinds.all()) == ["published", "withdrawn", "published"]


def test_an_embargo_lifted_early_publishes_at_once():
    article = make_article(status="live", embargo_until=NINE + HOUR)
    assert not article.is_live(NINE)
    metadata.place(article, by=make_user(), now=NINE, embargo_until=None)

    assert Article.objects.live(NINE).get() == article
    assert [change.kind for change in article.changes.all()] == ["published"]


def test_a_page_deep_in_the_list_is_asked_for_by_the_last_row():
    articles = [make_article(status="live", now=NINE + n * HOUR) for n in range(4)]
    last = articles[2]
    page = Article.objects.live().before(last.publish_at, last.pk).newest_first()

    assert list(page) == [articles[1], articles[0]]


def test_equal_times_neither_repeat_nor_hide_a_story():
    made_at_once = [make_article(status="live") for _ in range(3)]
    first = Article.objects.live().newest_first().first()
    rest = Article.objects.live().before(first.public_at, first.pk).newest_first()

    assert [first, *rest] == sorted(made_at_once, key=lambda a: -a.pk)
    assert first.public_at == datetime(2026, 3, 2, 9, tzinfo=UTC)


def here():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_what_was_taken_back_since_a_transaction_is_known():
    published = make_article(status="live", now=timezone.now())
    held = make_article(status="live", now=timezone.now())
    chief, before = make_user("chief"), here()
    assert not taken_back_since(before)
    transitions.move(published, "kill", by=chief, now=timezone.now(), note="Wrong.")
    assert taken_back_since(before)
    after_kill = here()
    assert not taken_back_since(after_kill)
    metadata.place(
        held, by=chief, now=timezone.now(), embargo_until=timezone.now() + HOUR
    )
    assert taken_back_since(after_kill)
    assert not taken_back_since(here())
