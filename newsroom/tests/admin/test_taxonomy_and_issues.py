"""Pictures, issues, sections and the desk home: what the desk does around the texts."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image as Picture

from articles import transitions
from articles.models import Article, Author, Image, Issue, Section
from articles.tests.factories import (
    make_article,
    make_author,
    make_image,
    make_section,
    make_user,
)
from markets.tests.factories import make_exchange, make_feed
from wire.models import Item, Source
from wire.tests.factories import make_item, make_source

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief(client):
    person = make_user("chief", is_staff=True)
    client.force_login(person)
    return person


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def file_of(format="PNG", size=(300, 200), name="quay.png"):
    raw = BytesIO()
    Picture.new("RGB", size, "navy").save(raw, format)
    return SimpleUploadedFile(name, raw.getvalue())


def upload(client, **changes):
    sent = {"alt": "A quay at night", "credit": "Ines Halvorsen", "focal_x": "0.2",
            "focal_y": "0.8", "file": file_of(), **changes}  # fmt: skip
    return client.post(reverse("admin:articles_image_add"), sent)


def test_a_picture_is_taken_in_with_its_words_and_its_focal_point(client, chief):
    assert upload(client).status_code == 302
    image = Image.objects.get()
    assert (image.alt, image.credit) == ("A quay at night", "Ines Halvorsen")
    assert (image.focal_x, image.focal_y, image.state) == (0.2, 0.8, "new")
    shown = client.get(reverse("admin:articles_image_change", args=[image.pk]))
    assert "Its sizes are being made" in shown.content.decode()


@pytest.mark.parametrize(
    "raw", [b"not a picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b""]
)
def test_what_is_no_picture_is_refused_with_everything_typed_still_there(
    client, chief, raw
):
    answer = upload(client, file=SimpleUploadedFile("x.jpg", raw), caption="At nine")
    shown = answer.content.decode()
    assert answer.status_code == 200
    assert answer.context["form"].errors["file"]
    assert "A quay at night" in shown
    assert "At nine" in shown
    assert not Image.objects.exists()


def test_a_picture_needs_words_for_those_who_cannot_see_it(client, chief):
    answer = upload(client, alt="")
    assert answer.context["form"].errors["alt"]
    assert not Image.objects.exists()


def test_new_words_for_a_picture_reach_every_page_that_shows_it(client, chief):
    image = make_image()
    article = make_article(status="live", lead_image=image, now=timezone.now())
    address = reverse("admin:articles_image_change", args=[image.pk])
    before = article.page

    answer = client.post(
        address,
        {"alt": "Two tugs at the quay", "credit": image.credit, "focal_x": "0.1",
         "focal_y": "0.5"},
        follow=True,
    )  # fmt: skip

    article.refresh_from_db()
    assert "1 public articles show it so" in answer.content.decode()
    assert "Two tugs at the quay" in article.page
    assert article.page != before
    image.refresh_from_db()
    assert image.state == "new"
    assert image.due_at


def test_staff_see_a_size_before_readers_may(client, chief, tmp_path):
    image = make_image()
    (tmp_path / "x.jpeg").write_bytes(b"made")
    image.renditions.create(
        shape="whole", width=480, height=320, format="jpeg", size=4, file="x.jpeg"
    )
    address = reverse(
        "admin:articles_image_shown", args=[image.public_id, "whole-480.jpeg"]
    )
    answer = client.get(address)
    assert answer.content == b"made"
    assert "no-store" in answer["Cache-Control"]
    assert client.get(address.replace("480", "960")).status_code == 404


def test_an_issue_gets_its_number_from_the_rule(client, chief):
    client.post(reverse("admin:articles_issue_add"), {"date": "2026-06-25"})
    issue = Issue.objects.get()
    assert (issue.volume, issue.number) == (1, 176)


def test_an_edition_named_after_another_day_is_refused(client, chief):
    add = reverse("admin:articles_issue_add")
    answer = client.post(add, {"date": "2026-06-25", "edition": "Saturday Ed."})
    assert "that is a Thursday" in answer.content.decode()
    assert not Issue.objects.exists()

    issue = Issue.objects.for_date(date(2026, 6, 25))
    change = reverse("admin:articles_issue_change", args=[issue.pk])
    answer = client.post(change, {"edition": "Saturday Ed."})
    assert "that is a Thursday" in answer.content.decode()
    client.post(change, {"edition": "Midsummer Ed."})
    issue.refresh_from_db()
    assert issue.edition == "Midsummer Ed."


def test_a_day_before_the_paper_was_is_refused(client, chief):
    answer = client.post(reverse("admin:articles_issue_add"), {"date": "1999-06-25"})
    assert "first year" in answer.content.decode()
    assert not Issue.objects.exists()


def test_a_closed_issue_stays_as_it_was(client, chief):
    issue = Issue.objects.for_date(date(2026, 6, 25))
    listed = reverse("admin:articles_issue_changelist")
    client.post(listed, {"action": "close", "index": 0, "_selected_action": [issue.pk]})
    issue.refresh_from_db()
    assert issue.closed_at
    assert issue.edition == "Thursday Ed."

    change = reverse("admin:articles_issue_change", args=[issue.pk])
    assert client.post(change, {"edition": "Other Ed."}).status_code == 403


def test_a_new_name_of_a_section_is_on_its_stories_at_once(client, chief):
    section = make_section(name="World")
    article = make_article(status="live", section=section, now=timezone.now())
    change = reverse("admin:articles_section_change", args=[section.pk])

    client.post(change, {"name": "The World", "slug": "stolen", "position": 1,
                         "description": ""})  # fmt: skip

    section.refresh_from_db()
    article.refresh_from_db()
    assert section.name == "The World"
    assert section.slug == "world", "readers' addresses hold it"
    assert "The World" in article.page


def test_a_section_may_not_take_an_address_of_the_site(client, chief):
    answer = client.post(
        reverse("admin:articles_section_add"),
        {"name": "Wire", "slug": "wire", "position": 1},
    )
    assert "an address of the site itself" in answer.content.decode()
    assert not Section.objects.exists()


def test_an_author_is_made_and_nothing_printed_is_deleted(client, chief):
    client.post(
        reverse("admin:articles_author_add"), {"name": "Ada Nor", "slug": "ada-nor"}
    )
    author = Author.objects.get()
    gone = reverse("admin:articles_author_delete", args=[author.pk])
    assert client.post(gone, {"post": "yes"}).status_code == 403


def test_the_desk_home_shows_what_is_in_hand_and_what_ails(client, chief):
    now = timezone.now()
    make_article(headline="In the works", now=now)
    make_article(headline="Being read", status="in_edit", now=now)
    make_article(headline="Tomorrow's", status="ready", now=now)
    later = make_article(headline="By itself", status="ready", now=now)
    transitions.move(later, "schedule", by=chief, now=now, at=now + timedelta(hours=5))
    make_article(headline="Out already", status="live", now=now)
    failing = make_source(name="Broken feed")
    Source.objects.filter(pk=failing.pk).update(
        failures=4, last_error="certificate expired"
    )
    item = make_item(failing, headline="Held back for the desk", now=now)
    Item.objects.filter(pk=item.pk).update(public_at=None)
    make_exchange()
    make_feed()

    shown = client.get("/admin/").content.decode()
    columns = client.get("/admin/").context["columns"]

    assert [(c.title, [a.headline for a in c.articles]) for c in columns] == [
        ("Draft", ["In the works"]),
        ("In edit", ["Being read"]),
        ("Ready", ["Tomorrow's"]),
        ("Goes live by itself", ["By itself"]),
        ("Live, last 24 h", ["Out already"]),
    ]
    assert "1 waits for the desk" in shown
    assert "Held back for the desk" in shown
    assert "Failing, 4 in a row" in shown
    assert "certificate expired" in shown
    assert "Calendar missing" in shown


def test_times_are_told_in_the_zone_of_who_looks(client):
    article = make_article(now=timezone.now())
    at = Article.objects.get(pk=article.pk).current_revision().at
    for zone, offset in (("UTC", 0), ("Asia/Kolkata", 330)):
        person = make_user("editor", is_staff=True, time_zone=zone)
        client.force_login(person)
        shown = client.get(reverse("admin:articles_article_change", args=[article.pk]))
        local = at + timedelta(minutes=offset)
        assert f"{local:%H:%M}</time>" in shown.content.decode()
    # The next request on this thread is not in Kolkata.
    assert timezone.get_current_timezone_name() == "UTC"


def test_a_zone_that_does_not_exist_costs_nobody_the_desk(client):
    client.force_login(make_user("editor", is_staff=True, time_zone="Mars/Olympus"))
    assert client.get("/admin/").status_code == 200


def test_an_author_with_a_portrait_is_chosen_by_its_words(client, chief):
    make_image(alt="Portrait of Ada")
    answer = client.get(
        "/admin/autocomplete/",
        {"app_label": "articles", "model_name": "author", "field_name": "portrait",
         "term": "Ada"},
    )  # fmt: skip
    assert [row["text"] for row in answer.json()["results"]] == ["Portrait of Ada"]
    assert make_author().portrait is None
