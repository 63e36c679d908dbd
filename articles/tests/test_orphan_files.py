"""Files of pictures no row names: gone after the commit, or found by the sweep."""

import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction

from articles import image_metadata, orphan_files, renditions, storage
from articles.tests.factories import make_user
from articles.tests.test_renditions import NINE, photo

LATER = datetime.now(UTC) + timedelta(hours=2)


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def files():
    root = Path(default_storage.path(""))
    return sorted(
        str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()
    )


def take(size=(320, 214)):
    image = renditions.take_picture(photo(size), now=NINE, alt="A quay", credit="Desk")
    renditions.make_due(clock=lambda: NINE)
    image.refresh_from_db()
    return image


@pytest.mark.django_db(transaction=True)
def test_the_old_sizes_go_when_a_new_focal_point_has_new_ones_made():
    image = take()
    before = files()
    for focal in (0.1, 0.2, 0.3):
        image_metadata.update_image(image, by=make_user(), now=NINE, focal_x=focal)
        assert renditions.make_due(clock=lambda: NINE) == 1
    after = files()
    assert len(after) == len(before)
    assert set(after) & set(before) == {image.original.name}


@pytest.mark.django_db
def test_files_without_a_row_go_after_the_grace_and_no_others():
    image = take()
    known = files()
    stray = default_storage.save("renditions/zz/stray.avif", ContentFile(b"x"))
    unfinished = default_storage.path("originals/.tmp-left")
    Path(unfinished).write_bytes(b"half")
    # The row that names it could still come.
    assert orphan_files.sweep(datetime.now(UTC)) == 0
    assert set(orphan_files.find(LATER)) == {stray, "originals/.tmp-left"}
    assert orphan_files.sweep(LATER) == 2
    assert files() == known
    assert image.original.name in known


@pytest.mark.django_db
def test_a_sweep_takes_no_more_than_it_is_asked_to():
    for n in range(5):
        default_storage.save(f"renditions/aa/{n}.avif", ContentFile(b"x"))
    assert orphan_files.sweep(LATER, most=3) == 3
    assert len(files()) == 2


@pytest.mark.django_db
def test_a_sweep_refuses_to_empty_the_folder_of_another_database(monkeypatch):
    monkeypatch.setattr(orphan_files, "FEW", 3)
    for n in range(5):
        default_storage.save(f"originals/{n}.jpg", ContentFile(b"x"))
    with pytest.raises(
        orphan_files.TooMany, match="5 of 5 files of pictures have no row"
    ):
        orphan_files.sweep(LATER)
    assert len(files()) == 5


@pytest.mark.django_db
def test_a_sweep_stands_in_for_a_crash_between_the_row_and_its_files():
    image = take()
    image.renditions.all().delete()  # and the process dies before the files are removed
    assert orphan_files.sweep(LATER) == 9
    assert files() == [image.original.name]


@pytest.mark.django_db
def test_a_file_that_went_meanwhile_does_not_stop_the_sweep():
    default_storage.save("renditions/aa/1.avif", ContentFile(b"x"))
    found = list(orphan_files.find(LATER))
    os.remove(default_storage.path(found[0]))
    assert orphan_files.sweep(LATER) == 0


@pytest.mark.django_db(transaction=True)
def test_nothing_is_discarded_while_a_backup_copies_files():
    image = take()
    before = files()
    begun, ended = threading.Event(), threading.Event()

    def backup():
        with transaction.atomic():
            storage.keep_all()
            begun.set()
            ended.wait(60)
        connection.close()

    thread = threading.Thread(target=backup)
    thread.start()
    assert begun.wait(60)
    try:
        image_metadata.update_image(image, by=make_user(), now=NINE, focal_x=0.1)
        assert renditions.make_due(clock=lambda: NINE) == 1
        assert set(before) < set(files())  # old and new
        assert orphan_files.sweep(LATER) == 0
    finally:
        ended.set()
        thread.join()
    assert orphan_files.sweep(LATER) == len(before) - 1
    assert len(files()) == len(before)
