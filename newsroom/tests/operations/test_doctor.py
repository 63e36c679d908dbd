"""What the doctor says of a paper that is well, and of each thing that is not."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from articles.models import Article, Image
from articles.tests.factories import make_article, make_image
from markets.models import Exchange, Feed, Session
from newsroom.celery import app
from newsroom.operations import doctor
from newsroom.operations.doctor import Level, ingest, installation, queues, servers
from newsroom.operations.doctor.finding import ago, named
from newsroom.operations.doctor.queues import Kind
from wire.models import DeadLetter, Source
from wire.tests.factories import NINE, make_item, make_source

ROOT = Path(__file__).resolve().parents[3]
OK, WARNING, BROKEN = Level.OK, Level.WARNING, Level.BROKEN
MINUTE = timedelta(minutes=1)

rows = pytest.mark.django_db


def of(what, now=NINE):
    """What the doctor finds of one thing, of all it looks at."""
    [finding] = [f for f in doctor.examine(now) if f.what == what]
    return finding


def make_feed(**fields):
    name = fields.pop("name", "Prices")
    url = "https://prices.example/"
    return Feed.objects.create(
        **{"name": name, "provider": "ecb", "url": url, "active": True, **fields}
    )


def make_exchange(mic, until):
    exchange = Exchange.objects.create(
        mic=mic, short_name=mic, name=mic, city="Holmgate", timezone="UTC"
    )
    Session.objects.create(exchange=exchange, date=until, kind="holiday")


# --- the command ----------------------------------------------------------------------


@rows
def test_a_well_paper_says_so_of_everything_and_ends_with_0(settings):
    settings.DEBUG = False
    make_exchange("XNYS", timezone.now() + timedelta(days=400))
    out = StringIO()

    call_command("doctor", stdout=out)

    lines = out.getvalue().splitlines()
    assert len(lines) >= 15
    assert all(line.startswith("ok ") for line in lines)


@rows
def test_the_worst_comes_first_and_is_the_exit_code(settings):
    settings.DEBUG = False
    make_exchange("XNYS", timezone.now() + timedelta(days=10))
    out = StringIO()

    with pytest.raises(SystemExit) as end:
        call_command("doctor", stdout=out)
    assert end.value.code == 1
    assert out.getvalue().startswith("warning")

    make_exchange("XLON", timezone.now() - timedelta(days=1))
    with pytest.raises(SystemExit) as end:
        call_command("doctor", stdout=(out := StringIO()))
    assert end.value.code == 2
    assert out.getvalue().startswith("broken   calendars: ")
    assert " → Load newer ones" in out.getvalue().splitlines()[0]


@rows
def test_the_json_is_one_finding_a_line(settings):
    settings.DEBUG = False
    make_exchange("XNYS", timezone.now() + timedelta(days=400))
    out = StringIO()

    call_command("doctor", "--json", stdout=out)

    told = [json.loads(line) for line in out.getvalue().splitlines()]
    assert all(set(line) == {"level", "what", "detail", "do"} for line in told)
    assert {line["level"] for line in told} == {"ok"}


@rows
def test_its_questions_are_few_however_much_there_is(django_assert_max_num_queries):
    for _ in range(30):
        make_item(make_source(failures=9, due_at=NINE - MINUTE))

    with django_assert_max_num_queries(40):
        doctor.examine(NINE)


def test_without_servers_it_says_so_in_seconds_and_ends_with_2():
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor"],
        cwd=ROOT,
        env=os.environ
        | {
            "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
            "REDIS_URL": "redis://127.0.0.1:1/0",
        },
        capture_output=True,
        text=True,
        timeout=60,
    )

    first, second, *rest = done.stdout.splitlines()
    assert done.returncode == 2, done.stderr
    assert first.startswith("broken   database: The database does not answer")
    assert second.startswith("broken   broker: The broker does not answer")
    assert not [line for line in rest if line.startswith("broken")]


# --- servers --------------------------------------------------------------------------


@rows
def test_a_database_too_old_is_named_with_its_version(monkeypatch):
    monkeypatch.setattr(servers, "OLDEST_POSTGRES", 99)

    finding = of("database")

    assert finding.level == BROKEN
    assert "needs 99 or newer" in finding.detail


@rows
def test_a_change_of_the_tables_not_made_yet_is_named():
    MigrationRecorder(connection).record_unapplied("articles", "0006_cursor")

    assert of("migrations").level == BROKEN
    assert "articles.0006_cursor" in of("migrations").detail
    assert of("migrations").do == "Run manage.py migrate."


@rows
def test_a_database_of_a_newer_release_is_named():
    MigrationRecorder(connection).record_applied("staff", "0999_from_the_future")

    assert of("migrations").level == BROKEN
    assert "staff.0999_from_the_future" in of("migrations").detail


@rows
def test_tables_that_are_missing_are_one_finding_not_a_traceback(monkeypatch):
    monkeypatch.setattr(
        queues, "kinds", lambda now: list(Source.objects.raw("SELECT * FROM nowhere"))
    )
    with transaction.atomic():
        found = {f.what: f for f in doctor.examine(NINE)}
        transaction.set_rollback(True)

    assert found["rows"].level == BROKEN
    assert 'cannot tell of work: relation "nowhere"' in found["rows"].detail
    assert found["disk"].level == OK


@pytest.mark.parametrize(
    ("seconds", "unsure", "level"),
    [
        (0.3, 0, OK),
        (-1.9, 0, OK),
        (3, 0, WARNING),
        (-3, 0, WARNING),
        (3, 1.5, OK),  # a slow answer proves nothing
        (3600, 1, BROKEN),
        (-61, 0, BROKEN),
    ],
)
def test_two_clocks_may_differ_by_2_seconds_and_never_by_a_lease(
    seconds, unsure, level
):
    assert servers.apart(seconds, unsure).level == level


def test_it_says_which_clock_is_ahead():
    assert "is 40 s ahead of" in servers.apart(40, 0).detail
    assert "is 40 s behind" in servers.apart(-40, 0).detail


def test_rings_that_wait_are_counted_by_queue():
    for _ in range(3):
        app.send_task("wire.tasks.prune", queue="media")
    try:
        finding, rings = servers.broker()
    finally:
        with app.connection_for_write() as bell, bell.channel() as channel:
            channel.queue_purge("media")

    assert finding.level == OK
    assert rings["media"] == 3
    assert set(rings) == {"ingest", "media", "markets", "editorial"}


# --- work -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "level", "said"),
    [
        (Kind("wire", "ingest", 0), OK, "Nothing waits."),
        (Kind("wire", "ingest", 2, NINE - MINUTE / 3), OK, "2 due, taken in time."),
        (Kind("wire", "ingest", 2, NINE - 9 * MINUTE, NINE - MINUTE), WARNING,
         "The worker is behind: 2 wait, the oldest for 9 min."),
        (Kind("wire", "ingest", 2, NINE - 9 * MINUTE, NINE - 8 * MINUTE), BROKEN,
         "Nobody takes this work: 2 wait, the oldest for 9 min; some was last taken"
         " 8 min ago."),
        (Kind("wire", "ingest", 2, NINE - 9 * MINUTE), BROKEN,
         "Nobody takes this work: 2 wait, the oldest for 9 min."),
    ],
)  # fmt: skip
def test_work_that_waits_tells_whether_anybody_takes_it(kind, level, said):
    finding = queues.taken(kind, [kind], {}, NINE)

    assert (finding.level, finding.detail) == (level, said)
    assert ("-Q ingest" in finding.do) == (level == BROKEN)


MUTE = Kind("renditions", "media", 4, NINE - 9 * MINUTE, tells=False)


@pytest.mark.parametrize(
    ("others", "rings", "level"),
    [
        ([], {"media": 2}, WARNING),  # two a ring: a heap of pictures takes a while
        ([Kind("wire", "ingest", 1, NINE - MINUTE / 3)], {"media": 2}, WARNING),
        ([], None, WARNING),
        ([], {"media": 30}, BROKEN),
        ([Kind("wire", "ingest", 1, NINE - 9 * MINUTE)], {"media": 2}, BROKEN),
    ],
)
def test_work_of_which_rows_do_not_tell_is_judged_by_rings_and_by_other_work(
    others, rings, level
):
    assert queues.taken(MUTE, [MUTE, *others], rings, NINE).level == level


LATE = Kind("wire", "ingest", 1, NINE - 9 * MINUTE)
BEHIND = Kind("wire", "ingest", 1, NINE - 9 * MINUTE, NINE - MINUTE)
IDLE = Kind("wire", "ingest", 0)


@pytest.mark.parametrize(
    ("kinds", "rings", "level", "said"),
    [
        ([IDLE], {"ingest": 0}, OK, "Nothing is late"),
        ([IDLE, BEHIND], {"ingest": 0}, OK, "It is heard"),
        ([IDLE], {"ingest": 40}, WARNING, "nobody takes from ingest (40 rings wait)"),
        ([LATE], {"ingest": 40}, WARNING, "nobody takes from ingest (40 rings wait)"),
        ([LATE], {"ingest": 1}, BROKEN, "beat does not ring"),
        ([LATE], None, WARNING, "nobody can tell"),
        ([IDLE], None, OK, "Nothing is late"),
    ],
)
def test_beat_is_told_by_rings_and_by_work(kinds, rings, level, said):
    finding = queues.beat(kinds, rings, NINE)

    assert finding.level == level
    assert said in finding.detail


@rows
def test_a_stopped_worker_is_noticed_in_each_kind_of_work():
    then = NINE - 5 * MINUTE
    make_source(due_at=then)
    make_feed(due_at=then)
    make_image(due_at=then)
    make_article(status="live", at=then, now=NINE - 60 * MINUTE)
    Article.objects.update(announced_at=None)

    found = {finding.what: finding for finding in doctor.examine(NINE)}

    for kind in ("wire", "prices", "renditions", "announcements"):
        assert found[kind].level == BROKEN, kind
        assert "wait, the oldest for 5 min" in found[kind].detail
    assert found["beat"].level == BROKEN


@rows
def test_work_that_somebody_holds_or_that_is_paused_waits_for_nobody():
    then, lease = NINE - 5 * MINUTE, NINE + MINUTE / 2
    make_source(due_at=then, lease_until=lease, last_attempt_at=NINE - MINUTE / 2)
    make_source(due_at=then, enabled=False)
    make_feed(due_at=then, lease_until=lease)
    make_feed(name="Off", due_at=then, active=False)
    make_image(due_at=then, lease_until=lease)

    found = {finding.what: finding for finding in doctor.examine(NINE)}

    for kind in ("wire", "prices", "renditions"):
        assert found[kind].detail == "Nothing waits.", kind
    assert "It is heard" in found["beat"].detail


@rows
def test_a_worker_that_is_behind_is_told_from_one_that_is_gone():
    make_source(due_at=NINE - 5 * MINUTE)
    make_source(due_at=NINE + MINUTE, last_attempt_at=NINE - MINUTE / 2)

    assert of("wire").level == WARNING
    assert "behind" in of("wire").detail
    assert of("beat").level == OK


# --- what comes in --------------------------------------------------------------------


@rows
def test_sources_that_fail_are_named_worst_first_and_one_accident_is_none():
    make_source(name="Once", failures=2)
    for n, name in enumerate(["Harbour", "Quay", "Pier", "Mole"], 3):
        make_source(name=name, failures=n, last_error="timed out\nafter 10 s")
    make_source(name="Fine")
    make_source(name="Ended", enabled=False, failures=9)

    finding = of("sources")

    assert finding.level == WARNING
    assert finding.detail == (
        "4 of 6 fail: Mole (6 times: timed out), Pier (5 times: timed out),"
        " Quay (4 times: timed out) and 1 more. Paused: Ended."
    )


@rows
def test_when_every_source_fails_something_is_broken_here():
    make_source(failures=3)
    assert of("sources").level == WARNING
    make_source(failures=3)

    assert of("sources").level == BROKEN


@rows
def test_a_source_that_answers_and_brings_nothing_for_days_is_named():
    make_item(make_source(name="Asleep"), now=NINE - timedelta(days=5))
    make_item(make_source(name="Awake"), now=NINE - timedelta(days=2))
    make_item(make_source(name="Down", failures=1), now=NINE - timedelta(days=9))
    make_source(name="Never heard")

    finding = of("silence")

    assert finding.level == WARNING
    assert "nothing new: Asleep (5 days)." in finding.detail


@rows
def test_market_feeds_that_fail_are_named_and_those_that_are_off_are_not():
    make_feed(name="Fixings", failures=4, last_error="404")
    make_feed(name="Off", failures=9, active=False)
    make_feed(name="Fine", failures=1)

    finding = of("market feeds")

    assert finding.level == WARNING
    assert finding.detail == "1 of 2 fail: Fixings (4 times: 404)."


@rows
@pytest.mark.parametrize(
    ("days", "level"),
    [(400, OK), (120, OK), (119, WARNING), (0, WARNING), (-1, BROKEN)],
)
def test_a_calendar_is_missed_before_it_ends(days, level):
    make_exchange("XNYS", NINE + timedelta(days=days))

    assert ingest.calendars(NINE).level == level


@rows
def test_an_open_dead_letter_is_told_and_a_closed_one_is_not():
    letter = DeadLetter.objects.create(
        source=make_source(name="Harbour"), raw_hash="1" * 64, raw=b"<",
        error="not XML", first_at=NINE, last_at=NINE,
    )  # fmt: skip
    assert of("dead letters").level == WARNING
    assert (
        "1 could not be read; the last is of Harbour: not XML"
        in of("dead letters").detail
    )
    letter.closed_at = NINE
    letter.save()

    assert of("dead letters").level == OK


@rows
def test_a_picture_that_could_not_be_made_is_told_with_its_reason():
    image = make_image()
    Image.objects.filter(pk=image.pk).update(state="failed", last_error="breaks off")

    assert of("pictures").level == WARNING
    assert "(breaks off)" in of("pictures").detail


# --- the house ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("free", "level"), [(5 * 1024**3, OK), (500 * 1024**2, WARNING), (9, BROKEN)]
)
def test_a_disk_is_called_full_before_it_is(free, level):
    assert installation.room(free, Path("/srv")).level == level


def test_folders_not_made_yet_are_no_trouble(settings, tmp_path):
    settings.BLOB_DIR = tmp_path / "not" / "yet"

    assert installation.disk().level == OK
    assert not (tmp_path / "not").exists()


def test_a_folder_that_cannot_be_written_is_named(settings, tmp_path):
    (tmp_path / "file").write_text("in the way")
    settings.BLOB_DIR = tmp_path / "file" / "blobs"

    finding = installation.disk()

    assert finding.level == BROKEN
    assert str(settings.BLOB_DIR) in finding.detail


@pytest.mark.parametrize(
    ("fields", "level", "said"),
    [
        ({"DEBUG": True}, WARNING, "NEWSROOM_DEBUG"),
        ({"DEBUG": True, "PAPER_URL": "https://paper.example"}, BROKEN, "DEBUG"),
        ({"ALLOWED_HOSTS": ["*"]}, BROKEN, "any name"),
        ({}, OK, "this machine alone"),
        ({"PAPER_URL": "https://paper.example", "SECRET_KEY": "x"}, WARNING, "W009"),
        ({"PAPER_URL": "https://paper.example", "SECURE_SSL_REDIRECT": False},
         WARNING, "W008"),
        ({"PAPER_URL": "https://paper.example"}, OK, "Fit for the public"),
    ],
)  # fmt: skip
def test_settings_must_be_fit_for_who_can_see_the_paper(settings, fields, level, said):
    public = {
        "DEBUG": False,
        "SECRET_KEY": "".join(chr(33 + n % 90) for n in range(80)),
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 31536000,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
        "SECURE_HSTS_PRELOAD": True,
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
    }
    for name, value in (public | fields).items():
        setattr(settings, name, value)

    finding = installation.production()

    assert finding.level == level, finding
    assert said in finding.detail


@pytest.mark.parametrize(
    ("url", "hosts", "level"),
    [
        ("http://127.0.0.1:8000", ["127.0.0.1"], OK),
        ("http://[::1]:8000", ["[::1]"], OK),
        ("https://paper.example", ["paper.example"], OK),
        ("https://www.paper.example", [".paper.example"], OK),
        ("http://paper.example", ["paper.example"], WARNING),
        ("https://paper.example", ["localhost"], BROKEN),
        ("paper.example", ["paper.example"], BROKEN),
        ("ftp://paper.example", ["paper.example"], BROKEN),
        ("https://paper.example/news", ["paper.example"], BROKEN),
        ("https://paper.example:port", ["paper.example"], BROKEN),
        ("https://[half", ["paper.example"], BROKEN),
    ],
)
def test_the_public_address_must_be_one_readers_can_use(settings, url, hosts, level):
    settings.PAPER_URL, settings.ALLOWED_HOSTS = url, hosts

    assert installation.address().level == level


def test_static_files_must_be_gathered_and_all_there(settings, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "ink.css").write_text("p { color: black }")
    settings.STATICFILES_DIRS = [source]
    settings.STATICFILES_FINDERS = [
        "django.contrib.staticfiles.finders.FileSystemFinder"
    ]
    settings.STATIC_ROOT = tmp_path / "static"
    assert installation.static_files().level == OK  # debugging: served as they are

    backend = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": backend}}
    assert installation.static_files().level == BROKEN
    assert "gathered" in installation.static_files().detail

    call_command("collectstatic", interactive=False, verbosity=0)
    staticfiles_storage._setup()
    assert installation.static_files().detail == "All 1 are there."

    [named_by_hash] = (tmp_path / "static").glob("ink.*.css")
    named_by_hash.unlink()
    assert installation.static_files().level == BROKEN
    assert named_by_hash.name in installation.static_files().detail


def test_long_lists_are_cut_and_spans_are_in_words():
    assert named(["a", "b"]) == "a, b"
    assert named(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
    assert named(["a"], 1_501) == "a and 1,500 more"
    assert [ago(timedelta(seconds=s)) for s in (-5, 40, 119, 120, 7_200, 172_800)] == [
        "0 s", "40 s", "119 s", "2 min", "2 h", "2 days",
    ]  # fmt: skip
