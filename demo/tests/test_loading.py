"""The demo in the database: heard and printed by the paper's own verbs."""

import stat
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import override_settings
from PIL import Image as Picture

from articles import body, provenance, revisions
from articles.models import Article, Evidence, Image, Issue, Move, Notice, Section
from demo import cast, listening, loading, paper, pictures, trading
from demo.posts import World
from demo.started import NotLoaded, read
from markets.models import Feed, Instrument, Quote
from staff.models import Role, User
from wire.models import DeadLetter, Item, Source, Version

# On every test, those without rows included: pytest-django makes a test database only for
# marked ones, and the module's fixture below must never see another.
pytestmark = [pytest.mark.django_db, pytest.mark.slow]

NOW = datetime.now(UTC).replace(hour=15, minute=0, second=0, microsecond=0) - timedelta(
    days=1
)
PORT = 8099


def one_grey_picture(folder):
    buffer = BytesIO()
    Picture.new("RGB", (60, 40), "grey").save(buffer, "JPEG")
    names = [s.head["image"] for s in paper.stories() if "image" in s.head]
    return dict.fromkeys([*names, *pictures.PORTRAITS], buffer.getvalue())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker, folder):
    """The demo, loaded once for the module and rolled back after it."""
    places = override_settings(MEDIA_ROOT=folder / "media", BLOB_DIR=folder / "blobs")
    with django_db_blocker.unblock(), places, transaction.atomic():
        yield loading.load(
            now=NOW, port=PORT, var=folder, say=lambda _: None, draw=one_grey_picture
        )
        transaction.set_rollback(True)


