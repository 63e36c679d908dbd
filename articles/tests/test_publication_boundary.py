"""What readers may see: one rule, said three times, and when it changes by itself."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from articles import evidence, metadata, scheduled_publication, transitions
from articles.models import Article, Change
from articles.publication_boundary import next_boundary, taken_back_since
from articles.statuses import Status
from articles.tests.factories import HOUR, NINE, make_article, make_user, make_version

pytestmark = pytest.mark.django_db

TIMES = st.one_of(
    st.none(), st.sampled_from([-2, -1, 0, 1, 2]).map(lambda hours: hours * HOUR)
)
STATES = st.lists(
    st.tuples(st.sampled_from(Status.values), TIMES, TIMES, TIMES),
    min_size=1,
    max_size=6,
)


@pytest.fixture
def template():
    """An article to make others of, without the triggers that guard the way there."""
    article = make_article(status="live")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE articles_article DISABLE TRIGGER USER")
    return article  # the transaction of the test takes the change back


def made(template, state, moment, n):
    status, publish, embargo, inherited = state
    if status == "live" and publish is None:
        publish = timedelta(0)

    def at(offset):
        return None if offset is None else moment + offset

    return Article.objects.create(
        section=template.section,
        headline=f"State {n}",
        slug=f"state-{n}",
        status=status,
        publish_at=at(publish),
        embargo_until=at(embargo),
        inherited_embargo_until=at(inherited),
        killed_at=moment if status == "killed" else None,
        live_revision=template.live_revision,
        created_by=template.created_by,
        created_at=NINE,
        changed_at=NINE,
    )


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(STATES)
def test_the_query_the_predicate_and_the_view_agree(template, states):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp() - interval '1 minute'")
        (moment,) = cursor.fetchone()  # a minute ago: "0" has passed, "+1 h" has not
        articles = [made(template, state, moment, n) for n, state in enumerate(states)]
        ours = {article.pk for article in articles}
        by_hand = {
            article.pk for article in articles if article.is_live(timezone.now())
        }
        by_query = set(Article.objects.live().values_list("pk", flat=True)) & ours
        cursor.execute("SELECT public_id FROM public_article")
        shown = {row[0] for row in cursor.fetchall()}
        by_view = {article.pk for article in articles if article.public_id in shown}
        at_once = {article.pk for article in articles if article.is_live(moment)}
        exactly = set(Article.objects.live(moment).values_list("pk", flat=True)) & ours
        transaction.set_rollback(True)

    assert by_hand == by_query == by_view
    assert at_once == exactly


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
