"""Every place that names the statuses of an article names the same ones."""

import ast
import re
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from articles import revisions, workflow
from articles.migrations._status_rule import rule
from articles.models import Article
from articles.statuses import EDITABLE, STATUSES, Status
from articles.tests import factories
from articles.tests.factories import make_article, make_user

ROOT = Path(__file__).resolve().parents[2]
APPS = ("articles", "benchmarks", "demo", "foundation", "newsroom", "staff")
# The same words where they mean something else, or name the status itself
OTHER_MEANINGS = {
    ("articles/admin/wire_items.py", "draft"),  # an action, and its permission
    ("articles/models/change.py", "killed"),  # a kind of change
    ("articles/models/image.py", "ready"),  # of a picture
    ("articles/models/taxonomy.py", "live"),  # a reserved address
    ("benchmarks/bench_lateness.py", "ready"),  # what one process tells another
    ("foundation/notifications.py", "live"),  # a channel
    ("newsroom/edge/asgi_app.py", "live"),  # a task
    ("newsroom/live/sources.py", "live"),  # a thread
}
IN_SQL = re.compile(r"\bstatus\s*(?:=|<>|!=|IN\s*\()\s*'(\w+)'", re.IGNORECASE)


@pytest.mark.django_db
def test_statuses_moves_and_the_trigger_name_the_same_set():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('articles_status_rule'::regproc)")
        (rule,) = cursor.fetchone()
    in_trigger = set(re.findall(r"\('(\w+)', '(\w+)'\)", rule))

    assert in_trigger == {(a, b) for a, b in workflow.PAIRS if a != b}
    assert {status for pair in in_trigger for status in pair} == set(Status.values)
    assert list(STATUSES) == list(Status)
    assert list(factories._WAY) == Status.values


@pytest.mark.django_db
def test_the_trigger_is_the_template_with_the_pairs_of_the_table():
    order = Status.values.index
    pairs = sorted(
        ((a, b) for a, b in workflow.PAIRS if a != b),
        key=lambda pair: (order(pair[0]), order(pair[1])),
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('articles_status_rule'::regproc)")
        installed = cursor.fetchone()
        cursor.execute(rule(pairs))
        cursor.execute("SELECT pg_get_functiondef('articles_status_rule'::regproc)")
        assert cursor.fetchone() == installed


@pytest.mark.django_db
def test_a_migration_with_one_more_pair_lets_that_change_through_and_no_other():
    article = make_article(status="killed")
    here = Article.objects.filter(pk=article.pk)
    with connection.cursor() as cursor:
        cursor.execute(rule([*workflow.PAIRS, ("killed", "draft")]))

    with (
        pytest.raises(IntegrityError, match="from killed to ready"),
        transaction.atomic(),
    ):
        here.update(status="ready", killed_at=None)
    assert here.update(status="draft", killed_at=None) == 1


def test_what_stands_around_the_text_is_told_for_every_status_that_is_not_final():
    final = {step.target for step in workflow.STEPS.values() if step.is_final}

    assert final == {Status.KILLED}
    assert set(workflow._AROUND) == set(Status) - final


@pytest.mark.django_db
@pytest.mark.parametrize("status", Status)
def test_every_status_says_whether_its_text_may_be_edited(status):
    article, writer = make_article(status=status), make_user()
    if status in EDITABLE:
        revisions.check_may_edit(article, writer)
        return
    with pytest.raises(workflow.Refused) as refusal:
        revisions.check_may_edit(article, writer)
    assert str(refusal.value) == STATUSES[status].closed


@pytest.mark.django_db
@pytest.mark.parametrize("status", Status)
def test_the_desk_opens_an_article_of_every_status(client, status):
    client.force_login(make_user("chief", is_staff=True))
    article = make_article(status=status)
    answer = client.get(f"/admin/articles/article/{article.pk}/change/")

    assert answer.status_code == 200
    assert f"state--{status}" in answer.content.decode()
    assert client.get("/admin/").status_code == 200


def test_the_stylesheet_gives_every_status_its_colour():
    folder = ROOT / "newsroom/static/css"
    rules = re.findall(
        r"^\.state--(\w+) \{ (.+) \}$", (folder / "admin.css").read_text(), re.M
    )
    tokens = set(re.findall(r"--([\w-]+):", (folder / "tokens.css").read_text()))

    assert dict(rules) == {
        status: f"color: var(--{row.colour});"
        + (" text-decoration: line-through;" if row.struck_through else "")
        for status, row in STATUSES.items()
    }
    assert {row.colour for row in STATUSES.values()} <= tokens


def test_the_docs_table_of_statuses_is_that_of_the_code():
    assert rows_under("## The statuses") == [
        [
            f"`{status}`",
            status.label,
            f"`{row.colour}`" + (", struck through" if row.struck_through else ""),
            "; ".join(column.title for column in row.board) or "none",
            "may be edited" if row.may_be_edited else f"“{row.closed}”",
        ]
        for status, row in STATUSES.items()
    ]


def test_the_docs_table_of_moves_is_that_of_the_code():
    rows = rows_under("## The moves")
    assert [row[:4] for row in rows] == [
        [
            f"`{step.verb}`",
            ", ".join(status.label.lower() for status in step.sources)
            + (", never yet visible" if step.before_public else ""),
            step.target.label.lower(),
            f"`{step.permission.removeprefix('articles.')}`",
        ]
        for step in workflow.STEPS.values()
    ]
    asks = {row[0].strip("`"): row[4].split(", ") for row in rows}
    for step in workflow.STEPS.values():
        assert ("a note" in asks[step.verb]) == step.note, step.verb
        assert ("a second pair of eyes" in asks[step.verb]) == step.four_eyes, step.verb
        assert ("and an instant to come" in asks[step.verb]) == step.time, step.verb
        assert ("and a sentence for readers" in asks[step.verb]) == step.tells, (
            step.verb
        )


def test_the_docs_table_of_what_stands_around_the_text_is_that_of_the_code():
    rows = rows_under("by one table in `articles/workflow.py` (`why_not_around`):")
    assert {row[0].split(",")[0]: row[1:] for row in rows} == {
        status.label.lower(): [f"`{asked}_article`" for asked in parts]
        for status, parts in workflow._AROUND.items()
    }


def test_no_code_spells_a_status_out():
    found = {
        (path.relative_to(ROOT).as_posix(), word)
        for path in code()
        for word in spelled(path.read_text())
    }
    assert found == OTHER_MEANINGS


def test_a_status_that_is_spelled_out_is_found():
    assert spelled('if article.status == "live": pass') == {"live"}
    assert spelled("SQL = \"SELECT 1 FROM a WHERE a.status = 'killed'\"") == {"killed"}
    assert spelled('"""Say live and ready."""\nstatus = Status.LIVE') == set()


def code():
    """Yield the modules that must name statuses by `Status`."""
    table = ROOT / "articles/statuses.py"
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if path != table and not {"tests", "migrations"} & set(path.parts):
                yield path


def spelled(source):
    """Return the statuses spelled out in a module, alone or compared with in SQL."""
    texts = {
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    compared = {word for text in texts for word in IN_SQL.findall(text)}
    return (texts | compared) & set(Status.values)


def rows_under(heading):
    """Return the cells of the first table under a heading of docs/workflow.md."""
    text = (ROOT / "docs/workflow.md").read_text().split(f"{heading}\n")[1]
    lines = re.search(r"((?:^\|.*\|\n)+)", text, re.M).group(1).splitlines()
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in lines[2:]]