@pytest.fixture
def undone(loaded):
    """Whatever the test does to the demo is taken back after it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_the_whole_history_is_heard_and_nothing_of_it_is_refused(loaded):
    assert loaded.posts >= 300
    assert Item.objects.count() == loaded.posts
    assert DeadLetter.objects.count() == 0


def test_edits_are_second_versions_and_what_was_taken_back_is_marked(loaded):
    world = World(NOW)
    edited = listening.item_of(world, "straitwatch", "grounding-1")
    taken_back = listening.item_of(world, "kastel-gazette", "night-ferry")

    assert edited.version_count == 2
    assert "Not under command?" in edited.versions.get(n=1).text
    assert taken_back.status == "deleted"


def test_a_forward_names_the_channel_it_came_from(loaded):
    item = listening.item_of(World(NOW), "straitwatch", "fwd-karsk")

    assert item.repost_name == "Karsk Dispatch"


def test_posts_were_seen_at_their_own_times_and_never_after_the_load(loaded):
    seen = Item.objects.order_by("seen_at").values_list("seen_at", flat=True)

    assert seen[0] < NOW - timedelta(hours=34)
    assert max(seen) <= NOW


def test_held_channels_wait_for_the_desk_but_for_what_it_let_through(loaded):
    held = Item.objects.held()

    assert {item.source.release for item in held} == {"desk"}
    assert held.count() > 10
    assert Item.objects.filter(source__release="desk", public_at__lte=NOW).count() > 10


def test_thirty_stories_of_today_are_live_in_today_s_issue(loaded):
    today = Issue.objects.get(date=NOW.date())
    live = Article.objects.live(NOW)

    assert live.filter(issue=today).count() >= 22
    assert live.count() >= 40
    assert today.number == NOW.timetuple().tm_yday


def test_the_past_week_has_an_issue_each_day(loaded):
    for days in range(1, 8):
        issue = Issue.objects.get(date=(NOW - timedelta(days=days)).date())

        assert issue.articles.count() >= 1


def test_every_section_has_something_live(loaded):
    filled = Article.objects.live(NOW).values_list("section", flat=True)

    assert set(filled) == set(Section.objects.values_list("pk", flat=True))


def test_no_story_was_approved_by_who_wrote_it(loaded):
    for move in Move.objects.filter(verb="approve").select_related("article"):
        assert move.by_id != move.article.created_by_id


def test_the_lead_was_published_short_and_updated_with_what_came_in_since(loaded):
    lead = Article.objects.get(prominence=1, issue__date=NOW.date())
    first = lead.revisions.order_by("n")[0]

    assert lead.moves.filter(verb="update").count() == 1
    assert len(lead.body) > 1.5 * len(first.body)
    assert len(provenance.rows(lead, lead.live_revision)) >= 15


def test_evidence_hangs_on_paragraphs_in_all_four_roles(loaded):
    roles = set(Evidence.objects.values_list("role", flat=True))

    assert roles == {"supports", "contradicts", "context", "origin"}
    assert not Evidence.objects.filter(paragraph="").exists()


def test_the_corrected_story_says_so_and_the_killed_one_is_gone(loaded):
    correction = Notice.objects.get(kind="correction")

    assert "eleven of the thirty-four" in correction.article.live_revision.body
    assert Article.objects.get(status="killed").moves.get(verb="kill").note


def test_an_embargoed_story_is_out_of_sight_until_its_hour(loaded):
    story = Article.objects.get(headline__startswith="Population passes")

    assert not story.is_live(NOW)
    assert story.is_live(NOW + timedelta(minutes=1321))


def test_the_desk_has_drafts_started_from_the_wire(loaded):
    draft = Article.objects.get(headline__startswith="A tug, her master")

    assert draft.status == "draft"
    assert "<blockquote" in draft.body
    assert draft.evidence.filter(role="origin").exists()


def test_all_thirty_four_instruments_have_a_price_and_one_to_compare_it_with(loaded):
    quotes = Quote.objects.all()

    assert quotes.count() == Instrument.objects.active().count() == 34
    assert all(quote.previous for quote in quotes)


def test_every_picture_has_a_text_for_those_who_cannot_see_it_and_a_credit(loaded):
    assert Image.objects.count() >= 30
    assert not Image.objects.filter(alt="").exists()
    assert set(Image.objects.values_list("credit", flat=True)) == {paper.CREDIT}


def test_every_role_has_somebody_with_a_password_that_works(loaded):
    by_role = {User.objects.get(username=name).role: name for name in loaded.logins}

    assert set(by_role) == set(Role.values)
    name, password = next(iter(loaded.logins.items()))
    assert User.objects.get(username=name).check_password(password)


def test_the_logins_are_written_where_only_the_owner_reads_them(loaded, folder):
    file = cast.logins_file(folder)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert all(password in file.read_text() for password in loaded.logins.values())


def test_a_second_load_is_refused_and_changes_nothing(loaded, folder):
    with pytest.raises(loading.Refused, match="loaded already"):
        loading.load(now=NOW, port=PORT, var=folder, say=print, draw=one_grey_picture)

    assert Item.objects.count() == loaded.posts


def test_the_start_of_the_world_is_kept_for_the_servers(loaded, folder):
    assert read(folder) == NOW


def test_without_a_load_the_servers_say_what_to_do(tmp_path):
    with pytest.raises(NotLoaded, match="manage.py demo load"):
        read(tmp_path)


def test_a_damaged_start_is_named_with_its_file(tmp_path):
    (tmp_path / "demo.json").write_text("{}")

    with pytest.raises(NotLoaded, match=r"demo\.json cannot be read"):
        read(tmp_path)


def test_servers_on_another_port_take_the_sources_with_them(undone):
    moved = listening.repoint(World(NOW), base="http://127.0.0.1:8100")
    trading.subscribe(base="http://127.0.0.1:8100", since=NOW)

    assert moved == 13
    assert Source.objects.filter(url__startswith="http://127.0.0.1:8100/").count() == 13
    assert Feed.objects.filter(url__startswith="http://127.0.0.1:8100/").count() == 3


def test_a_reset_is_refused_where_somebody_else_has_written(undone):
    stranger = User.objects.create(username="stranger", role=Role.CHIEF)
    revisions.start(
        section=Section.objects.in_order()[0], headline="Mine", by=stranger, now=NOW
    )

    with pytest.raises(CommandError, match="1 article"):
        call_command("demo", "reset")


def test_wiping_leaves_nothing_of_the_demo_and_all_other_staff(undone):
    User.objects.create(username="stranger", role=Role.CHIEF)
    connection.check_constraints()  # those of the load are still to be looked at here

    loading.wipe()

    assert not Article.objects.exists()
    assert not Version.objects.exists()
    assert not Source.objects.exists()
    assert not Feed.objects.filter(name__startswith="Simulated").exists()
    assert list(User.objects.values_list("username", flat=True)) == ["stranger"]
    assert Instrument.objects.count() == 34


def test_the_command_says_where_the_logins_are_missing(tmp_path):
    with (
        override_settings(VAR_DIR=tmp_path),
        pytest.raises(CommandError, match="No logins"),
    ):
        call_command("demo", "staff")


def test_a_picture_stands_in_a_text_and_readers_may_have_it(loaded):
    article = Article.objects.get(live_revision__body__contains="<figure")
    (name,) = body.pictures(article.live_revision.body)
    image = Image.objects.get(public_id=name)
    assert article in Article.objects.showing(image)
    assert article.live_revision.image != image
    assert f"/media/{name}/" in article.page
    assert "<figcaption>The strait where the tanker lies" in article.page
