"""Every tag that is sent is carried by some page, and the other way round.

Pages are asked for, in a paper that has one of everything, and their tags are read off
the answers. Who sends a tag is read off the source: any module that is no page's own and
uses the tag's constructor.
"""

import ast
from collections import defaultdict
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import URLPattern, get_resolver, resolve, reverse

from articles import renditions, transitions
from articles.image_markup import address
from articles.models import Article
from articles.tests.factories import (
    HOUR,
    NINE,
    make_article,
    make_author,
    make_topic,
    make_user,
)
from articles.tests.test_renditions import photo
from foundation import notifications
from foundation.notifications import EVERYTHING, PushKind, Tag
from markets.tests.factories import make_instrument

ROOT = Path(settings.BASE_DIR)
APPS = ("articles", "demo", "markets", "newsroom", "wire", "staff", "outgoing")
START, END = "<!-- tags -->\n", "<!-- end of tags -->"


def constructors() -> dict[str, Tag]:
    """Each name of `foundation.notifications` that makes a tag, with one it makes."""
    found = {}
    for name, made in vars(notifications).items():
        if isinstance(made, Tag):
            found[name] = made
        elif name.endswith("_tag"):
            found[name] = made(date(2026, 3, 2) if name == "issue_tag" else "x")
    return found


def routes() -> dict[str, URLPattern]:
    """Every route readers ask Django for, by its name."""
    found = {}
    for entry in get_resolver().url_patterns:
        if isinstance(entry, URLPattern):
            found[entry.name] = entry
        elif entry.namespace == "markets":
            found |= {f"markets:{one.name}": one for one in entry.url_patterns}
    return found


def sources() -> dict[str, ast.Module]:
    paths = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): ast.parse(
            path.read_text()
        )
        for path in paths
        if "tests" not in path.parts
    }


def constructors_used(tree: ast.Module) -> set[str]:
    """The constructors of tags that a module imports; ruff finds an unused import."""
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == notifications.__name__
        for alias in node.names
    }
    return imported & set(constructors())


def senders() -> dict[str, set[str]]:
    """The modules that send each kind of tag."""
    pages = {entry.callback.__module__ for entry in routes().values()}
    made, found = constructors(), defaultdict(set)
    for module, tree in sources().items():
        if module not in pages:
            for name in constructors_used(tree):
                found[made[name].kind].add(module)
    return found


@pytest.fixture
def addresses(db):
    """An address for each route, in a paper that has one of everything."""
    author, topic = make_author(), make_topic()
    image = renditions.take_picture(
        photo((320, 214)), now=NINE, alt="A quay", credit="Desk"
    )
    renditions.make_due(clock=lambda: datetime.now(UTC))
    image.refresh_from_db()
    story = make_article(
        status="live", bylines=[(author, "")], topics=[topic], lead_image=image
    )
    story.refresh_from_db()
    post = story.evidence.get().version.item
    place = resolve(story.get_absolute_url()).kwargs
    instrument = make_instrument()
    slug, format = {"slug": story.section.slug}, {"format": "atom"}
    known = {
        "wire-item": {"public_id": post.public_id},
        "issue": {"on": place["on"]},
        "topic": {"slug": topic.slug},
        "author": {"slug": author.slug},
        "about-page": {"slug": "standards"},
        "feed": format,
        "corrections-feed": format,
        "section-feed": slug | format,
        "section": slug,
        "sitemap-month": {"month": place["on"].replace(day=1)},
        "story": place,
        "story-history": place,
        "story-provenance": place,
        "markets:instrument": {"symbol": instrument.symbol},
    }
    found = {"media": address(image, shape="whole", width=320, format="avif")}
    for name in set(routes()) - {"media"}:
        found[name] = reverse(name, kwargs=known.get(name, {}))
    return found


@pytest.fixture
def carried(client, addresses):
    """The kinds of tag each route's answer carries."""
    found = {}
    for name, place in addresses.items():
        response = client.get(place)
        status = 301 if name == "favicon" else 200
        assert response.status_code == status, (name, place, response.status_code)
        tags = response.headers.get("Surrogate-Key", "").split()
        found[name] = {tag.partition(":")[0] for tag in tags}
    return found


def faults(sent, carried) -> list[str]:
    """What is sent to nobody, and what some page waits for in vain."""
    on_pages = set().union(*carried.values())
    for_all = {EVERYTHING.kind}
    told = set(sent) - for_all
    return [
        *(f"{kind}: sent, and on no page" for kind in sorted(told - on_pages)),
        *(f"{kind}: on a page, and never sent" for kind in sorted(on_pages - told)),
    ]


def test_every_tag_sent_is_on_a_page_and_every_tag_of_a_page_is_sent(carried):
    assert faults(senders(), carried) == []
    assert set(senders()) == {tag.kind for tag in constructors().values()}


def test_a_tag_without_its_counterpart_is_found():
    sent = {"front": {"articles.publication"}, "gone": {"wire.store"}, "all": {"x"}}
    assert faults(sent, {"front": {"front"}, "about": {"about"}}) == [
        "gone: sent, and on no page",
        "about: on a page, and never sent",
    ]


def test_a_withdrawn_story_says_410_with_its_tag(client, addresses):
    story = Article.objects.get()
    transitions.move(
        story, "kill", by=make_user("chief"), now=NINE + HOUR, note="Libel."
    )
    response = client.get(addresses["story"])
    assert response.status_code == 410
    assert response["Surrogate-Key"] == f"article:{story.public_id}"


def table(carried) -> str:
    """The table of docs/edge.md."""
    rows, sent = ["| tag | sent by | pages |", "|---|---|---|"], senders()
    for name, tag in constructors().items():
        what = f"{tag.kind}:<{_value(name)}>" if name.endswith("_tag") else tag
        pages = sorted(page for page, kinds in carried.items() if tag.kind in kinds)
        shown = "every page" if tag == EVERYTHING else ", ".join(pages)
        modules = ", ".join(f"`{module}`" for module in sorted(sent[tag.kind]))
        rows.append(f"| `{what}` | {modules} | {shown} |")
    return "\n".join(rows) + "\n"


def _value(constructor: str) -> str:
    code = getattr(notifications, constructor).__code__
    return {"public_id": "id", "on": "date"}.get(
        code.co_varnames[0], code.co_varnames[0]
    )


def test_the_table_in_the_docs_is_what_the_code_does(carried):
    page = (ROOT / "docs" / "edge.md").read_text()
    told = page.partition(START)[2].partition(END)[0]
    assert told == table(carried), table(carried)


def test_every_kind_of_push_is_sent_by_somebody():
    sent = {
        node.attr
        for tree in sources().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "PushKind"
    }
    assert sent == {kind.name for kind in PushKind}
