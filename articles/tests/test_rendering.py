"""What is stored of a public text: cards, page, JSON-LD, document, search."""

import json

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from articles import (
    body,
    evidence,
    metadata,
    notices,
    provenance,
    rendering,
    revisions,
    transitions,
    workflow,
)
from articles.models import Article, OldAddress
from articles.stored_html import ARTICLES
from articles.tests.factories import (
    BODY,
    HOUR,
    NINE,
    make_article,
    make_author,
    make_image,
    make_section,
    make_topic,
    make_user,
    make_version,
)
from foundation.stored_html import render

pytestmark = pytest.mark.django_db
SHARP = '</script><b>"Ferry" & \u2028co'


def test_a_card_of_each_size_links_to_the_story():
    article = make_article(
        status="live", headline="Ferry leaves", lead_image=make_image()
    )
    for name in rendering.CARDS:
        card = getattr(article, name)
        assert f'href="{article.get_absolute_url()}"' in card
        assert "Ferry leaves" in card
    assert "<picture>" in article.card_lead
    assert "<picture>" in article.card_picture
    assert "<picture>" not in article.card_row


def test_a_page_has_its_landmarks():
    author = make_author(name="Ines Halvorsen")
    article = make_article(
        status="live",
        headline="Ferry leaves",
        standfirst="No reason was given.",
        framing="We call it a ferry.",
        bylines=[(author, "in Geneva")],
        topics=[make_topic(name="Shipping")],
        lead_image=make_image(),
    )
    page = article.page

    assert "<h1>Ferry leaves</h1>" in page
    assert (
        '<a href="/authors/ines-halvorsen/" rel="author">Ines Halvorsen</a> in Geneva'
        in page
    )
    assert (
        '<time datetime="2026-03-02T09:00:00Z">2 March 2026, 09:00 UTC</time>' in page
    )
    assert 'aria-label="Wire provenance"' in page
    assert "We call it a ferry." in page
    assert "Shipping" in page
    assert 'alt="A ferry at the quay"' in page
    assert "Staff photograph" in page
    assert "Updated" not in page


def test_a_paragraph_carries_the_number_of_its_source():
    article, editor = make_article(evidence=False), make_user()
    first, second = body.ids(article.body)
    evidence.attach(
        article,
        make_version(),
        by=editor,
        now=NINE,
        paragraph=second,
        role="contradicts",
    )
    transitions.move(article, "submit", by=article.created_by, now=NINE)
    transitions.move(article, "approve", by=editor, now=NINE)
    transitions.move(article, "publish", by=editor, now=NINE)

    assert f'<p id="{first}">The ferry left at six.</p>' in article.page
    assert (
        f'<p id="{second}">Nobody was told why.<sup class="mark mark--contradicts">'
        '<a href="#source-1" aria-label="Source 1">1</a></sup></p>' in article.page
    )
    assert f'<a href="#{second}">paragraph 2</a>' in article.page


@pytest.mark.parametrize(
    "markup",
    [
        "<p>One.</p>",
        "<ul><li>a</li><li><p>b</p></li></ul>",
        "<blockquote><p>One.</p></blockquote>",
        "<h2>Head</h2>",
        "<table><tbody><tr><td>1</td></tr></tbody></table>",
    ],
)
def test_marks_leave_the_markup_whole(markup):
    article = make_article(evidence=False, body=markup)
    (name,) = body.ids(article.body)
    evidence.attach(article, make_version(), by=make_user(), now=NINE, paragraph=name)
    marked = rendering.marked(article.body, provenance.rows(article))

    assert marked.count("#source-1") == 1
    assert body.words(body.clean(marked)).startswith(body.words(article.body)[:3])
    for tag in ("p", "li", "ul", "blockquote", "table", "td", "sup", "h2"):
        opened = marked.count(f"<{tag} ") + marked.count(f"<{tag}>")
        assert opened == marked.count(f"</{tag}>")


def test_words_of_people_and_of_the_wire_are_never_markup():
    article = make_article(
        status="live",
        headline=SHARP,
        standfirst=SHARP,
        framing=SHARP,
        caption=SHARP,
        lead_image=make_image(alt=SHARP, credit=SHARP),
        bylines=[(make_author(name=SHARP, slug="sharp"), SHARP[:60])],
        topics=[make_topic(name=SHARP)],
        evidence=make_version(headline=SHARP, author=SHARP),
        section=make_section(name="A <b>section", slug="a"),
    )
    notices.add(article, "correction", SHARP, by=make_user(), now=NINE)
    article.refresh_from_db()
    for name in (*rendering.CARDS, "page"):
        stored = getattr(article, name)
        assert "<b>" not in stored
        assert "</script>" not in stored
    assert "<" not in article.json_ld
    assert json.loads(article.json_ld)["headline"].startswith("</script><b>")


