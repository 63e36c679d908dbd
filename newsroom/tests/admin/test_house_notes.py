"""What the house tells itself stays in the house: no reader's page, feed or data has it."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from articles import notices, questions, revisions, transitions, workflow
from articles.models import Article, Section
from articles.tests.factories import (
    HOUR,
    NINE,
    make_article,
    make_author,
    make_image,
    make_topic,
    make_user,
    make_version,
)
from wire.models import DeadLetter, Item, Publisher

pytestmark = pytest.mark.django_db
TOKEN = "kolibri"  # typed into every field the house keeps to itself


def token(n):
    return f"{TOKEN}-{n}: the source is known to us."


def make_house():
    """Stories in every state, with the house's own words beside each."""
    writer, chief = make_user("reporter"), make_user("chief")
    topic, author = make_topic(), make_author()
    image = make_image(last_error=token("image"))
    version = make_version()
    Publisher.objects.update(note=token("publisher"))
    item = Item.objects.get(pk=version.item_id)
    item.hold(by=chief, now=NINE, note=token("held"))
    item.let_through(by=chief, now=NINE)
    item.mark("confirmed", by=chief, now=NINE, note=token("marked"))

    live = make_article(status="ready", evidence=version, topics=[topic], writer=writer,
                        bylines=[(author, "")], lead_image=image)  # fmt: skip
    transitions.move(live, "send_back", by=chief, now=NINE, note=token("send back"))
    revisions.save(
        live, by=writer, now=NINE, base_n=1, body="<p>More.</p>", note=token("rev")
    )
    transitions.move(live, "submit", by=writer, now=NINE, note=token("submit"))
    transitions.move(live, "approve", by=chief, now=NINE, note=token("approve"))
    transitions.move(live, "publish", by=chief, now=NINE, note=token("publish"))
    revisions.save(live, by=writer, now=NINE, base_n=2, body="<p>Even more.</p>")
    transitions.move(live, "update", by=chief, now=NINE, note=token("update"))
    notices.add(live, "correction", "A word was wrong.", by=chief, now=NINE)
    revisions.save(
        live, by=writer, now=NINE, base_n=3, body=f"<p>{token('not out yet')}</p>"
    )
    revisions.autosave(live, by=writer, now=NINE, base_n=4, headline=token("typed"))
    due = (NINE + timedelta(days=9)).date()
    for outcome in ("no_answer", "dropped"):
        asked = ask(live, outcome, due, chief)
        questions.close(asked, outcome, by=chief, now=NINE,
                    answer=token("dropped") if outcome == "dropped" else "")  # fmt: skip
    killed = make_article(status="live", evidence=version, slug="killed")
    transitions.move(killed, "kill", by=chief, now=NINE + HOUR, note=token("kill"),
                public_note="It named the wrong ship.")  # fmt: skip
    silent = make_article(status="live", evidence=version, slug="silent")
    transitions.move(
        silent, "kill", by=chief, now=NINE + HOUR, note=token("kill silent")
    )
    spiked = make_article()
    transitions.move(spiked, "spike", by=chief, now=NINE, note=token("spike"))
    DeadLetter.objects.create(source=item.source, raw_hash="0" * 64, raw=b"", place="",
                              error=token("letter"), first_at=NINE, last_at=NINE)  # fmt: skip
    return live, killed, silent, spiked


def ask(article, text, due, by):
    return questions.ask(
        article, text, due_date=due, by=by, now=NINE, watch=token("watch")
    )


def public_doors(live, *gone):
    """Every address a reader or a partner has, of these stories and around them."""
    yield from ("/", "/wire/", "/issues/", "/corrections/", "/search/?q=kolibri",
                "/search/?q=ferry", "/feed.atom", "/feed.rss", "/feed.json",
                "/corrections/feed.atom", "/corrections/feed.rss", "/sitemap.xml",
                "/sitemap-pages.xml", "/news-sitemap.xml", "/live/poll", "/about/",
                "/healthz", "/readyz", "/metrics", "/markets/")  # fmt: skip
    yield from (f"/{section.slug}/" for section in Section.objects.all())
    yield from (f"/{section.slug}/feed.json" for section in Section.objects.all())
    for article in (live, *gone):
        address = article.get_absolute_url()
        yield from (address, f"{address}history/", f"{address}provenance.json")
        yield f"/api/v1/articles/{article.public_id}/"
    yield from (item.get_absolute_url() for item in Item.objects.all())
    yield from (f"/api/v1/wire/{item.public_id}/" for item in Item.objects.all())
    yield from ("/api/v1/", "/api/v1/articles/", "/api/v1/sections/", "/api/v1/issues/",
                "/api/v1/wire/", "/api/v1/articles/?q=kolibri")  # fmt: skip
    yield from (f"/topics/{topic.slug}/" for topic in live.topics.all())
    yield from (f"/authors/{line['slug']}/" for line in live.live_revision.bylines)


