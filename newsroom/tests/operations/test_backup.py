"""Backups are whole or refused, and what comes back from them is what was there.

The database tests run real servers of their own: a backup, a wreck, and the way back.
"""

import io
import json
import os
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest

from newsroom import paths
from newsroom.launcher import embedded
from newsroom.operations.backups import DamagedBackup, archive, postgres, restoring
from newsroom.operator_errors import OperatorError

pytestmark = pytest.mark.slow

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ROOT = Path(__file__).resolve().parents[3]
MANIFEST = json.dumps({"format": 1, "migrations": []}).encode()


# --- the file -------------------------------------------------------------------------


def make_file(path, *parts) -> Path:
    with archive.writing(path) as out:
        for name, raw in (("manifest.json", MANIFEST), *parts):
            out.add(name, len(raw), io.BytesIO(raw))
    return path


@pytest.fixture
def small(tmp_path):
    return make_file(
        tmp_path / "small.tar.zst", ("database/000000", b"rows"), ("blobs/a", b"ink")
    )


class Cut(bytes):
    """A file that has got shorter since somebody looked."""

    def __len__(self):
        return 4


def repacked(path, old, new) -> Path:
    """The same file with some bytes changed inside, and packed again as it should be."""
    raw = zstd.decompress(path.read_bytes())
    assert raw.count(old) >= 1
    path.write_bytes(zstd.compress(raw.replace(old, new)))
    return path


def test_a_backup_comes_back_part_by_part_in_its_order(small):
    found = [(p.name, p.read()) for p in archive.parts(small)][:-1]

    assert found == [
        ("manifest.json", MANIFEST),
        ("database/000000", b"rows"),
        ("blobs/a", b"ink"),
    ]
    assert archive.check(small)["format"] == 1


def test_a_backup_is_readable_to_its_owner_alone(small):
    assert small.stat().st_mode & 0o777 == 0o600


def test_a_backup_that_fails_half_way_leaves_the_older_one_and_nothing_else(small):
    before = small.read_bytes()

    with pytest.raises(OSError, match="end of data"):
        make_file(small, ("blobs/a", b"ink"), ("blobs/b", Cut(b"ink")))

    assert small.read_bytes() == before
    assert list(small.parent.iterdir()) == [small]


def test_wherever_a_byte_is_flipped_it_is_refused_by_name_or_changes_nothing(small):
    whole = small.read_bytes()
    harmless = 0  # such as a size of buffer in the head of the file
    for place in range(len(whole)):
        raw = bytearray(whole)
        raw[place] ^= 0x01
        small.write_bytes(raw)
        try:
            archive.check(small)
        except DamagedBackup as damaged:
            said = str(damaged)
        else:
            harmless += 1
            said = str(small)
            assert zstd.decompress(raw) == zstd.decompress(whole)
        assert str(small) in said

    assert harmless < len(whole) / 20


def test_wherever_the_file_is_cut_it_is_refused(small):
    whole = small.read_bytes()
    for length in range(len(whole)):
        small.write_bytes(whole[:length])

        with pytest.raises(DamagedBackup, match=r"small\.tar\.zst"):
            archive.check(small)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"ink", b"inc", "is damaged at blobs/a: not what was written there"),
        (b"rows", b"cows", "is damaged at database/000000: not what was written"),
        (b'"size": 3, "name": "blobs/a"', b'"size": 4, "name": "blobs/a"',
         "is damaged at blobs/a"),
        (b'"format": 1', b'"format": 2', "has format 2; this release reads 1"),
        (b'{"format": 1, "migrations": []}', b'["format",1, "migrations",[]]',
         "its manifest cannot be read"),
    ],
)  # fmt: skip
def test_a_part_that_is_not_as_it_was_written_is_named(small, old, new, said):
    with pytest.raises(DamagedBackup, match=said):
        archive.check(repacked(small, old, new))


def test_a_file_of_something_else_is_refused(tmp_path):
    file = tmp_path / "letter.txt"
    file.write_text("Dear editor,")

    with pytest.raises(DamagedBackup, match=r"letter\.txt is damaged at its beginning"):
        archive.check(file)


@pytest.mark.parametrize(
    "name", ["media/../../out", "blobs/../out", "blobs/short", "other/a", "media"]
)
def test_a_part_that_would_land_elsewhere_is_refused(tmp_path, name):
    folder = tmp_path / "folder"
    folder.mkdir()
    parts = archive.parts(make_file(tmp_path / "f.tar.zst", (name, b"x")))
    next(parts)
    part = next(parts)

    with pytest.raises(DamagedBackup, match="nobody knows what"):
        restoring._write(tmp_path, part, folder)

    assert list(folder.iterdir()) == []


