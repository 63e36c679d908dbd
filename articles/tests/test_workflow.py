"""The moves: who may make them, what they need, and what the database lets through."""

import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from articles import evidence, notices, revisions, transitions, workflow
from articles.admin import history
from articles.models import Article, Change, Move
from articles.statuses import Status
from articles.tests.factories import (
    BODY,
    HOUR,
    NINE,
    make_article,
    make_image,
    make_section,
    make_topic,
    make_user,
    make_version,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief():
    return make_user("chief")


CELLS = [(status, verb) for status in Status.values for verb in workflow.STEPS]


@pytest.mark.parametrize(("status", "verb"), CELLS)
def test_a_move_is_offered_exactly_where_it_is_accepted(status, verb, chief):
    article = make_article(status=status)
    offered = verb in {step.verb for step in workflow.open_to(chief, article, NINE)}
    at = NINE + HOUR if verb == "schedule" else None
    try:
        transitions.move(article, verb, by=chief, now=NINE, note="Because.", at=at)
    except workflow.Refused:
        accepted = False
    else:
        accepted = True

    assert offered == accepted
    if not accepted:
        return
    assert article.status == workflow.STEPS[verb].target
    move = article.moves.latest("pk")
    assert (move.verb, move.source, move.target) == (verb, status, article.status)


@pytest.mark.parametrize("source", Status.values)
@pytest.mark.parametrize("target", Status.values)
def test_the_database_allows_the_same_changes_of_status_as_the_table(source, target):
    article = make_article(status=source, at=NINE + HOUR)
    times = {"ready": "killed_at = NULL", "killed": "killed_at = now()"}
    more = times.get(target, "killed_at = NULL")
    if target == "live" and article.live_revision_id is None:
        more += (
            f", publish_at = now(), live_revision_id = {article.current_revision().pk}"
        )

    def by_hand():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE articles_article SET status = %s, {more} WHERE id = %s",
                [target, article.pk],
            )

    if source == target:
        return
    if (source, target) in workflow.PAIRS:
        by_hand()
        assert Article.objects.get(pk=article.pk).status == target
    else:
        with pytest.raises(IntegrityError, match=f"from {source} to {target}"):
            by_hand()


def test_the_database_lets_no_article_start_half_way(chief):
    with pytest.raises(IntegrityError, match="starts as a draft"), transaction.atomic():
        Article.objects.create(
            section=make_section(),
            headline="Ready at once",
            slug="ready",
            status="ready",
            created_by=chief,
            created_at=NINE,
            changed_at=NINE,
        )


def test_what_was_announced_cannot_be_taken_back_by_hand():
    article = make_article(status="live")
    with pytest.raises(IntegrityError, match="announced"), transaction.atomic():
        Article.objects.filter(pk=article.pk).update(status="ready")


