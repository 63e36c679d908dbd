"""A column of a post is defined once; everything that repeats it agrees."""

from dataclasses import fields
from datetime import timedelta

import pytest
from django.db import connection

from wire.connectors.base import Media, Reference
from wire.models import Item, Version
from wire.normalise import Ready
from wire.sql import COLUMNS, KEPT, OF_ITEM, OF_VERSION, REPEATED
from wire.store import Known
from wire.tests.factories import NINE, make_item, make_post, make_source

# What the newsroom adds of its own to what a source sent
ADDED = {
    Version: {"id", "public_id", "item", "n", "seen_at", "blob"},
    Item: {
        *("id", "public_id", "source", "seen_at", "changed_at", "public_at"),
        *("announced", "standing", "claimed_by", "claimed_at", "version_count"),
        *("current_n", "row", "rendered_with"),
    },
}
TYPES = {"varchar": "text", "text": "text", "timestamp": "timestamptz"}


def make_full_post(**more):
    """A post with something in every field."""
    return make_post(
        **{
            "version": "7",
            "kind": "repost",
            "html": "<p>The ferry sails again.</p>",
            "author": "A. Writer",
            "source_time": NINE - timedelta(hours=2),
            "updated_time": NINE - timedelta(hours=1),
            "language": "en",
            "repost_of": Reference("Harbour Watch", "https://watch.example/1"),
            "reply_to": Reference("", "https://watch.example/2"),
            "media": (Media(kind="image", title="A quay", duration=1.5),),
            "embargo_until": NINE - timedelta(minutes=1),
            "where": "item 1",
            **more,
        }
    )


@pytest.mark.parametrize(
    ("model", "columns"),
    [(Version, OF_VERSION), (Item, OF_ITEM)],
    ids=["version", "item"],
)
def test_a_model_has_the_columns_that_are_stored_and_no_others(model, columns):
    own = {field.name for field in model._meta.concrete_fields} - ADDED[model]
    assert own == set(columns)


@pytest.mark.parametrize(
    ("model", "columns"),
    [(Version, OF_VERSION), (Item, OF_ITEM)],
    ids=["version", "item"],
)
def test_a_column_is_stored_as_the_type_the_model_gives_it(model, columns):
    for name in columns:
        declared = model._meta.get_field(name).db_type(connection)
        word = declared.split("(")[0].split()[0]
        assert TYPES.get(word, word) == COLUMNS[name], name


def test_what_is_made_of_a_post_is_stored_or_said_not_to_be():
    assert {field.name for field in fields(Ready)} - set(COLUMNS) == {"held"}
    assert set(OF_ITEM) == {"external_id", *KEPT, *REPEATED}


def test_what_the_store_knows_of_an_item_are_columns_of_it():
    columns = {field.attname for field in Item._meta.concrete_fields}
    known = {field.name for field in fields(Known)}
    assert known - columns == {"pk", "signature", "signatures"}


@pytest.mark.django_db
def test_an_item_repeats_every_column_of_its_current_version():
    source = make_source()
    for text in ("First take.", "Second take."):
        item = make_item(source, **fields_of(make_full_post(text=text)))
        version = item.current_version()
        for name in (*KEPT, *REPEATED):
            assert getattr(item, name) == getattr(version, name), name
            assert getattr(item, name), name
        for name in OF_VERSION:
            assert getattr(version, name), name
    assert item.current_n == 2


def fields_of(post):
    return {
        field.name: getattr(post, field.name)
        for field in fields(post)
        if field.name != "written"
    }