def test_what_is_written_from_the_root_lands_in_the_folder(tmp_path):
    file = make_file(tmp_path / "f.tar.zst", ("media//etc/newsroom", b"x"))
    parts = archive.parts(file)
    next(parts)

    restoring._write(file, next(parts), tmp_path / "folder")

    assert (tmp_path / "folder" / "media" / "etc" / "newsroom").read_bytes() == b"x"


# --- PostgreSQL's programs ------------------------------------------------------------


def test_the_wheels_programs_are_found_first():
    found = postgres.tool("pg_dump", 18)

    assert found.major == 18
    assert "pginstall18" in found.path


def test_of_two_versions_in_the_wheel_the_newer_one_is_taken(monkeypatch, tmp_path):
    """By number: “9” comes after “18” in a dictionary."""
    for version in (9, 18):
        program = tmp_path / f"pginstall{version}" / "bin" / "pg_dump"
        program.parent.mkdir(parents=True)
        program.touch()
    wheel = SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(postgres, "find_spec", lambda name: wheel)
    newest, oldest = list(postgres._candidates("pg_dump"))[:2]
    assert "pginstall18" in newest
    assert "pginstall9" in oldest


def test_a_server_newer_than_every_program_is_named_with_what_is_there(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")

    with pytest.raises(
        OperatorError, match=r"needs pg_dump of PostgreSQL 99 .* is of 18: i"
    ):
        postgres.tool("pg_dump", 99)


def test_without_the_wheel_a_program_on_the_path_does(monkeypatch, tmp_path):
    program = tmp_path / "pg_dump"
    program.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 21beta1'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert postgres.tool("pg_dump", 21) == postgres.Tool(str(program), 21)
    monkeypatch.setattr(postgres, "find_spec", lambda name: None)
    assert postgres.tool("pg_dump", 15) == postgres.Tool(str(program), 21)


# --- the whole way --------------------------------------------------------------------

FILL = """
from io import BytesIO
from django.utils import timezone
from PIL import Image as Picture
from articles import renditions
from articles.tests.factories import make_article
from wire import raw_documents
from wire.connectors.base import Batch
from wire.models import Version
from wire.store import store
from wire.tests.factories import make_post, make_source

now = timezone.now()
source = make_source()
for text in ("The ferry sails again.", "The ferry sails again on Monday."):
    batch = Batch(format="rss", posts=(make_post(text=text),))
    store(source, batch, blob=raw_documents.keep(text.encode()), now=now)
make_article(status="live", evidence=Version.objects.get(n=2), now=now)
raw = BytesIO()
Picture.new("RGB", (40, 30), "navy").save(raw, "PNG")
renditions.take_picture(raw.getvalue(), now=now, alt="A quay", credit="Ours")
renditions.make_due(clock=timezone.now)
"""

Done = namedtuple("Done", "code said")


class Paper:
    """One installation with a database server of its own."""

    def __init__(self, var):
        self.var = var
        self.url = paths.owner_url(var)

    def manage(self, *words, **environment) -> Done:
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env={k: v for k, v in os.environ.items() if not k.startswith("DATABASE_")}
            | {"NEWSROOM_VAR": str(self.var)}
            | environment,
            capture_output=True,
            text=True,
        )
        return Done(done.returncode, done.stdout + done.stderr)

    def ask(self, sql, database="newsroom"):
        address = self.url.replace("@/newsroom", f"@/{database}")
        with psycopg.connect(address, autocommit=True) as db:
            cursor = db.execute(sql)
            return cursor.fetchall() if cursor.description else None

    def databases(self):
        rows = self.ask("SELECT datname FROM pg_database", "postgres")
        return {name for [name] in rows} - {"postgres", "template0", "template1"}

    def state(self):
        """What is in the database and on the disk, to be compared."""
        tables = "articles_revision wire_version wire_event articles_change staff_user"
        rows = [self.ask(f"SELECT * FROM {t} ORDER BY id") for t in tables.split()]
        files = {
            str(path.relative_to(self.var)): path.read_bytes()
            for folder in ("blobs", "media")
            for path in sorted((self.var / folder).rglob("*"))
            if path.is_file()
        }
        return rows, files


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """Start papers; their servers end with the module."""
    made = []

    def paper():
        var = tmp_path_factory.mktemp("p")
        made.append(var)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("NEWSROOM_VAR", str(var))
            embedded.start(valkey=False, end_with_caller=True)
        return Paper(var)

    yield paper
    for var in made:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("NEWSROOM_VAR", str(var))
            embedded.stop(valkey=False)
        shutil.rmtree(paths.run_dir(var), ignore_errors=True)


