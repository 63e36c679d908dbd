"""What readers may see: one rule, and every form of it says the same."""

import ast
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from articles import front, live_rule
from articles.masthead import masthead
from articles.models import Article, Issue, Section
from articles.publication_boundary import next_boundary
from articles.statuses import Status
from articles.tests.factories import HOUR, NINE, make_article

ROOT = Path(__file__).resolve().parents[2]
TIMES = st.one_of(
    st.none(), st.sampled_from([-2, -1, 0, 1, 2]).map(lambda hours: hours * HOUR)
)
STATES = st.lists(
    st.tuples(st.sampled_from(Status.values), TIMES, TIMES, TIMES),
    min_size=1,
    max_size=6,
)
many_states = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def template(db):
    """An article to make others of, without the triggers that guard the way there."""
    issue = Issue.objects.create(date=NINE.date(), volume=1, number=1)
    article = make_article(status="live")
    Article.objects.filter(pk=article.pk).update(issue=issue)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE articles_article DISABLE TRIGGER USER")
    article.refresh_from_db()
    return article  # the transaction of the test takes the change back


def made(template, state, moment, n, seen=False):
    status, publish, embargo, inherited = state
    if status == "live" and publish is None:
        publish = timedelta(0)

    def at(offset):
        return None if offset is None else moment + offset

    article = Article.objects.create(
        section=template.section,
        issue=template.issue,
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
    if seen:
        revision = template.live_revision
        article.changes.append(article, "published", revision=revision, at=moment)
    return article


def where(model, condition, name):
    """Return the keys that raw SQL or a join finds."""
    return set(model.objects.filter(condition).values_list(name, flat=True))


@many_states
@given(STATES)
def test_every_form_of_the_rule_agrees_by_the_database_s_clock(template, states):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp() - interval '1 minute'")
        (moment,) = cursor.fetchone()  # a minute ago: "0" has passed, "+1 h" has not
        articles = [made(template, state, moment, n) for n, state in enumerate(states)]
        articles.append(template)
        now = timezone.now()
        by_hand = {article.pk for article in articles if article.is_live(now)}
        forms = {
            "QuerySet": set(Article.objects.live().values_list("pk", flat=True)),
            "through a section": where(
                Section, live_rule.live_q(prefix="articles__"), "articles__pk"
            ),
            "through an issue": where(
                Issue, live_rule.live_q(prefix="articles__"), "articles__pk"
            ),
        }
        cursor.execute(f"SELECT id FROM articles_article WHERE {live_rule.live_sql()}")
        forms["SQL"] = {pk for (pk,) in cursor.fetchall()}
        cursor.execute("SELECT public_id FROM public_article")
        shown = {row[0] for row in cursor.fetchall()}
        forms["view"] = {a.pk for a in articles if a.public_id in shown}
        cursor.execute(front._STORIES, {"now": None, "each": 100, "hidden": 9})
        forms["front page"] = {row[0] for row in cursor.fetchall()}
        transaction.set_rollback(True)

    assert forms == dict.fromkeys(forms, by_hand)


@many_states
@given(STATES)
def test_every_form_of_the_rule_agrees_at_an_instant_that_is_handed_in(
    template, states
):
    moment = NINE + 100 * HOUR
    with transaction.atomic(), connection.cursor() as cursor:
        articles = [made(template, state, moment, n) for n, state in enumerate(states)]
        articles.append(template)
        live = {article.pk for article in articles if article.is_live(moment)}
        later = {article.pk for article in articles if article.is_scheduled(moment)}
        by_query = set(Article.objects.live(moment).values_list("pk", flat=True))
        coming = set(Article.objects.scheduled(moment).values_list("pk", flat=True))
        cursor.execute(front._STORIES, {"now": moment, "each": 100, "hidden": 9})
        on_front = {row[0] for row in cursor.fetchall()}
        times = [a.visible_from() for a in articles if a.is_live(moment)]
        newest = masthead(moment).updated_at
        boundary = next_boundary(moment)
        transaction.set_rollback(True)

    assert live == by_query == on_front
    assert later == coming
    assert newest == max([*times, template.announced_at])
    assert boundary == min(
        (a.visible_from() for a in articles if a.pk in later), default=None
    )
    assert live | later == {a.pk for a in articles if a.status == Status.LIVE}


@many_states
@given(st.lists(st.tuples(st.sampled_from(Status.values), st.booleans()), max_size=6))
def test_what_is_withdrawn_is_the_same_in_hand_and_as_a_query(template, cases):
    with transaction.atomic():
        articles = [
            made(template, (status, None, None, None), NINE, n, seen)
            for n, (status, seen) in enumerate(cases)
        ]
        in_hand = {article.pk for article in articles if article.is_withdrawn()}
        by_query = set(Article.objects.withdrawn().values_list("pk", flat=True))
        seen = {
            a.pk for a, (_, was_seen) in zip(articles, cases, strict=True) if was_seen
        }
        transaction.set_rollback(True)

    assert in_hand == by_query
    assert in_hand == {a.pk for a in articles if a.status == "killed" and a.pk in seen}


NAMES = r"(?:\w+__)?(?:publish_at|public_at|embargo_until|inherited_embargo_until)"
LOOKUP = re.compile(rf"^{NAMES}__(?:lte?|gte?|range)$")
IN_SQL = re.compile(rf"\b{NAMES}\s*(?:<=?|>=?|BETWEEN)\s")
ORDERS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
ELSEWHERE = {
    "articles/live_rule.py",  # the rule
    "newsroom/site/admin_home.py",  # of what is live: since when
    "newsroom/site/pages/layout.py",  # of posts, not of articles
}


def test_no_other_module_compares_the_times_of_publication():
    found = {
        path.relative_to(ROOT).as_posix()
        for app in ("articles", "newsroom", "demo")
        for path in sorted((ROOT / app).rglob("*.py"))
        if not {"tests", "migrations"} & set(path.parts)
        and compares_times(path.read_text())
    }
    assert found == ELSEWHERE


@pytest.mark.parametrize(
    "source",
    [
        "Article.objects.filter(status=Status.LIVE, public_at__lte=now)",
        "Q(article__public_at__lte=Now())",
        "if article.publish_at <= now: pass",
        "if now < article.embargo_until: pass",
        "SQL = 'SELECT 1 FROM articles_article a WHERE a.public_at <= now()'",
    ],
)
def test_a_comparison_of_the_times_of_publication_is_found(source):
    assert compares_times(source)
    assert not compares_times("rows.order_by('-public_at'); at = article.public_at")


def compares_times(source):
    """Whether a module compares an instant of publication in code, lookups or SQL."""
    return any(_compares(node) for node in ast.walk(ast.parse(source)))


def _compares(node):
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        names = {getattr(side, "attr", getattr(side, "id", "")) for side in sides}
        ordered = any(isinstance(op, ORDERS) for op in node.ops)
        return ordered and any(re.fullmatch(NAMES, name) for name in names)
    if isinstance(node, ast.keyword):
        return bool(LOOKUP.match(node.arg or ""))
    text = getattr(node, "value", "") if isinstance(node, ast.Constant) else ""
    return isinstance(text, str) and bool(IN_SQL.search(text) or LOOKUP.match(text))
