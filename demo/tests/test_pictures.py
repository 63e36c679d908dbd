"""The pictures: drawn alike every time, of the right size, and none like another."""

from io import BytesIO

import pytest
from PIL import Image

from demo import pictures


@pytest.mark.parametrize("name", ["strait-chart", "stage", "freight-chart"])
def test_a_lead_picture_is_three_to_two_and_large(name):
    image = Image.open(BytesIO(pictures.draw(name)))

    assert image.size == (2400, 1600)
    assert image.format == "JPEG"


def test_the_same_name_draws_the_same_picture():
    assert pictures.draw("queue") == pictures.draw("queue")


def test_a_portrait_is_square():
    assert Image.open(BytesIO(pictures.draw("ines-halvorsen"))).size == (900, 900)


def test_a_picture_nobody_drew_is_refused_by_name():
    with pytest.raises(KeyError, match="nothing"):
        pictures.draw("nothing")


def test_an_album_picture_is_small_and_its_own():
    one, other = (
        pictures.snapshot("/photo/a-1.jpg"),
        pictures.snapshot("/photo/a-2.jpg"),
    )

    assert len(one) < 40_000
    assert one != other