@pytest.mark.parametrize("table", ["revision", "move", "change", "notice", "evidence"])
@pytest.mark.parametrize(
    "by_hand", ["UPDATE articles_{} SET at = now()", "DELETE FROM articles_{}"]
)
def test_history_cannot_be_rewritten_by_hand(table, by_hand, chief):
    notices.add(make_article(status="live"), "note", "Seen.", by=chief, now=NINE)
    with (
        pytest.raises(IntegrityError, match="append-only|never changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(by_hand.format(table))


@pytest.mark.parametrize(
    ("role", "verb", "status"),
    [
        ("wire", "submit", "draft"),
        ("reporter", "approve", "in_edit"),
        ("reporter", "spike", "draft"),
        ("editor", "publish", "ready"),
        ("editor", "kill", "live"),
    ],
)
def test_a_role_may_not_do_what_is_not_its_to_do(role, verb, status):
    article = make_article(status=status)
    with pytest.raises(workflow.Refused, match="not yours"):
        transitions.move(article, verb, by=make_user(role), now=NINE, note="Please.")


def test_whoever_wrote_the_text_cannot_approve_it(chief):
    article = make_article(status="in_edit")
    revisions.save(article, by=chief, now=NINE, base_n=1, body="<p>Rewritten.</p>")
    with pytest.raises(workflow.Refused, match="second pair of eyes"):
        transitions.move(article, "approve", by=chief, now=NINE)


def test_whoever_submitted_the_text_cannot_approve_it(chief):
    article = make_article()
    transitions.move(article, "submit", by=chief, now=NINE)
    with pytest.raises(workflow.Refused, match="second pair of eyes"):
        transitions.move(article, "approve", by=chief, now=NINE)


def test_an_update_needs_a_second_pair_of_eyes_too(chief):
    article = make_article(status="live")
    revisions.save(article, by=chief, now=NINE, base_n=1, body="<p>Better.</p>")
    with pytest.raises(workflow.Refused, match="second pair of eyes"):
        transitions.move(article, "update", by=chief, now=NINE, note="Better.")
    transitions.move(article, "update", by=make_user(), now=NINE + HOUR, note="Better.")

    assert "Better." in article.page
    assert article.changes.latest("pk").kind == "updated"


@pytest.mark.parametrize("verb", ["send_back", "spike", "kill", "update"])
def test_some_moves_need_a_reason(verb, chief):
    article = make_article(status="live" if verb in ("kill", "update") else "in_edit")
    if verb == "update":
        revisions.save(article, by=make_user(), now=NINE, base_n=1, body="<p>New.</p>")
    with pytest.raises(workflow.Refused, match="Say why"):
        transitions.move(article, verb, by=chief, now=NINE, note="  ")


def test_an_article_without_a_text_is_not_submitted(chief):
    article = make_article(body="")
    with pytest.raises(workflow.Refused, match="no text yet"):
        transitions.move(article, "submit", by=chief, now=NINE)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (None, "Say when"),
        (NINE, "has passed"),
        (NINE.replace(tzinfo=None), "no time zone"),
    ],
)
def test_a_schedule_needs_an_instant_to_come(at, said, chief):
    article = make_article(status="ready")
    with pytest.raises(workflow.Refused, match=said):
        transitions.move(article, "schedule", by=chief, now=NINE, at=at)


def test_publishing_writes_the_ledger_in_a_chain(chief):
    first, second = make_article(status="live"), make_article(status="live")
    transitions.move(second, "kill", by=chief, now=NINE + HOUR, note="Wrong ferry.")

    chain = list(Change.objects.order_by("pk"))
    assert [change.kind for change in chain] == ["published", "published", "killed"]
    assert [change.article for change in chain] == [first, second, second]
    assert [change.previous for change in chain] == [
        "0" * 64,
        chain[0].hash,
        chain[1].hash,
    ]
    text = second.live_revision.hash
    assert chain[2].hash == chain[2].digest(text)


def test_a_scheduled_article_tells_nobody_until_it_is_due(chief):
    article = make_article(status="live", at=NINE + HOUR)

    assert not article.is_live(NINE)
    assert article.is_live(NINE + HOUR)
    assert not Change.objects.exists()


def test_what_is_scheduled_can_be_taken_off_and_leaves_nothing_behind(chief):
    article = make_article(status="live", at=NINE + HOUR)
    transitions.move(article, "unschedule", by=chief, now=NINE)
    article.refresh_from_db()

    assert article.status == "ready"
    assert article.publish_at is article.live_revision is article.published_on is None
    assert article.page == article.document == ""
    transitions.move(article, "publish", by=chief, now=NINE)
    assert article.is_live(NINE)


def test_a_move_recorded_under_the_old_verb_is_read_and_counts_as_before(chief):
    ours, theirs = [make_article(status="live", at=NINE + HOUR) for _ in range(2)]
    transitions.move(ours, "unschedule", by=chief, now=NINE)
    Article.objects.filter(pk=theirs.pk).update(
        status="ready", publish_at=None, live_revision=None
    )
    old = theirs.moves.create(
        verb="hold", source="live", target="ready", revision_n=1, by=chief, at=NINE
    )
    theirs.refresh_from_db()
    told = [entry.what for entry in history.timeline(theirs)]

    assert "Unschedule (revision 1)" in told
    assert str(old) == f"unschedule by {chief}"
    assert list(ours.contributor_ids().values()) == [
        "you wrote revision 1 of this text"
    ]
    assert theirs.contributor_ids() == {
        theirs.created_by_id: "you wrote revision 1 of this text"
    }
    with pytest.raises(workflow.Refused, match="no move called “hold”"):
        transitions.move(theirs, "hold", by=chief, now=NINE)


