"""Line breaks of a post, as a reader sees them."""

import pytest
from lxml import html

from wire.tests.factories import make_item

pytestmark = [pytest.mark.django_db, pytest.mark.browser]
TEXT = "A vessel was hit.\n\nThe coastguard has issued a warning."


def test_line_breaks_of_a_post_are_seen_on_its_page(page, client, settings):
    item = make_item(headline="", text=TEXT)
    answer = html.fromstring(client.get(item.get_absolute_url()).content.decode())
    for outside in answer.xpath("//link | //script"):
        outside.drop_tree()
    page.set_content(html.tostring(answer, encoding="unicode"))
    styles = settings.BASE_DIR / "newsroom" / "static" / "css"
    for name in ("tokens", "base", "wire"):
        page.add_style_tag(content=(styles / f"{name}.css").read_text())

    assert page.inner_text(".post__text") == TEXT
