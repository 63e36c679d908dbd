"""What can be proved is proved, and what somebody touched is named."""

import json
from io import BytesIO, StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from PIL import Image as Picture

from articles import renditions
from articles.models import Rendition, Revision
from articles.tests.factories import NINE, make_article
from newsroom.operations import integrity_checks
from wire import raw_documents
from wire.connectors.base import Batch
from wire.models import Item, Version
from wire.sql import KEPT, REPEATED
from wire.store import store
from wire.tests.factories import make_post, make_source

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def paper(tmp_path, settings):
    """A paper with one post in two versions and an article from it."""
    settings.BLOB_DIR = tmp_path / "blobs"
    settings.MEDIA_ROOT = tmp_path / "media"
    source = make_source()
    for text in ("The ferry sails again.", "The ferry sails again on Monday."):
        blob = raw_documents.keep(text.encode())
        posts = (make_post(text=text),)
        store(source, Batch(format="rss", posts=posts), blob=blob, now=NINE)
    make_article(status="live", evidence=Version.objects.get(n=2))
    return tmp_path


@pytest.fixture
def picture():
    """A picture with its renditions, made by a real child."""
    raw = BytesIO()
    Picture.new("RGB", (40, 30), "navy").save(raw, "PNG")
    renditions.take_picture(raw.getvalue(), now=NINE, alt="A quay", credit="Ours")
    renditions.make_due(clock=lambda: NINE)


def verify(*arguments) -> tuple[int, list[str]]:
    out, code = StringIO(), 0
    try:
        call_command("verify", *arguments, stdout=out)
    except SystemExit as end:
        code = end.code
    return code, out.getvalue().splitlines()


