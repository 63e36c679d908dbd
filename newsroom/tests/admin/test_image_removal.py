"""A picture goes: from the desk when nothing needs it, from everywhere when it must."""

import json
import os
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from articles import image_removal, integrity, renditions, revisions
from articles.image_markup import address
from articles.models import Author, Image
from articles.tests.factories import make_article, make_author, make_user
from articles.tests.test_renditions import NINE, photo
from articles.workflow import Refused
from newsroom.operations import integrity_checks

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def image():
    image = renditions.take_picture(
        photo((320, 214)), now=NINE, alt="A witness at home", credit="Desk",
        caption="Her name", rights="All",
    )  # fmt: skip
    renditions.make_due(clock=lambda: NINE)
    image.refresh_from_db()
    return image


@pytest.fixture
def chief():
    return make_user("chief", is_staff=True)


def story(image, **fields):
    return make_article(
        status="live", now=timezone.now(), lead_image=image, caption="As seen", **fields
    )


def files():
    return [
        path for path in Path(default_storage.path("")).rglob("*") if path.is_file()
    ]


def test_a_picture_nothing_uses_is_removed_with_its_files_and_words(image, chief):
    image_removal.remove(image, by=chief, now=NINE, why="Taken in twice.")
    image.refresh_from_db()
    assert files() == []
    assert not image.renditions.exists()
    assert (image.state, image.alt, image.caption, image.credit) == (
        "removed",
        "",
        "",
        "",
    )
    assert (image.removed_by, image.removed_at, image.removed_why) == (
        *(chief, NINE, "Taken in twice."),
    )


@pytest.mark.parametrize("status", ["draft", "in_edit", "ready", "live"])
def test_a_picture_a_text_uses_is_kept_and_the_text_is_named(image, chief, status):
    make_article(
        status=status, now=timezone.now(), lead_image=image, headline="Ferries"
    )
    with pytest.raises(Refused, match="“Ferries”"):
        image_removal.remove(image, by=chief, now=NINE, why="Rights.")
    assert len(files()) == 10


def test_a_picture_in_a_body_or_of_an_author_is_used_too(image, chief):
    make_author(name="Ada", portrait=image)
    src = address(image, shape="whole", width=320)
    body = f'<p>One.</p><figure><img src="{src}" alt="x"></figure>'
    make_article(body=body, headline="Quays")
    with pytest.raises(Refused, match="“Quays”, the portrait of Ada"):
        image_removal.remove(image, by=chief, now=NINE, why="Rights.")


@pytest.mark.parametrize("verb", [image_removal.remove, image_removal.withdraw])
def test_only_a_chief_removes_and_says_why(image, chief, verb):
    for role in ("reporter", "editor", "wire", "markets", "operator"):
        with pytest.raises(Refused, match="ask a chief editor"):
            verb(image, by=make_user(role), now=NINE, why="Rights.")
    with pytest.raises(Refused, match="needs a reason"):
        verb(image, by=chief, now=NINE, why="  ")
    verb(image, by=chief, now=NINE, why="Rights.")
    with pytest.raises(Refused, match="removed already"):
        verb(image, by=chief, now=NINE, why="Again.")


def test_a_picture_that_must_go_is_gone_from_every_page_at_once(image, chief, client):
    article = story(image)
    url, src = article.get_absolute_url(), address(image, shape="whole", width=320)
    assert client.get(src).status_code == 200
    assert str(image.public_id) in client.get(url).content.decode()

    assert image_removal.withdraw(image, by=chief, now=NINE, why="A court order.") == 1

    gone = client.get(src)
    assert (gone.status_code, gone["Cache-Control"]) == (410, "no-store")
    for path in (url, "/", f"/{article.section.slug}/", f"{url}history/"):
        page = client.get(path).content.decode()
        assert str(image.public_id) not in page, path
        assert "A witness at home" not in page
        assert "A court order" not in page
    told = "A picture that stood here was removed on 2 March 2026."
    assert told in client.get(url).content.decode()
    document = json.loads(client.get(f"/api/v1/articles/{article.public_id}/").content)
    assert document["data"]["picture"] is None
    assert files() == []


def test_a_picture_in_a_body_leaves_words_in_its_place(image, chief, client):
    src = address(image, shape="whole", width=320)
    body = f'<p>One.</p><figure><img src="{src}" alt="A witness"></figure><p>Two.</p>'
    article = make_article(status="live", now=timezone.now(), body=body)
    assert src in client.get(article.get_absolute_url()).content.decode()
    assert image_removal.withdraw(image, by=chief, now=NINE, why="Rights.") == 1
    page = client.get(article.get_absolute_url()).content.decode()
    assert src not in page
    assert "A picture that stood here was removed." in page