def test_what_readers_can_see_is_not_taken_off_quietly(chief):
    article = make_article(status="live", at=NINE + HOUR)
    with pytest.raises(workflow.Refused, match="have seen this article"):
        transitions.move(article, "unschedule", by=chief, now=NINE + HOUR)


def test_a_text_changed_under_the_schedule_must_be_approved_again(chief):
    article = make_article(status="live", at=NINE + HOUR)
    revisions.save(
        article, by=chief, now=NINE, base_n=1, body="<p>Quite different.</p>"
    )
    transitions.move(article, "unschedule", by=chief, now=NINE)
    with pytest.raises(workflow.Refused, match="not the text that was approved"):
        transitions.move(article, "publish", by=chief, now=NINE)


def test_a_killed_article_is_gone_from_everything_stored(chief):
    article = make_article(status="live")
    assert article.page
    transitions.move(article, "kill", by=chief, now=NINE + HOUR, note="Untrue.")
    article.refresh_from_db()

    assert not article.is_live(NINE + HOUR)
    assert article.was_public(NINE + HOUR)
    assert article.page == article.document == article.card_lead == ""
    assert article.search is None
    assert not Article.objects.live(NINE + HOUR).exists()


def test_a_kill_before_anybody_saw_it_leaves_no_trace_in_the_ledger(chief):
    article = make_article(status="live", at=NINE + HOUR)
    transitions.move(article, "kill", by=chief, now=NINE, note="Not after all.")

    assert not article.was_public(NINE + 2 * HOUR)
    assert not Change.objects.exists()


def test_a_kill_before_the_announcement_tells_both(chief):
    article = make_article(status="live", at=NINE + HOUR)
    transitions.move(article, "kill", by=chief, now=NINE + HOUR, note="Untrue.")

    assert [change.kind for change in article.changes.order_by("pk")] == [
        "published",
        "killed",
    ]


def test_a_text_nothing_stands_behind_is_published_only_with_a_reason(chief):
    article = make_article(status="ready", evidence=False)
    with pytest.raises(workflow.Refused, match="Nothing from the wire"):
        transitions.move(article, "publish", by=chief, now=NINE)
    transitions.move(
        article, "publish", by=chief, now=NINE, note="Our own reporting on the quay."
    )

    assert article.is_live(NINE)


def test_opinion_needs_no_evidence(chief):
    article = make_article(status="ready", evidence=False, kind="opinion")
    transitions.move(article, "publish", by=chief, now=NINE)

    assert article.is_live(NINE)


def test_a_move_on_a_text_one_has_not_seen_is_refused(chief):
    article = make_article(status="in_edit")
    seen = Article.objects.get(pk=article.pk)
    revisions.save(
        article, by=make_user(), now=NINE, base_n=1, body="<p>Slipped in.</p>"
    )
    with pytest.raises(workflow.Refused, match="saved the text first"):
        transitions.move(seen, "approve", by=chief, now=NINE)
    with pytest.raises(workflow.Refused, match="you have seen 1"):
        transitions.move(article, "approve", by=chief, now=NINE, revision_n=1)