@pytest.fixture(scope="module")
def paper(start):
    """A paper with posts, an article, a picture; and a server that has counted far."""
    paper = start()
    assert paper.manage("migrate").code == 0
    paper.ask("DO $$ BEGIN FOR i IN 1..30000 LOOP PERFORM pg_current_xact_id(); COMMIT;"
              " END LOOP; END $$")  # fmt: skip
    filled = paper.manage("shell", "-c", FILL)
    assert filled.code == 0, filled.said
    return paper


@pytest.fixture(scope="module")
def kept(paper):
    """Its backup."""
    file = paper.var / "kept.tar.zst"
    made = paper.manage("backup", str(file))
    assert made.code == 0, made.said
    assert "2 documents, 10 pictures." in made.said
    return file


@pytest.fixture
def copy(kept, tmp_path):
    """A backup that a test may spoil."""
    return Path(shutil.copy(kept, tmp_path / "copy.tar.zst"))


def is_as_before(paper, before) -> bool:
    left = [p.name for p in paper.var.iterdir() if p.name.startswith("restore-")]
    assert left == []
    assert paper.databases() == {"newsroom"}
    return paper.state() == before


def test_a_wrecked_paper_comes_back_as_it_was_though_somebody_is_in_it(paper, kept):
    before = paper.state()
    for table in ("articles_revision", "wire_version"):
        paper.ask(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    paper.ask("UPDATE articles_revision SET body = '<p>Other.</p>'")
    paper.ask("UPDATE wire_version SET text = 'Other.'")
    paper.ask("DROP TABLE articles_notice CASCADE")
    gone, altered = sorted(p for p in (paper.var / "blobs").rglob("*") if p.is_file())
    gone.unlink()
    altered.write_bytes(b"other")
    for picture in (paper.var / "media").rglob("*.avif"):
        picture.write_bytes(b"other")
    assert paper.manage("verify").code == 1
    reader = psycopg.connect(paper.url, autocommit=True)

    restored = paper.manage("restore", str(kept), "--yes")

    assert restored.code == 0, restored.said
    assert "restored and proved." in restored.said
    assert is_as_before(paper, before)
    with pytest.raises(psycopg.OperationalError):
        reader.execute("SELECT 1")
    proved = paper.manage("verify")
    assert (proved.code, "wrong" in proved.said) == (0, False)
    assert paper.manage("migrate", "--check").code == 0


def test_a_restore_asks_before_it_replaces_a_paper(paper, kept):
    before = paper.state()

    refused = paper.manage("restore", str(kept))

    assert refused.code == 1
    assert "holds a paper already. --yes replaces it" in refused.said
    assert is_as_before(paper, before)


def test_a_backup_is_proved_without_touching_the_paper(paper, kept):
    paper.ask("UPDATE articles_section SET name = 'Newer than the backup'")
    before = paper.state()

    proved = paper.manage("restore", str(kept), "--verify-only", "--json")

    assert proved.code == 0, proved.said
    told = [json.loads(line) for line in proved.said.splitlines()]
    assert {"proof": "renditions", "checked": 9, "wrong": 0} in told
    assert told[-1]["restored"] is False
    assert is_as_before(paper, before)
    assert paper.ask("SELECT name FROM articles_section") == [
        ("Newer than the backup",)
    ]


def test_a_flipped_byte_is_refused_before_anything_is_done(paper, copy):
    before = paper.state()
    raw = bytearray(copy.read_bytes())
    raw[len(raw) // 2] ^= 1
    copy.write_bytes(raw)

    refused = paper.manage("restore", str(copy), "--yes")

    assert refused.code == 1
    assert f"{copy} is damaged at " in refused.said
    assert "Traceback" not in refused.said
    assert is_as_before(paper, before)


def test_a_backup_of_a_newer_release_is_refused(paper, tmp_path):
    manifest = {"format": 1, "migrations": ["staff.0999_from_the_future"]}
    raw = json.dumps(manifest).encode()
    file = tmp_path / "newer.tar.zst"
    with archive.writing(file) as out:
        out.add("manifest.json", len(raw), io.BytesIO(raw))

    refused = paper.manage("restore", str(file), "--yes")

    assert refused.code == 1
    assert "newer release" in refused.said
    assert "staff.0999_from_the_future" in refused.said


def test_a_dump_that_postgresql_refuses_is_told_in_its_words(paper, tmp_path):
    before = paper.state()
    manifest = {"format": 1, "migrations": [], "pg_dump": 18, "rows": {}}
    raw = json.dumps(manifest).encode()
    file = tmp_path / "odd.tar.zst"
    with archive.writing(file) as out:
        out.add("manifest.json", len(raw), io.BytesIO(raw))
        out.add("database/000000", 4, io.BytesIO(b"rows"))

    refused = paper.manage("restore", str(file), "--yes")

    assert refused.code == 1
    assert "pg_restore failed: " in refused.said
    assert "Traceback" not in refused.said
    assert is_as_before(paper, before)


def test_a_paper_with_faults_is_backed_up_told_and_restored_only_if_asked_to(
    paper, kept, tmp_path
):
    [original] = (paper.var / "media" / "originals").iterdir()
    [document, _] = sorted(p for p in (paper.var / "blobs").rglob("*") if p.is_file())
    original.unlink()
    document.write_bytes(b"other")
    file = tmp_path / "faulty.tar.zst"

    made = paper.manage("backup", str(file))
    assert made.code == 1
    assert f"The picture originals/{original.name} is missing." in made.said
    assert f"The document {document.name} was altered on disk." in made.said
    assert archive.check(file)["pg_dump"] == 18

    refused = paper.manage("restore", str(file), "--yes")
    assert refused.code == 1
    assert "holds a paper with 2 faults, named above" in refused.said
    assert paper.manage("restore", str(file), "--verify-only").code == 1
    assert paper.manage("restore", str(file), "--yes", "--accept-faults").code == 0
    assert paper.manage("restore", str(kept), "--yes").code == 0
    assert paper.manage("verify").code == 0


def test_another_server_that_has_counted_less_far_tells_its_ledger_in_order(
    paper, kept, start
):
    other = start()
    other.ask("DROP DATABASE newsroom", "postgres")

    restored = other.manage("restore", str(kept))

    assert restored.code == 0, restored.said
    assert "numbered anew" in restored.said
    assert other.databases() == {"newsroom"}
    told = other.manage(
        "shell", "-v0", "-c",
        "from articles import source_changes; from articles.models import Cursor;"
        "from wire import ledger; from wire.models import Source;"
        "from wire.tests.factories import make_item;"
        "old, end = ledger.since(ledger.START);"
        "make_item(Source.objects.get());"
        "new, end = ledger.since(end);"
        "source_changes.follow_sources();"
        "print([t.kind for t in old], [t.kind for t in new]);"
        "print(Cursor.objects.get().event == int(end.split('-')[1]))",
    )  # fmt: skip
    assert told.said.splitlines() == ["['new', 'changed'] ['new']", "True"]
    assert other.ask("SELECT count(*) FROM wire_event WHERE xid > '1'") == [(1,)]


def test_a_user_who_may_not_make_databases_is_told_what_to_do(paper, kept):
    paper.ask("CREATE ROLE clerk LOGIN")
    paper.ask("GRANT pg_read_all_data TO clerk")

    refused = paper.manage(
        "restore", str(kept), "--verify-only",
        DATABASE_URL=paper.url.replace("newsroom@", "clerk@"),
    )  # fmt: skip

    assert refused.code == 1
    assert "ALTER ROLE clerk CREATEDB" in refused.said
    assert paper.databases() == {"newsroom"}


@pytest.mark.parametrize("verb", ["backup", "restore"])
def test_without_a_database_it_is_one_sentence(verb, kept, paper, tmp_path):
    file = tmp_path / "none.tar.zst" if verb == "backup" else kept

    refused = paper.manage(verb, str(file), DATABASE_URL="postgresql://n@127.0.0.1:1/n")

    assert refused.code == 1
    assert refused.said.count("\n") <= 2
    assert "The database" in refused.said
    assert not (tmp_path / "none.tar.zst").exists()


@pytest.mark.parametrize("verb", ["backup", "restore"])
def test_a_file_that_cannot_be_opened_is_named(verb, paper, tmp_path):
    (tmp_path / "file").write_text("in the way")

    words = ["--yes"] if verb == "restore" else []
    refused = paper.manage(verb, str(tmp_path / "file" / "b.tar.zst"), *words)

    assert refused.code == 1
    assert str(tmp_path / "file") in refused.said
    assert "Traceback" not in refused.said
