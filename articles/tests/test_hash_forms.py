"""What was hashed stays provable when another field counts from now on."""

import pytest
from django.db import connection

from articles import integrity, notices, revisions
from articles.models import Change, Revision
from articles.models.change import LINK_FORMS
from articles.models.revision import FORMS, newest_form, text_hash
from articles.tests.factories import HOUR, NINE, make_article, make_user

pytestmark = pytest.mark.django_db
TEXT = {
    "headline": "Ferry sails",
    "standfirst": "At nine.",
    "body": "<p>The ferry sails.</p>",
    "framing": "",
    "bylines": [{"name": "A. Writer", "slug": "a-writer", "role": ""}],
    "image": None,
    "caption": "",
}


@pytest.fixture
def subtitles(monkeypatch):
    """A release in which an imaginary subtitle counts; its texts, by revision number."""
    found = {}
    plain = Revision.text

    def text(revision):
        return {**plain(revision), "subtitle": found.get(revision.n, "")}

    monkeypatch.setattr(Revision, "text", text)
    monkeypatch.setitem(FORMS, 2, (*FORMS[1], "subtitle"))
    return found


def faults(proof):
    return [words for words in proof if words]


def test_the_first_form_gives_what_it_always_gave():
    was = "d55ff5a93354abde984bd0230c4e2af3004e7147c2a41c4cd4c047349014c4dd"
    assert text_hash(TEXT, 1) == was
    assert text_hash({**TEXT, "subtitle": "New"}, 1) == was


def test_a_field_that_counts_from_now_on_leaves_old_revisions_proved(
    monkeypatch, subtitles
):
    with monkeypatch.context() as before:
        before.delitem(FORMS, 2)
        article = make_article(status="live")
    old = article.revisions.get(n=1)
    subtitles[2] = "What it says below"
    new = Revision(
        **{"article": article, "n": 2, "by": old.by, "at": NINE, "hash_form": 2},
        **{name: getattr(old, name) for name in FORMS[1]},
    )
    new.hash = text_hash(new.text(), newest_form())
    new.save(force_insert=True)

    assert (old.hash_form, newest_form()) == (1, 2)
    assert faults(integrity.revisions()) == []
    assert faults(integrity.changes()) == []

    subtitles[2] = "Altered"
    [fault] = faults(integrity.revisions())
    assert fault.startswith("The text of revision 2")


def test_a_text_saved_twice_is_one_revision_though_the_form_changed_between(
    monkeypatch,
):
    article = make_article(status="draft")
    monkeypatch.setitem(FORMS, 2, ("headline", "body"))
    again = revisions.save(
        article, by=article.created_by, now=NINE + HOUR, base_n=article.revision_n
    )
    assert again.n == article.revisions.count()
    assert again.hash_form == 1

    new = revisions.save(
        *(article,),
        by=article.created_by,
        now=NINE + HOUR,
        base_n=again.n,
        headline="Another headline",
    )
    assert (new.n, new.hash_form) == (again.n + 1, 2)
    assert faults(integrity.revisions()) == []


def test_a_ledger_of_links_in_two_forms_is_one_chain(monkeypatch):
    article = make_article(status="live")
    monkeypatch.setitem(LINK_FORMS, 2, ("article", "previous", "revision", "text"))
    notices.add(article, "note", "Seen.", by=make_user(), now=NINE + HOUR)

    assert [link.hash_form for link in Change.objects.order_by("pk")] == [1, 2]
    assert faults(integrity.changes()) == []


@pytest.mark.parametrize(
    ("table", "proof"),
    [
        ("articles_revision", integrity.revisions),
        ("articles_change", integrity.changes),
    ],
)
def test_a_form_of_a_newer_release_is_named(table, proof):
    make_article(status="live")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(f"UPDATE {table} SET hash_form = 9")
    [fault] = faults(proof())
    assert "form 9: this release does not know it" in fault
