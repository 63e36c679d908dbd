"""Uploads when things go wrong: damaged files, a full disk, and what a process keeps."""

import decimal
import locale
import os
import random
import socket
import subprocess
import warnings
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.urls import reverse
from PIL import Image as Pillow
from PIL import ImageFile

from articles import image_processing, renditions
from articles.models import Image
from articles.tests.factories import make_user
from articles.tests.test_damaged_pictures import EACH, SEED, mutated, small
from articles.tests.test_renditions import NINE, photo
from conftest import missing

pytestmark = pytest.mark.django_db
ROOM = 96 * 1024  # bytes of the small disk


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def chief(client):
    person = make_user("chief", is_staff=True)
    client.force_login(person)
    return person


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own with very little room."""
    folder = tmp_path / "disk"
    folder.mkdir()
    order = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder)]
    mounted = subprocess.run(order, capture_output=True, text=True)
    if mounted.returncode:
        missing(f"no small disk can be mounted: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def upload(client, raw, name="quay.jpg"):
    sent = {"alt": "A quay at night", "credit": "Ines Halvorsen", "focal_x": "0.5",
            "focal_y": "0.5", "file": SimpleUploadedFile(name, raw)}  # fmt: skip
    return client.post(reverse("admin:articles_image_add"), sent)


def noise(size=(640, 480), seed=1):
    raw = random.Random(seed).randbytes(size[0] * size[1] * 3)
    out = BytesIO()
    Pillow.frombytes("RGB", size, raw).save(out, "JPEG", quality=95)
    return out.getvalue()


def of_the_process():
    mask = os.umask(0)
    os.umask(mask)
    return {
        "warnings": list(warnings.filters),
        "pixels": Pillow.MAX_IMAGE_PIXELS,
        "truncated": ImageFile.LOAD_TRUNCATED_IMAGES,
        "timeout": socket.getdefaulttimeout(),
        "locale": locale.setlocale(locale.LC_ALL),
        "decimals": repr(decimal.getcontext()),
        "umask": mask,
        "folder": os.getcwd(),
    }


def test_an_upload_leaves_the_settings_of_the_process_as_they_were(client, chief):
    before = of_the_process()
    assert upload(client, photo()).status_code == 302
    assert upload(client, b"no picture").status_code == 200
    renditions.make_due(clock=lambda: NINE.replace(year=2100))
    assert of_the_process() == before


def test_a_damaged_avif_is_refused_with_a_sentence(client, chief):
    dice, sound = random.Random(f"{SEED} AVIF"), small("AVIF")
    asked = 0
    for _ in range(EACH):
        raw = mutated(sound, dice)
        try:
            image_processing.header(raw)
        except image_processing.Refused as refusal:
            if str(refusal) != image_processing.DAMAGED:
                continue
            asked += 1
            answer = upload(client, raw, "quay.avif")
            assert answer.status_code == 200
            assert image_processing.DAMAGED in answer.content.decode()
    assert asked
    assert not Image.objects.exists()


def test_an_upload_on_a_full_disk_is_told_and_leaves_nothing(
    client, chief, settings, small_disk
):
    settings.MEDIA_ROOT = small_disk
    raw = noise()
    assert len(raw) > ROOM
    answer = upload(client, raw)
    assert answer.status_code == 200
    assert "The disk is full: the picture was not kept." in answer.content.decode()
    assert "A quay at night" in answer.content.decode()  # what was typed is still there
    assert not Image.objects.exists()
    assert not [path for path in small_disk.rglob("*") if path.is_file()]


class OnFullDisk(FileUploadHandler):
    """Django's own leaves its half file open for the collector; this one closes it."""

    def receive_data_chunk(self, raw_data, start):
        with open("/dev/full", "wb", buffering=0) as disk:
            disk.write(raw_data)

    def file_complete(self, file_size):
        return None


def test_an_upload_that_does_not_fit_in_the_temporary_folder_is_told(
    client, chief, settings
):
    settings.FILE_UPLOAD_HANDLERS = [f"{__name__}.OnFullDisk"]
    client.raise_request_exception = False
    answer = upload(client, noise())
    assert answer.status_code == 503
    assert "The disk is full" in answer.content.decode()


def test_sizes_that_find_no_room_leave_nothing_and_are_made_when_there_is(
    settings, small_disk, tmp_path
):
    image = renditions.take_picture(noise(), now=NINE, alt="A quay", credit="Desk")
    home = tmp_path / "media" / image.original.name
    settings.MEDIA_ROOT = small_disk
    (small_disk / "originals").mkdir()
    (small_disk / image.original.name).symlink_to(home)
    now = NINE
    for _ in range(5):
        assert renditions.make_due(clock=lambda now=now: now) == 0
        image.refresh_from_db()
        now = image.due_at
    assert (image.state, image.decoder_crashes) == ("new", 0)
    assert "No space left" in image.last_error
    left = [path for path in (small_disk / "renditions").rglob("*") if path.is_file()]
    assert not left

    settings.MEDIA_ROOT = tmp_path / "media"
    assert renditions.make_due(clock=lambda: now) == 1
    image.refresh_from_db()
    assert (image.state, image.last_error) == ("ready", "")


def test_the_child_says_when_its_own_disk_is_full(small_disk, settings):
    image = renditions.take_picture(noise(), now=NINE, alt="A quay", credit="Desk")
    settings.TEMP_DIR = small_disk
    assert renditions.make_due(clock=lambda: NINE) == 0
    image.refresh_from_db()
    assert (image.state, image.decoder_crashes) == ("new", 0)
    assert "No space left" in image.last_error
