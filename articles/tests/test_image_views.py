"""Readers may have the pictures of what is public, and no others."""

from datetime import UTC, datetime

import pytest
from django.http import Http404
from django.test import RequestFactory

from articles import cache_tags, image_views, renditions, transitions
from articles.image_markup import address
from articles.models import Article, Author, Image
from articles.tests.factories import make_article, make_user
from articles.tests.test_renditions import NINE, photo

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def image():
    image = renditions.take_picture(
        photo((320, 214)), now=NINE, alt="A quay", credit="Desk"
    )
    renditions.make_due(clock=lambda: datetime.now(UTC))
    image.refresh_from_db()
    return image


def get(path, **headers):
    _, _, public_id, state, name = path.split("/")
    asked = RequestFactory().get(path, headers=headers)
    return image_views.rendition(asked, public_id, state, name)


def test_a_picture_nothing_public_shows_is_not_there(image):
    with pytest.raises(Http404):
        get(address(image, shape="whole", width=320))


def test_a_portrait_is_served_and_may_be_kept_for_ever(image):
    Author.objects.create(name="Ada", slug="ada", portrait=image)
    response = get(address(image, shape="whole", width=320, format="avif"))
    assert response["Content-Type"] == "image/avif"
    assert "immutable" in response["Cache-Control"]
    # … by the reader's browser: what others share must ask whether it may still show it
    assert "s-maxage=60" in response["Cache-Control"]
    assert response["Surrogate-Key"] == f"image:{image.public_id}"
    assert (
        len(response.content) == image.renditions.get(shape="whole", format="avif").size
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p.replace("-320.", "-321."),
        lambda p: p.replace("whole", "16x9"),
        lambda p: p.replace(".jpeg", ".gif"),
        lambda p: p.replace("/whole", "x/whole"),
    ],
)
def test_no_other_size_shape_format_or_state_can_be_asked_for(image, change):
    Author.objects.create(name="Ada", slug="ada", portrait=image)
    path = address(image, shape="whole", width=320)
    assert get(path).status_code == 200
    with pytest.raises(Http404):
        get(change(path))


def test_a_picture_in_a_public_body_is_served_at_the_address_it_has_there(image):
    path = address(image, shape="whole", width=320)
    markup = f'<p>Seen.</p><figure><img src="{path}" alt="A quay"></figure>'
    draft = make_article(body=markup, status="ready")
    with pytest.raises(Http404):
        get(path)
    transitions.move(
        draft, "publish", by=make_user(), now=NINE, revision_n=draft.revision_n
    )

    assert get(path).status_code == 200
    Image.objects.filter(pk=image.pk).update(focal_x=0.1)  # its crops have moved since
    response = get(path)
    assert response.status_code == 200
    assert "immutable" not in response["Cache-Control"]
    with pytest.raises(Http404):
        get(path.replace("-320.jpeg", "-320.avif"))  # the text does not ask for it
    assert list(Article.objects.showing(image)) == [draft]
    assert f"!image:{image.public_id}" in cache_tags.hard_purge_tags(draft, [])


def test_a_text_whose_picture_is_none_of_ours_goes_out_all_the_same():
    markup = f'<p>Seen.</p><figure><img src="/media/{"-" * 36}/x" alt="?"></figure>'
    article = make_article(body=markup, status="live")
    article.refresh_from_db()
    assert article.public_pictures == []


def test_a_shared_cache_that_asks_again_is_told_in_a_word_that_it_may_go_on(image):
    author = Author.objects.create(name="Ada", slug="ada", portrait=image)
    path = address(image, shape="whole", width=320)
    held = get(path)["ETag"]
    again = get(path, if_none_match=held)
    assert (again.status_code, again.content) == (304, b"")
    assert "s-maxage=60" in again["Cache-Control"]
    author.portrait = None
    author.save(update_fields=["portrait"])
    with pytest.raises(Http404):
        get(path, if_none_match=held)
