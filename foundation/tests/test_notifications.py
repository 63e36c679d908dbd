"""Purges and pushes: sent at commit, split at the database's limit, spelled in one way."""

import re
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection, transaction

from foundation import notifications
from foundation.notifications import (
    EVERYTHING,
    FRONT,
    MAX_PAYLOAD,
    PushKind,
    Tag,
    article_tag,
    hard,
    purge,
    push,
    topic_tag,
)

ROOT = Path(__file__).resolve().parents[2]
STORY = UUID("0190c0de-0000-7000-8000-000000000000")


@pytest.fixture
def heard(transactional_db):
    """What another process would hear of everything committed so far."""
    with connection.cursor() as cursor:
        cursor.execute("LISTEN edge; LISTEN live")

    def notes():
        connection.cursor().execute("SELECT 1")
        found = connection.connection.notifies(timeout=0.2)
        return [(note.channel, note.payload) for note in found]

    yield notes
    with connection.cursor() as cursor:
        cursor.execute("UNLISTEN *")


def test_a_purge_and_a_push_are_heard_when_the_transaction_commits(heard):
    with transaction.atomic():
        purge(FRONT, article_tag(STORY), FRONT)
        push(PushKind.FRONT)
        assert heard() == []
    assert heard() == [("edge", f"front article:{STORY}"), ("live", '{"kind":"front"}')]


def test_a_purge_rolled_back_is_never_heard(heard):
    with transaction.atomic():
        purge(FRONT)
        transaction.set_rollback(True)
    assert heard() == []


def test_more_tags_than_one_notification_carries_are_sent_in_several(heard):
    tags = [topic_tag(f"ü{n:0200}") for n in range(100)]
    purge(*tags)
    payloads = [payload for _, payload in heard()]
    assert len(payloads) > 1
    assert max(len(payload.encode()) for payload in payloads) <= MAX_PAYLOAD
    assert " ".join(payloads).split() == tags


def test_a_purge_of_no_tag_sends_nothing(heard):
    purge()
    assert heard() == []


def test_a_purge_beyond_all_bounds_drops_every_page_and_for_good_if_it_must(heard):
    tags = [topic_tag(f"{n:0200}") for n in range(1_000)]
    purge(*tags)
    purge(*tags[:-1], *hard(tags[-1:]))
    purge(topic_tag("x" * MAX_PAYLOAD))
    purge(FRONT, *hard([topic_tag("x" * MAX_PAYLOAD)]))
    assert [payload for _, payload in heard()] == ["all", "!all", "all", "front !all"]


def test_a_purge_for_good_is_marked_once():
    assert hard(hard([FRONT, EVERYTHING])) == ["!front", "!all"]
    assert [tag.is_hard for tag in (FRONT, *hard([FRONT]))] == [False, True]
    assert hard([article_tag(STORY)])[0].kind == "article"


@pytest.mark.parametrize("value", ["two words", "line\nbreak", " "])
def test_a_tag_with_white_space_is_refused_for_it_would_be_two(value):
    with pytest.raises(ValueError, match="white space"):
        topic_tag(value)


@pytest.mark.django_db
def test_a_tag_somebody_spelled_by_hand_is_refused():
    with pytest.raises(TypeError, match="'front' is no tag"):
        purge("front")


def test_nothing_else_in_the_project_sends_a_notification_or_spells_a_tag():
    own = Path(notifications.__file__).resolve()
    sent = re.compile(r"pg_notify|\bNOTIFY\s+\w|(?<!\w)Tag\(")
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT).parts
        if path != own and "tests" not in parts and not parts[0].startswith("."):
            assert not sent.search(path.read_text()), path


def test_every_tag_is_made_by_a_constructor_named_for_its_kind():
    for name, made in vars(notifications).items():
        if isinstance(made, Tag) and name != "EVERYTHING":
            assert made == name.lower()