def test_what_the_house_notes_reaches_no_reader(client):
    live, *gone = make_house()
    seen = []
    for door in public_doors(live, *gone):
        response = client.get(door)
        body = b"".join(response) if response.streaming else response.content
        words = re.sub(r"q=kolibri|[?&]q=\S*|value=\"kolibri\"", "", body.decode())
        heads = " ".join(f"{name}: {value}" for name, value in response.headers.items())
        found = re.findall(rf"{TOKEN}-[\w ]+", words + heads)
        assert not found, (door, found)
        seen.append(response.status_code)
    assert seen.count(200) > 25  # the doors were open
    assert seen.count(410) == 2 * 4


def test_what_rings_the_live_stream_carries_no_note(monkeypatch):
    rung = []
    for module in ("transitions", "metadata", "notices"):
        monkeypatch.setattr(
            f"articles.{module}.purge", lambda *tags, **more: rung.append(str(tags))
        )
    make_house()
    assert rung
    assert TOKEN not in " ".join(rung)


def test_readers_are_told_the_public_sentence_of_a_kill_and_not_the_reason(client):
    article = make_article(status="live")
    transitions.move(article, "kill", by=make_user(), now=NINE, note="Jane Doe is the source.",
                 public_note="The ship was another.")  # fmt: skip
    page = client.get(article.get_absolute_url())
    data = client.get(f"/api/v1/articles/{article.public_id}/")

    assert page.status_code == data.status_code == 410
    for answer in (page, data):
        assert "The ship was another." in answer.text
        assert "Jane Doe" not in answer.text


def test_a_kill_without_a_public_sentence_says_the_papers_own(client):
    """So does every kill of the time when there was one note for both."""
    article = make_article(status="live")
    transitions.move(
        article, "kill", by=make_user(), now=NINE, note="Jane Doe is the source."
    )
    page = client.get(article.get_absolute_url())

    assert workflow.NEUTRAL in page.text
    assert "Jane Doe" not in page.text


def test_only_a_kill_tells_readers_anything():
    article = make_article(status="in_edit")
    with pytest.raises(workflow.Refused, match="tells readers nothing"):
        transitions.move(
            article, "spike", by=make_user(), now=NINE, note="No.", public_note="Hello."
        )


def test_a_public_sentence_that_is_too_long_is_refused():
    article = make_article(status="live")
    with pytest.raises(workflow.Refused, match="2,001 characters"):
        transitions.move(
            article,
            "kill",
            by=make_user(),
            now=NINE,
            note="No.",
            public_note="x" * 2_001,
        )


def test_the_kill_form_says_which_words_readers_will_see(client):
    client.force_login(make_user("chief", is_staff=True))
    article = make_article(status="live")
    address = reverse("admin:articles_article_change", args=[article.pk])
    form = client.get(address).text
    assert "Readers will see this" in form
    assert "Readers never see this" in form
    assert workflow.NEUTRAL in form
    notes = {"kill-note": "Libel.", "kill-public_note": "Wrong ship."}
    client.post(address, {"touched": "no", "step": "kill", "base_n": "1", **notes})

    move = article.moves.get(verb="kill")
    assert (move.note, move.public_note) == ("Libel.", "Wrong ship.")
    history = client.get(address).text
    assert "Libel." in history
    assert "Wrong ship." in history


def test_a_refused_step_keeps_what_was_typed_with_it(client):
    client.force_login(make_user("chief", is_staff=True))
    article = make_article(status="live")
    address = reverse("admin:articles_article_change", args=[article.pk])
    response = client.post(
        address,
        {"touched": "no", "step": "kill", "base_n": "1", "kill-note": " ",
         "kill-public_note": "We named the wrong ship."},
    )  # fmt: skip

    assert response.status_code == 200
    assert "Say why" in response.text
    assert "We named the wrong ship." in response.text
    assert Article.objects.get(pk=article.pk).status == "live"


def test_a_kill_nobody_would_learn_of_asks_for_no_public_sentence(client):
    client.force_login(make_user("chief", is_staff=True))
    article = make_article(status="live", at=timezone.now() + HOUR)
    address = reverse("admin:articles_article_change", args=[article.pk])

    assert "Readers will see this" not in client.get(address).text
