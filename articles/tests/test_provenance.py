"""Evidence: what may stand as such, what readers see of it, and what is kept."""

import pytest
from django.db import IntegrityError, connection, transaction

from articles import body, evidence, provenance, transitions, workflow
from articles.link_rules import UnusableLink, check_link
from articles.models import Evidence
from articles.tests.factories import (
    HOUR,
    NINE,
    make_article,
    make_user,
    make_version,
)
from wire.connectors.base import Batch
from wire.store import store
from wire.tests.factories import make_item, make_post, make_publisher, make_source

POSTS = [
    "",  # nothing to link to: our own stored copy is what is cited
    "https://t.me/nikkeiasia/10423",
    "https://t.me/s/nikkeiasia/10423",
    "https://t.me/c/1234567/89",
    "https://x.com/unusual_whales/status/1938274650183746560",
    "https://twitter.com/paper/status/29700859247",
    "https://bsky.app/profile/paper.example/post/3lsabcdefgh2k",
    "https://mastodon.social/@paper/114740012345678901",
    "https://www.bbc.co.uk/news/articles/c1234567890o",
    "https://agency.example/?p=4711",
]
NO_POSTS = [
    ("https://t.me/nikkeiasia", "channel"),
    ("https://t.me/s/nikkeiasia", "channel"),
    ("https://t.me/nikkeiasia/0", "channel"),
    ("https://x.com/unusual_whales/status/123", "not the number of a post"),
    ("https://x.com/unusual_whales/status/1234567890", "made up"),
    ("https://x.com/unusual_whales/status/1111111111111", "made up"),
    ("https://x.com/unusual_whales", "account"),
    ("https://bsky.app/profile/paper.example", "account"),
    ("https://mastodon.social/@paper", "account"),
    ("https://www.bbc.co.uk/", "home page"),
    ("https://www.bbc.co.uk", "home page"),
    ("https://example.com/story/1", "sample address"),
    ("https://paper.test/story/{id}", "filled in"),
    ("https://paper.test/story/...", "filled in"),
    ("https://paper.test/placeholder", "filled in"),
    ("ftp://paper.test/story", "no web address"),
    ("javascript:alert(1)", "no web address"),
    ("https://[half/", "no web address"),
    ("post 123", "no web address"),
]


@pytest.mark.parametrize("url", POSTS)
def test_a_link_to_one_post_may_stand_as_evidence(url):
    check_link(url)


@pytest.mark.parametrize(("url", "said"), NO_POSTS)
def test_a_link_to_no_post_is_refused_with_the_reason(url, said):
    with pytest.raises(UnusableLink, match=said):
        check_link(url)


def changed(version, **fields):
    """Let the source send another version of the same post."""
    item = version.item
    post = make_post(item.external_id, **fields)
    batch = Batch(format="rss", posts=(post,))
    store(item.source, batch, blob="1" * 64, now=NINE + HOUR)


