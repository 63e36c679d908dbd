"""What readers have seen and may not see any more: gone everywhere, and it says so."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from articles import metadata, notices, scheduled_publication, transitions, workflow
from articles.models import Article
from articles.models.change import lock_ledger
from articles.tests.factories import HOUR, NINE, make_article, make_section, make_user

pytestmark = pytest.mark.django_db
LATER = timedelta(days=365 * 30)


@pytest.fixture
def chief():
    return make_user("chief")


def make_held_back(chief, **fields):
    """A story readers saw at nine, held back by an embargo an hour later."""
    article = make_article(status="live", **fields)
    metadata.place(
        article, by=chief, now=NINE + HOUR, embargo_until=timezone.now() + LATER
    )
    return Article.objects.select_related("section", "live_revision").get(pk=article.pk)


def kinds(article):
    return [change.kind for change in article.changes.order_by("pk")]


def test_a_story_held_back_and_then_killed_is_gone_for_good_everywhere(client, chief):
    article = make_held_back(chief)
    assert client.get(article.get_absolute_url()).status_code == 404
    transitions.move(article, "kill", by=chief, now=NINE + 2 * HOUR, note="Untrue.")

    assert kinds(article) == ["published", "withdrawn", "killed"]
    address = article.get_absolute_url()
    for tail in ("", "history/", "provenance.json"):
        assert client.get(f"{address}{tail}").status_code == 410, tail
    assert client.get(f"/api/v1/articles/{article.public_id}/").status_code == 410


def test_an_old_address_of_a_story_held_back_and_killed_leads_to_its_end(client, chief):
    article = make_article(status="live", slug="first")
    before = article.get_absolute_url()
    metadata.place(article, by=chief, now=NINE + HOUR, slug="second")
    metadata.place(
        article, by=chief, now=NINE + HOUR, embargo_until=timezone.now() + LATER
    )
    transitions.move(article, "kill", by=chief, now=NINE + 2 * HOUR, note="Untrue.")

    response = client.get(before, follow=True)
    assert response.redirect_chain == [(article.get_absolute_url(), 301)]
    assert response.status_code == 410


def test_the_correction_of_a_story_held_back_and_killed_stays_on_record(client, chief):
    article = make_article(status="live")
    notices.add(article, "correction", "The ferry was blue.", by=chief, now=NINE)
    metadata.place(
        article, by=chief, now=NINE + HOUR, embargo_until=timezone.now() + LATER
    )
    transitions.move(article, "kill", by=chief, now=NINE + 2 * HOUR, note="Untrue.")

    assert "The ferry was blue." in client.get("/corrections/").text


def test_a_story_readers_have_seen_is_not_unscheduled_behind_an_embargo(chief):
    article = make_held_back(chief)
    assert "unschedule" not in {
        step.verb for step in workflow.open_to(chief, article, NINE + 2 * HOUR)
    }
    with pytest.raises(workflow.Refused, match="have seen this article"):
        transitions.move(article, "unschedule", by=chief, now=NINE + 2 * HOUR)
    with pytest.raises(IntegrityError, match="announced"), transaction.atomic():
        Article.objects.filter(pk=article.pk).update(status="ready")


def test_a_story_taken_off_after_it_was_seen_is_told_as_killed_when_spiked(
    client, chief
):
    """As an older version of the program let an editor do."""
    article = make_article(status="ready")
    seen = article.current_revision()
    with transaction.atomic():
        lock_ledger()
        article.changes.append(article, "published", revision=seen, at=NINE)
    transitions.move(article, "spike", by=chief, now=NINE + HOUR, note="Untrue.")

    assert kinds(article) == ["published", "killed"]
    assert client.get(f"/api/v1/articles/{article.public_id}/").status_code == 410


def test_a_story_held_back_before_it_was_announced_is_told_as_seen(client, chief):
    """The clock made it public; the embargo came before anybody had told the ledger."""
    article = make_article(status="live", at=NINE + HOUR)
    metadata.place(
        article, by=chief, now=NINE + 2 * HOUR, embargo_until=timezone.now() + LATER
    )
    assert kinds(article) == ["published", "withdrawn"]
    transitions.move(article, "kill", by=chief, now=NINE + 3 * HOUR, note="Untrue.")

    assert kinds(article) == ["published", "withdrawn", "killed"]
    assert client.get(article.get_absolute_url()).status_code == 410


def test_a_story_held_back_comes_again_when_its_embargo_ends(chief):
    article = make_article(status="live")
    metadata.place(article, by=chief, now=NINE + HOUR, embargo_until=NINE + 3 * HOUR)
    scheduled_publication.announce_due(NINE + 4 * HOUR)

    assert kinds(article) == ["published", "withdrawn", "published"]


def test_what_nobody_ever_saw_is_not_found_after_its_kill(client, chief):
    article = make_article(status="live", at=timezone.now() + LATER)
    address = article.get_absolute_url()
    transitions.move(
        article, "kill", by=chief, now=timezone.now(), note="Not after all."
    )

    assert kinds(article) == []
    assert client.get(address).status_code == 404
    assert client.get(f"/api/v1/articles/{article.public_id}/").status_code == 404


def test_the_section_of_a_killed_story_is_not_what_finds_it(client, chief):
    section = make_section()
    article = make_held_back(chief, section=section)
    transitions.move(article, "kill", by=chief, now=NINE + 2 * HOUR, note="Untrue.")

    assert article.headline not in client.get(section.get_absolute_url()).text
    assert article.headline not in client.get("/feed.atom").text
    assert article.headline not in client.get("/sitemap.xml").text
