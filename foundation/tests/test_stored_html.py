"""A stamp changes with whatever renders, and with nothing else."""

import sys

import pytest

from foundation import codes, stored_html, zones

INNER = "<b>{{ name }}</b>"
OUTER = '<p>{% include "inner.html" %}</p>'


@pytest.fixture
def folder(tmp_path, settings):
    """A folder of templates, read anew each time."""
    settings.TEMPLATES = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [tmp_path],
            "OPTIONS": {"loaders": ["django.template.loaders.filesystem.Loader"]},
        }
    ]
    (tmp_path / "inner.html").write_text(INNER)
    (tmp_path / "outer.html").write_text(OUTER)
    return tmp_path


def test_it_stays_while_nothing_changed(folder):
    parts = {"modules": [zones], "templates": ["outer.html"], "values": ["The Paper"]}
    assert stored_html.stamp(**parts) == stored_html.stamp(**parts)
    assert len(stored_html.stamp(**parts)) == stored_html.LENGTH


def test_it_changes_with_a_template_and_with_one_that_is_included(folder):
    first = stored_html.stamp(templates=["outer.html"])
    (folder / "inner.html").write_text(INNER + "!")
    second = stored_html.stamp(templates=["outer.html"])
    (folder / "outer.html").write_text(OUTER + "!")
    third = stored_html.stamp(templates=["outer.html"])
    assert len({first, second, third}) == 3


def test_it_changes_with_a_module_and_with_a_value(tmp_path, monkeypatch):
    source = tmp_path / "renders_rows.py"
    source.write_text("ROW = '<li>'\n")
    monkeypatch.syspath_prepend(tmp_path)
    __import__("renders_rows")
    module = sys.modules["renders_rows"]
    first = stored_html.stamp(modules=[module])
    source.write_text("ROW = '<tr>'\n")
    assert stored_html.stamp(modules=[module]) != first
    assert stored_html.stamp(modules=[codes], values=[1]) != stored_html.stamp(
        modules=[codes], values=[2]
    )


def test_templates_that_include_each_other_are_read_once(folder):
    (folder / "inner.html").write_text('{% include "outer.html" %}')
    assert stored_html.stamp(templates=["outer.html"])