@pytest.mark.django_db
class TestEvidence:
    def test_a_placeholder_is_not_attached(self):
        version = make_version(url="https://x.com/unusual_whales/status/123")
        with pytest.raises(workflow.Refused, match="cannot stand as evidence"):
            evidence.attach(make_article(), version, by=make_user(), now=NINE)

    def test_attaching_twice_is_one_link(self):
        article, version = make_article(evidence=False), make_version()
        links = [
            evidence.attach(article, version, by=make_user(), now=NINE)
            for _ in range(2)
        ]

        assert links[0] == links[1]
        assert article.evidence.count() == 1

    def test_a_paragraph_that_is_gone_is_refused(self):
        with pytest.raises(workflow.Refused, match="not in the text"):
            evidence.attach(
                make_article(),
                make_version(),
                by=make_user(),
                now=NINE,
                paragraph="p-aaaaaa",
            )

    @pytest.mark.parametrize("status", ["ready", "killed"])
    def test_the_evidence_of_an_approved_text_stays_as_approved(self, status):
        with pytest.raises(workflow.Refused):
            evidence.attach(
                make_article(status=status), make_version(), by=make_user(), now=NINE
            )

    def test_readers_see_new_evidence_with_the_next_update(self):
        article = make_article(status="live")
        evidence.attach(article, make_version(), by=make_user("reporter"), now=NINE)

        assert article.has_unpublished_changes()
        assert article.current_revision().kind == "evidence"
        assert len(provenance.rows(article, article.live_revision)) == 1
        assert len(provenance.rows(article)) == 2
        transitions.move(
            article, "update", by=make_user(), now=NINE, note="A second source."
        )
        assert "2 posts from 2 publishers" in article.page

    def test_evidence_taken_off_stays_with_the_text_it_stood_behind(self):
        article = make_article(status="live")
        link = article.evidence.get()
        evidence.detach(article, link, by=make_user("reporter"), now=NINE)

        assert len(provenance.rows(article, article.live_revision)) == 1
        assert provenance.rows(article) == []
        assert Evidence.objects.get().until == 2
        with pytest.raises(workflow.Refused, match="already"):
            evidence.detach(article, link, by=make_user(), now=NINE)

    def test_the_database_lets_an_ended_link_be(self):
        article = make_article()
        evidence.detach(article, article.evidence.get(), by=make_user(), now=NINE)
        for by_hand in ("SET until = NULL", "SET note = 'other'"):
            with (
                pytest.raises(IntegrityError, match="ended once"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(f"UPDATE articles_evidence {by_hand}")

    def test_the_ledger_numbers_sources_in_the_order_of_the_text(
        self, django_assert_num_queries
    ):
        article = make_article(evidence=False)
        editor = make_user()
        names = body.ids(article.body)
        whole, late, early = make_version(), make_version(), make_version()
        evidence.attach(article, whole, by=editor, now=NINE, role="context")
        evidence.attach(article, late, by=editor, now=NINE, paragraph=names[1])
        for name in reversed(names):
            evidence.attach(article, early, by=editor, now=NINE, paragraph=name)
        revision = article.current_revision()
        with django_assert_num_queries(1):
            rows = provenance.rows(article, revision)

        assert [row.mark for row in rows] == [1, 2, 3]
        assert [row.item_id for row in rows] == [
            str(version.item.public_id) for version in (early, late, whole)
        ]
        assert [row.paragraphs for row in rows] == [tuple(names), (names[1],), ()]

    def test_the_ledger_says_what_has_become_of_a_post(self):
        version = make_version(headline="Ferry stopped")
        article = make_article(evidence=version)
        (row,) = provenance.rows(article)
        assert (row.state, row.headline) == ("usable", "Ferry stopped")

        changed(version, headline="Ferry was not stopped")
        (row,) = provenance.rows(article)
        assert (row.state, row.state_label) == ("changed", "Changed since")
        assert row.headline == "Ferry stopped"  # as cited
        assert "source_moved" in {
            finding.rule for finding in provenance.findings(article, [row])
        }

    def test_a_post_without_a_headline_is_cited_with_its_words_of_then(self):
        version = make_version(headline="", text="Three boats are missing. " * 20)
        article = make_article(evidence=version)
        changed(version, headline="", text="All boats are back.")
        (row,) = provenance.rows(article)
        assert row.headline.startswith("Three boats are missing.")
        assert row.headline.endswith("…")

    def test_two_posts_of_one_publisher_are_one_witness(self):
        publisher = make_publisher(name="Port Office")
        article = make_article(evidence=False)
        for _ in range(2):
            item = make_item(make_source(publisher=publisher))
            evidence.attach(article, item.current_version(), by=make_user(), now=NINE)
        rows = provenance.rows(article)
        found = {
            finding.rule: finding for finding in provenance.findings(article, rows)
        }

        assert found["one_publisher"].sentence.endswith("comes from Port Office alone.")
        assert not found["one_publisher"].blocks

    def test_posts_that_repost_one_are_counted_as_one_origin(self):
        article = make_article(evidence=False)
        for name in ("One", "Two"):
            item = make_item(
                make_source(name=name), text="RT @Port: Closed", headline=""
            )
            evidence.attach(article, item.current_version(), by=make_user(), now=NINE)
        for verb, by in (("submit", article.created_by), ("approve", make_user())):
            transitions.move(article, verb, by=by, now=NINE)
        transitions.move(article, "publish", by=make_user(), now=NINE)

        assert "2 posts from 2 publishers, going back to 1, each" in " ".join(
            article.page.split()
        )
        found = provenance.findings(article, provenance.rows(article))
        assert "one_origin" in {finding.rule for finding in found}