def test_the_document_says_what_the_page_says():
    author = make_author(name="Ines Halvorsen")
    article = make_article(
        status="live",
        headline="Ferry leaves",
        bylines=[(author, "")],
        lead_image=make_image(),
    )
    document = orjson.loads(article.document)

    assert document["id"] == str(article.public_id)
    assert document["url"].endswith(article.get_absolute_url())
    assert document["headline"] == "Ferry leaves"
    assert document["authors"] == [
        {"name": "Ines Halvorsen", "slug": "ines-halvorsen", "role": ""}
    ]
    text = orjson.loads(article.document_text)
    assert text == "The ferry left at six.\n\nNobody was told why."
    assert document["published_at"] == "2026-03-02T09:00:00Z"
    assert document["issue"] == {"date": "2026-03-02", "volume": 1, "number": 61}
    assert document["evidence"]["posts"] == 1
    assert document["picture"]["credit"] == "Staff photograph"
    assert str(article.pk) not in {str(value) for value in document.values()}


def test_json_ld_is_a_news_article_with_its_corrections_and_sources():
    version = make_version(url="https://agency.test/story/1")
    article = make_article(status="live", kind="analysis", evidence=version)
    notices.add(
        article, "correction", "It left at seven.", by=make_user(), now=NINE + HOUR
    )
    article.refresh_from_db()
    data = json.loads(article.json_ld)

    assert data["@type"] == "AnalysisNewsArticle"
    assert data["isBasedOn"] == ["https://agency.test/story/1"]
    assert data["correction"][0]["text"] == "It left at seven."
    assert data["dateModified"] == "2026-03-02T10:00:00Z"


def test_a_notice_is_on_the_page_in_the_ledger_and_nowhere_before():
    article = make_article(status="live")
    notices.add(
        article, "correction", "It left at seven.", by=make_user(), now=NINE + HOUR
    )
    article.refresh_from_db()

    assert "It left at seven." in article.page
    assert "Updated <time" in article.page
    assert [change.kind for change in article.changes.order_by("pk")] == [
        "published",
        "corrected",
    ]


@pytest.mark.parametrize(
    ("status", "role", "kind", "text", "said"),
    [
        ("ready", "chief", "correction", "Wrong.", "readers can see"),
        ("killed", "chief", "correction", "Wrong.", "readers can see"),
        ("live", "reporter", "correction", "Wrong.", "not yours"),
        ("live", "chief", "apology", "Wrong.", "is no notice"),
        ("live", "chief", "correction", " ", "says nothing"),
    ],
)
def test_a_notice_that_cannot_be_printed_says_why(status, role, kind, text, said):
    article = make_article(status=status)
    with pytest.raises(workflow.Refused, match=said):
        notices.add(article, kind, text, by=make_user(role), now=NINE)

    assert not article.notices.exists()


def test_opinion_carries_its_author_s_face():
    author = make_author(portrait=make_image(alt="A face"))
    article = make_article(
        status="live",
        section=make_section(is_opinion=True),
        kind="opinion",
        bylines=[(author, "")],
    )

    assert "card--opinion" in article.card_text
    assert "card__portrait" in article.card_text


def test_what_was_rendered_with_old_templates_is_rendered_again():
    old, new = (make_article(status="live", headline=name) for name in ("Old", "New"))
    Article.objects.filter(pk=old.pk).update(rendered_with="other", page="old")
    outcome = render(ARTICLES)
    old.refresh_from_db()

    assert "<h1>Old</h1>" in old.page
    assert old.rendered_with == new.rendered_with == rendering.stamp()
    assert outcome.rendered == 1


