"""Pages of a list: no row twice, none left out, while rows come and go."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from articles import transitions
from articles.models import Article
from articles.tests.factories import NINE, make_article, make_section, make_user
from wire.connectors.base import Batch
from wire.models import Item
from wire.store import store
from wire.tests.factories import make_item, make_post, make_source

pytestmark = pytest.mark.django_db


def page(client, url):
    body = json.loads(client.get(url).content)
    return [row["id"] for row in body["data"]], body["links"]


def walk(client, url, way="next"):
    """Every page from `url` on, each as the ids of its rows."""
    pages = []
    while url:
        rows, links = page(client, url)
        pages.append(rows)
        url = links[way]
        assert len(pages) < 500, "the links lead round in a circle"
    return pages


def flat(pages):
    return [row for rows in pages for row in rows]


def test_1600_posts_of_one_instant_are_read_to_their_end_and_back(client):
    source = make_source(last_success_at=timezone.now())
    posts = tuple(make_post(f"post-{n}") for n in range(1600))
    store(source, Batch(format="rss", posts=posts), blob="0" * 64, now=timezone.now())
    order = [
        str(i) for i in Item.objects.order_by("-pk").values_list("public_id", flat=True)
    ]

    seen = walk(client, "/api/v1/wire/?limit=100")
    assert flat(seen) == order

    last = None
    url = "/api/v1/wire/?limit=100"
    while url:
        last, url = url, page(client, url)[1]["next"]
    back = walk(client, last, "prev")
    assert flat(back[::-1]) == order


def test_a_story_killed_on_a_page_already_read_hides_no_other(client):
    section, chief = make_section(), make_user()
    stories = [make_article(status="live", section=section) for _ in range(6)]
    order = [str(story.public_id) for story in reversed(stories)]
    first, links = page(client, "/api/v1/articles/?limit=2")
    assert first == order[:2]
    transitions.move(
        Article.objects.get(pk=stories[-1].pk),
        "kill",
        by=chief,
        now=timezone.now(),
        note="Wrong.",
    )

    rest = flat(walk(client, links["next"]))

    assert rest == order[2:]
    back, _ = page(client, page(client, links["next"])[1]["prev"])
    assert back == [order[1]]


def test_when_all_that_followed_is_gone_the_way_back_is_whole(client):
    source = make_source(last_success_at=NINE)
    items = [make_item(source) for _ in range(5)]
    order = [str(item.public_id) for item in reversed(items)]
    _, links = page(client, "/api/v1/wire/?limit=3")
    Item.objects.filter(pk__in=[items[0].pk, items[1].pk]).update(public_at=None)

    nothing, back = page(client, links["next"])

    assert nothing == []
    assert back["next"] is None
    assert page(client, back["prev"])[0] == order[:3]


def test_when_all_that_came_before_is_gone_the_way_on_begins_the_list(client):
    source = make_source(last_success_at=NINE)
    items = [make_item(source) for _ in range(4)]
    order = [str(item.public_id) for item in reversed(items)]
    _, links = page(client, "/api/v1/wire/?limit=2")
    _, links = page(client, links["next"])
    Item.objects.filter(pk__in=[items[3].pk, items[2].pk]).update(public_at=None)

    nothing, links = page(client, links["prev"])

    assert (nothing, links["prev"]) == ([], None)
    assert page(client, links["next"])[0] == order[2:]


def test_a_cursor_holds_no_running_number_of_ours(client):
    items = [make_item() for _ in range(3)]
    Item.objects.filter(pk=items[1].pk).update(public_at=NINE)
    _, links = page(client, "/api/v1/wire/?limit=1")
    from foundation.api.pagination import Cursor

    text = links["next"].partition("cursor=")[2].partition("&")[0]
    position = Cursor.decoded(text).position
    assert len(position) == 2
    assert position[1] == str(items[2].public_id)


@given(
    instants=st.lists(st.integers(0, 3), min_size=1, max_size=12),
    limit=st.integers(1, 5),
    way=st.lists(st.sampled_from(["next", "next", "prev"]), max_size=8),
    changes=st.lists(
        st.tuples(
            st.sampled_from(["come", "go"]), st.integers(0, 11), st.integers(0, 3)
        ),
        max_size=8,
    ),
)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whoever_turns_pages_while_rows_come_and_go_meets_each_that_stays_once(
    client, instants, limit, way, changes
):
    """Turn pages to and fro while posts come and go, then read on to the end.

    Of the posts that stand all the while, those of the pages read on the last way forward
    and those before its start are all there are, each once, in order.
    """
    Item.objects.all().update(public_at=None)  # of the example before
    source = make_source(last_success_at=NINE)

    def come(instant):
        item = make_item(source)
        at = NINE + timedelta(seconds=instant)
        Item.objects.filter(pk=item.pk).update(public_at=at)
        return item

    items = [come(instant) for instant in instants]
    gone = set()
    pending = list(changes)
    url = f"/api/v1/wire/?limit={limit}"
    for step in way:
        rows, links = page(client, url)
        assert len(rows) == len(set(rows))
        if pending:
            what, n, instant = pending.pop(0)
            if what == "come":
                come(instant)
            elif n < len(items):
                Item.objects.filter(pk=items[n].pk).update(public_at=None)
                gone.add(str(items[n].public_id))
        url = links[step] or url
    forward = flat(walk(client, url))
    start, links = page(client, url)
    before = flat(walk(client, links["prev"], "prev")[::-1]) if links["prev"] else []
    now_there = [
        str(public_id)
        for public_id in Item.objects.public(NINE + timedelta(hours=1))
        .newest_first()
        .values_list("public_id", flat=True)
    ]
    assert forward[: len(start)] == start
    assert [row for row in now_there if row not in gone] == now_there
    assert before + forward == now_there
