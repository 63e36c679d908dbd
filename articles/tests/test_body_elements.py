"""The one list of what a body may hold, and those who follow it."""

from pathlib import Path

import pytest

from articles import body, body_elements
from articles.body_elements import BY_NAME, ELEMENTS, Kind

ROOT = Path(__file__).resolve().parents[2]


def row(element):
    attributes = ", ".join(
        f"`{name}`" + (f" (not `{default}`)" if default else "")
        for name, default in element.attributes.items()
    )
    told = (f"`{element.name}`", element.kind.value, element.holds, attributes)
    return f"| {' | '.join(told)} | {element.means} |"


def test_the_documentation_has_the_list_as_it_is():
    page = (ROOT / "docs/desk.md").read_text()
    table = page.split("| --- | --- | --- | --- | --- |\n")[1].split("\n\n")[0]
    assert table.splitlines() == [row(element) for element in ELEMENTS]


def test_every_part_is_named_by_what_holds_it_and_every_name_is_in_the_list():
    named = {name for element in ELEMENTS for name in element.parts}
    assert named <= set(BY_NAME)
    assert {e.name for e in ELEMENTS if e.kind is Kind.PART} <= named


def test_what_is_renamed_becomes_something_of_the_list():
    assert set(body_elements.RENAMED.values()) <= set(BY_NAME)
    assert not set(body_elements.RENAMED) & set(BY_NAME)


def test_an_attribute_at_its_default_is_not_written():
    cleaned = body.clean('<ol start="1" type="a"><li>one</li></ol>')
    assert 'type="a"' in cleaned
    assert "start" not in cleaned


def test_attributes_are_written_in_the_order_of_the_list():
    cleaned = body.clean('<p>A <a title="t" lang="fr" href="/x/">b</a></p>')
    assert '<a href="/x/" title="t" lang="fr" rel="noopener noreferrer">' in cleaned


@pytest.mark.parametrize("name", ["table", "figure"])
def test_a_mark_stands_after_a_block_that_does_not_end_in_words(name):
    assert not body_elements.ends_in_words(name)


@pytest.mark.parametrize("name", ["p", "h2", "blockquote", "ul", "ol"])
def test_a_mark_stands_within_a_block_that_ends_in_words(name):
    assert body_elements.ends_in_words(name)