def test_a_portrait_that_is_withdrawn_leaves_its_author_without_one(
    image, chief, client
):
    author = make_author(name="Ada", portrait=image)
    image_removal.withdraw(image, by=chief, now=NINE, why="She asked for it.")
    assert Author.objects.get(pk=author.pk).portrait is None
    page = client.get(author.get_absolute_url())
    assert page.status_code == 200
    assert str(image.public_id) not in page.content.decode()
    client.force_login(chief)
    chosen = {"name": "Ada", "slug": author.slug, "portrait": image.pk}
    change = reverse("admin:articles_author_change", args=[author.pk])
    assert client.post(change, chosen).status_code == 200  # it cannot be chosen again
    assert Author.objects.get(pk=author.pk).portrait is None


def test_kept_copies_are_dropped_hard_and_the_revisions_are_still_proved(image, chief):
    article = story(image)
    with connection.cursor() as cursor:
        cursor.execute("LISTEN edge")
    image_removal.withdraw(image, by=chief, now=NINE, why="Rights.")
    told = " ".join(
        note.payload for note in connection.connection.notifies(timeout=5, stop_after=1)
    ).split()
    with connection.cursor() as cursor:
        cursor.execute("UNLISTEN edge")
    assert f"!image:{image.public_id}" in told
    assert f"!article:{article.public_id}" in told
    assert all(tag.startswith("!") for tag in told)
    assert [words for words in integrity.revisions() if words] == []
    names = {"ledger", "texts", "originals", "renditions", "files"}
    proofs = [
        p
        for p in integrity_checks.all_checks(integrity_checks.own_files())
        if p.name in names
    ]
    wrong = [
        result for result in integrity_checks.verify(proofs, tell=print) if result.wrong
    ]
    assert wrong == []


def test_a_text_can_still_be_written_on_when_its_picture_is_gone(image, chief, client):
    article = make_article(lead_image=image)
    image_removal.withdraw(image, by=chief, now=NINE, why="Rights.")
    client.force_login(chief)
    page = client.get(reverse("admin:articles_article_change", args=[article.pk]))
    assert "Removed picture" in page.content.decode()
    article.refresh_from_db()
    revisions.save(
        article, by=chief, now=NINE, base_n=article.revision_n, headline="Newer"
    )
    assert client.get(f"/admin/preview/{article.pk}/").status_code == 200
    listed = client.get(reverse("admin:articles_image_changelist"))
    assert "Removed picture" in listed.content.decode()


def test_sizes_that_were_being_made_come_to_nothing(image, chief):
    Image.objects.filter(pk=image.pk).update(state="new", due_at=NINE)
    (leased,) = Image.objects.lease(NINE, limit=1)
    image_removal.remove(image, by=chief, now=NINE, why="Rights.")
    assert not renditions.make(leased, now=NINE)
    assert files() == []
    assert renditions.make_due(clock=lambda: NINE) == 0


def test_the_database_keeps_nothing_of_a_removed_picture(image, chief):
    image_removal.remove(image, by=chief, now=NINE, why="Rights.")
    for change in ({"alt": "A witness"}, {"due_at": NINE}, {"state": "ready"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Image.objects.filter(pk=image.pk).update(**change)


def test_the_desk_lists_what_uses_a_picture_and_withdraws_it_when_asked(
    image, chief, client
):
    article = story(image, headline="Ferries")
    client.force_login(chief)
    page = reverse("admin:articles_image_remove", args=[image.public_id])
    assert "Ferries" in client.get(page).content.decode()
    refused = client.post(page, {"why": "Rights."})
    assert refused.status_code == 200
    assert "This picture is used: “Ferries”." in refused.content.decode()
    assert "Rights." in refused.content.decode()  # what was typed is still there
    done = client.post(page, {"why": "Rights.", "withdraw": "on"}, follow=True)
    shown = done.content.decode()
    assert (
        "Withdrawn: its files are gone, and 1 public stories show it no more." in shown
    )
    assert f"by {chief}: Rights." in shown
    assert 'name="alt"' not in shown
    assert client.get(article.get_absolute_url()).status_code == 200


def test_verify_tells_of_a_file_that_belongs_to_no_picture(image):
    stray = default_storage.path("renditions/zz-stray.avif")
    Path(stray).write_bytes(b"x")
    long_ago = NINE.timestamp()
    os.utime(stray, (long_ago, long_ago))
    told = []
    proofs = [
        p
        for p in integrity_checks.all_checks(integrity_checks.own_files())
        if p.name == "files"
    ]
    list(integrity_checks.verify(proofs, tell=lambda proof, words: told.append(words)))
    assert told == ["The file renditions/zz-stray.avif belongs to no picture."]