def test_the_ledger_of_changes_can_be_proved(capsys):
    article = make_article(status="live")
    notices.add(article, "note", "Seen.", by=make_user(), now=NINE)
    call_command("articles", "verify")

    assert "2 changes" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("by_hand", "said"),
    [
        ("UPDATE articles_revision SET body = '<p>Rewritten.</p>'", "text of revision"),
        ("UPDATE articles_change SET kind = 'updated' WHERE id = (SELECT min(id)"
         " FROM articles_change)", "not what was written"),
        ("DELETE FROM articles_change WHERE id = (SELECT min(id) FROM articles_change)",
         "broken before"),
    ],
)  # fmt: skip
def test_a_ledger_somebody_touched_is_found_out(by_hand, said):
    article = make_article(status="live")
    notices.add(article, "note", "Seen.", by=make_user(), now=NINE)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE articles_revision DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE articles_change DISABLE TRIGGER USER")
        cursor.execute(by_hand)
    with pytest.raises(CommandError, match=said):
        call_command("articles", "verify")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ferry", True),
        ("ferries", True),
        ('"left at six"', True),
        ('"six at left"', False),
        ("ferry -six", False),
        ("train OR ferry", True),
        ("Halvorsen", True),
        ("train", False),
        ("", False),
        ("'; DROP TABLE", False),
        ("x" * 10_000, False),
    ],
)
def test_a_search_finds_the_public_text(query, found):
    author = make_author(name="Ines Halvorsen")
    article = make_article(
        status="live", headline="Quay closed", bylines=[(author, "")]
    )
    revisions.save(
        article, by=make_user(), now=NINE, base_n=1, body=BODY + "<p>A train came.</p>"
    )

    assert Article.objects.live().search(query).exists() == found


def test_a_search_puts_the_headline_before_the_text():
    late = make_article(status="live", headline="Other matters", now=NINE + HOUR)
    first = make_article(status="live", headline="Ferry")

    assert list(Article.objects.live().search("ferry").best_first()) == [first, late]


class TestAddresses:
    def test_an_address_names_section_day_and_slug(self):
        article = make_article(
            status="live", section=make_section(name="World"), headline="Ferry leaves"
        )

        assert article.get_absolute_url() == "/world/2026/03/02/ferry-leaves/"
        at = Article.objects.live().at_address(
            "world", article.published_on, "ferry-leaves"
        )
        assert at.get() == article

    def test_two_stories_of_one_day_with_one_headline_get_two_addresses(self):
        section = make_section()
        same = {"status": "live", "headline": "Ferry", "section": section}
        slugs = [make_article(**same).slug for _ in range(3)]

        assert slugs == ["ferry", "ferry-2", "ferry-3"]

    def test_an_old_address_leads_on_and_never_in_a_circle(self):
        chief, article = make_user(), make_article(status="live", headline="Ferry")
        first = article.get_absolute_url()
        metadata.place(article, by=chief, now=NINE, slug="boat")
        second = article.get_absolute_url()
        metadata.place(article, by=chief, now=NINE, slug="ship")
        assert set(OldAddress.objects.values_list("path", flat=True)) == {first, second}
        assert f'href="{article.get_absolute_url()}"' in Article.objects.get().card_row

        metadata.place(article, by=chief, now=NINE, slug="ferry")
        assert article.get_absolute_url() == first
        assert not OldAddress.objects.filter(path=first).exists()

    def test_a_story_moved_to_another_section_leaves_its_address_behind(self):
        article = make_article(status="live")
        old = article.get_absolute_url()
        metadata.place(
            article, by=make_user(), now=NINE, section=make_section(name="Money")
        )

        assert OldAddress.objects.get(path=old).article == article
        assert article.changes.latest("pk").kind == "updated"

    def test_an_address_another_story_has_or_had_is_refused(self):
        section, chief = make_section(), make_user()
        first = make_article(status="live", headline="Ferry", section=section)
        metadata.place(first, by=chief, now=NINE, slug="boat")
        second = make_article(status="live", headline="Train", section=section)
        for slug in ("boat", "ferry"):
            with pytest.raises(workflow.Refused, match="Another article"):
                metadata.place(second, by=chief, now=NINE, slug=slug)

        assert second.slug == "train"

    def test_a_draft_changes_its_slug_and_leaves_nothing_behind(self):
        article = make_article()
        metadata.place(article, by=make_user("reporter"), now=NINE, slug="boat")

        assert Article.objects.get().slug == "boat"
        assert not OldAddress.objects.exists()

    @pytest.mark.parametrize("slug", ["", "a b", "é", "a/b"])
    def test_a_slug_that_is_none_is_refused(self, slug):
        with pytest.raises(workflow.Refused, match="slug is made of"):
            metadata.place(make_article(), by=make_user(), now=NINE, slug=slug)

    def test_what_is_live_is_placed_by_those_who_may_publish(self):
        with pytest.raises(workflow.Refused, match="by somebody who may publish"):
            metadata.place(
                make_article(status="live"),
                by=make_user("editor"),
                now=NINE,
                prominence=1,
            )