def test_of_two_editors_who_publish_at_once_one_is_refused(chief):
    article = make_article(status="ready")
    same_article = Article.objects.get(pk=article.pk)
    transitions.move(article, "publish", by=chief, now=NINE)
    with pytest.raises(workflow.Refused, match="moved this article first"):
        transitions.move(same_article, "publish", by=make_user(), now=NINE)

    assert same_article.status == "ready"
    assert article.moves.filter(verb="publish").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_publish_at_the_same_instant_one_wins():
    article = make_article(status="ready")
    editors = [make_user() for _ in range(8)]
    gate = threading.Barrier(8)
    outcomes = []

    def publish(editor):
        mine = Article.objects.get(pk=article.pk)
        gate.wait()
        try:
            transitions.move(mine, "publish", by=editor, now=NINE)
            outcomes.append("published")
        except workflow.Refused:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=publish, args=[editor]) for editor in editors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["published"] + ["refused"] * 7
    assert Move.objects.filter(article=article, verb="publish").count() == 1
    assert Change.objects.filter(article=article).count() == 1


@pytest.mark.django_db(transaction=True)
def test_articles_published_at_the_same_instant_make_one_unbroken_chain():
    articles = [make_article(status="ready", now=NINE) for _ in range(6)]
    editor = make_user()
    gate = threading.Barrier(6)

    def publish(pk):
        mine = Article.objects.get(pk=pk)
        gate.wait()
        try:
            transitions.move(mine, "publish", by=editor, now=NINE)
        finally:
            connection.close()

    threads = [threading.Thread(target=publish, args=[a.pk]) for a in articles]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    chain = list(Change.objects.order_by("pk"))
    assert len(chain) == 6
    assert [change.previous for change in chain[1:]] == [c.hash for c in chain[:-1]]


def test_a_crash_in_the_middle_of_a_move_leaves_nothing_half_done(chief, monkeypatch):
    article = make_article(status="ready")

    def crash(*_, **__):
        raise DatabaseError("the power went")

    monkeypatch.setattr("articles.transitions.purge", crash)
    with pytest.raises(DatabaseError), transaction.atomic():
        transitions.move(article, "publish", by=chief, now=NINE)

    assert Article.objects.get(pk=article.pk).status == "ready"
    assert not Change.objects.exists()
    assert not article.moves.filter(verb="publish").exists()


def test_publishing_takes_at_most_twenty_queries(chief, django_assert_max_num_queries):
    article = make_article(
        status="ready",
        lead_image=make_image(),
        topics=[make_topic(), make_topic()],
        body=BODY * 10,
    )
    article = Article.objects.get(pk=article.pk)
    with django_assert_max_num_queries(20 + 2):  # and the savepoint of the test
        transitions.move(article, "publish", by=chief, now=NINE)


def test_a_fast_clock_on_a_web_host_does_not_hide_what_it_publishes(chief):
    article = make_article(status="ready")
    ahead = article.created_at + timedelta(days=365 * 80)
    transitions.move(article, "publish", by=chief, now=ahead)

    assert Article.objects.live().filter(pk=article.pk).exists()


def test_embargoed_copy_behind_an_update_is_refused_by_name(chief):
    article = make_article(status="live")
    held = make_version(embargo_until=NINE + HOUR)
    evidence.attach(article, held, by=make_user(), now=NINE)
    with pytest.raises(
        workflow.Refused, match="holds its post back until 2 March, 10:00"
    ):
        transitions.move(article, "update", by=chief, now=NINE, note="More.")
    transitions.move(article, "update", by=chief, now=NINE + HOUR, note="More.")


def test_a_kill_lets_no_kept_copy_stand_in(monkeypatch):
    """Tags with a `!` forbid the edge to serve an old page while a new one is made."""
    rung = []
    monkeypatch.setattr(
        transitions, "purge", lambda *tags, **more: rung.append(list(tags))
    )
    image = make_image()
    article = make_article(status="live", lead_image=image)
    transitions.move(
        article, "kill", by=make_user("chief"), now=NINE + HOUR, note="Libel."
    )
    killed = rung[-1]
    assert f"!article:{article.public_id}" in killed
    assert f"!image:{image.public_id}" in killed
    assert {"!front", "!feeds", "!search", "!corrections"} <= set(killed)
    post = article.evidence.get().version.item
    assert f"!item:{post.public_id}" in killed  # whose page names the stories on it
    assert not any(tag.startswith("!") for tags in rung[:-1] for tag in tags)