def by_hand(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("articles_revision", "articles_change", "wire_version"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(sql, values)


def test_a_paper_nobody_touched_is_proved_line_by_line(picture):
    code, lines = verify()

    assert code == 0
    assert all(line.endswith("all right") for line in lines)
    assert "ledger: 1 public changes, all right" in lines
    assert "contents: 2 versions' contents, all right" in lines
    assert "versions: 2 versions' documents, all right" in lines
    assert "documents: 2 documents of the wire, all right" in lines
    assert "originals: 1 original pictures, all right" in lines
    made = Rendition.objects.count()
    assert made > 0
    assert f"renditions: {made} renditions, all right" in lines


def test_a_byte_changed_in_a_document_is_found_and_the_document_named():
    name = Version.objects.get(n=1).blob
    raw = bytearray(raw_documents.path_of(name).read_bytes())
    raw[3] ^= 1
    raw_documents.path_of(name).write_bytes(raw)

    code, lines = verify()

    assert code == 1
    assert f"The document {name} was altered on disk." in lines
    assert "documents: 2 documents of the wire, 1 wrong" in lines


def test_a_document_that_is_gone_is_named_with_every_version_that_came_in_it():
    version = Version.objects.get(n=2)
    raw_documents.path_of(version.blob).unlink()

    code, lines = verify()

    assert code == 1
    missing = f"Version {version.public_id}: its document {version.blob} is missing."
    assert lines.count(missing) == 1


def test_an_altered_text_is_named_though_its_hash_was_left():
    by_hand("UPDATE articles_revision SET body = '<p>Other.</p>' WHERE n = 1")
    text = Revision.objects.select_related("article").get(n=1)

    code, lines = verify()

    assert code == 1
    where = f"revision 1 of article {text.article.public_id}"
    assert f"The text of {where} was altered." in lines


def test_an_altered_text_with_a_hash_made_to_fit_breaks_the_ledger():
    text = Revision.objects.get(n=1)
    text.body = "<p>Other.</p>"
    fitting = integrity_checks.integrity.text_hash(text.text(), 1)
    by_hand("UPDATE articles_revision SET body = %s, hash = %s", text.body, fitting)

    code, lines = verify()

    assert code == 1
    assert [line for line in lines if line.endswith("is not what was written.")]
    assert "texts: 1 saved texts, all right" in lines


@pytest.mark.parametrize(
    ("sql", "unlike"),
    [
        ("UPDATE wire_item SET text = 'Other.'", "text"),
        ("UPDATE wire_item SET url = 'https://elsewhere.example/'", "url"),
        ("UPDATE wire_item SET current_n = 1", "text"),
        ("UPDATE wire_item SET current_n = 3", "current version"),
        ("UPDATE wire_item SET version_count = 1", "version_count"),
        ("UPDATE wire_version SET text = 'Other.' WHERE n = 2", "text"),
    ],
)
def test_a_post_that_no_longer_shows_its_current_version_is_named(sql, unlike):
    by_hand(sql)
    item = Item.objects.get()

    code, lines = verify()

    assert code == 1
    assert f"Post {item.public_id} disagrees with its versions: {unlike}." in lines


def test_every_column_an_item_repeats_is_compared():
    for name in (*KEPT, *REPEATED):
        assert f"'{name}'" in integrity_checks.AGREEMENT


@pytest.mark.parametrize("form", [1, 2])
def test_a_version_whose_words_were_altered_with_its_post_is_named(form):
    by_hand("UPDATE wire_version SET html = '<p>Other.</p>', hash_form = %s", form)
    version = Version.objects.get(n=1)

    code, lines = verify()

    assert code == 1
    assert f"Version {version.public_id}: its content was altered." in lines
    assert "contents: 2 versions' contents, 2 wrong" in lines


def test_a_version_of_a_newer_release_s_form_is_named():
    by_hand("UPDATE wire_version SET hash_form = 9 WHERE n = 1")
    name = f"Version {Version.objects.get(n=1).public_id}"

    code, lines = verify()

    assert code == 1
    assert f"{name}: this release does not know the form 9 of its hash." in lines


def test_a_post_deleted_at_its_source_may_keep_showing_its_words():
    item = Item.objects.select_related("source").get()
    gone = make_post(headline="", text="", status="deleted")
    batch = Batch(format="rss", posts=(gone,))
    store(item.source, batch, blob=Version.objects.get(n=2).blob, now=NINE)
    item.refresh_from_db()
    assert (item.status, item.current_n) == ("deleted", 3)
    assert item.text

    assert verify()[0] == 0


def test_a_rendition_cut_short_and_one_that_is_gone_are_named(picture):
    cut, gone = Rendition.objects.order_by("pk")[:2]
    size = cut.file.size
    cut.file.storage.delete(cut.file.name)
    with cut.file.storage.open(cut.file.name, "wb") as file:
        file.write(b"x" * (size - 1))
    gone.file.storage.delete(gone.file.name)

    code, lines = verify()

    assert code == 1
    assert [line for line in lines if f"has {size - 1} bytes, not {size}." in line]
    assert [
        line
        for line in lines
        if line.endswith("cannot be read: No such file or directory.")
    ]


def test_an_altered_original_is_named(paper, picture):
    [original] = (paper / "media" / "originals").iterdir()
    original.write_bytes(original.read_bytes() + b"\0")

    code, lines = verify()

    assert code == 1
    assert [line for line in lines if line.startswith("The original of picture")]


def test_a_sample_reads_as_many_documents_as_it_says_and_finds_all_that_are_gone():
    for name in Version.objects.values_list("blob", flat=True):
        raw_documents.path_of(name).write_bytes(b"other")

    code, lines = verify("--sample", "1")

    assert code == 1
    assert "documents: 1 documents of the wire, 1 wrong" in lines
    assert "versions: 2 versions' documents, all right" in lines


@pytest.mark.parametrize("number", ["0", "-1", "some"])
def test_a_sample_of_nothing_is_refused(number):
    with pytest.raises(CommandError, match="whole number above 0"):
        call_command("verify", f"--sample={number}")


def test_the_json_is_one_object_a_line_with_the_faults_in_their_words():
    by_hand("UPDATE wire_item SET text = 'Other.'")

    code, lines = verify("--json")

    told = [json.loads(line) for line in lines]
    assert code == 1
    assert {"proof": "items", "checked": 1, "wrong": 1} in told
    [fault] = [line["fault"] for line in told if "fault" in line]
    assert fault.endswith("disagrees with its versions: text.")


def test_many_rows_are_proved_in_batches(django_assert_max_num_queries):
    source = make_source()
    blob = raw_documents.keep(b"many")
    posts = tuple(make_post(f"n{n}") for n in range(1_200))
    store(source, Batch(format="rss", posts=posts), blob=blob, now=NINE)

    with django_assert_max_num_queries(30):
        code, lines = verify()

    assert code == 0
    assert "items: 1,201 posts and their versions, all right" in lines
    assert "versions: 1,202 versions' documents, all right" in lines
