"""What a crash leaves of temporary files is removed, and nothing else."""

import os
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile

from newsroom.operations import temporary_files

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def aged(path, hours):
    at = (NINE - timedelta(hours=hours)).timestamp()
    os.utime(path, (at, at), follow_symlinks=False)
    return path


def test_what_has_lain_for_a_day_goes_and_what_is_worked_on_stays(tmp_path):
    upload = tmp_path / "abc.upload.jpg"
    upload.write_bytes(b"x")
    work = tmp_path / "renditions-1"
    work.mkdir()
    (work / "whole.avif").write_bytes(b"x")
    fresh = tmp_path / "def.upload.jpg"
    fresh.write_bytes(b"x")
    aged(upload, 25), aged(work, 25), aged(fresh, 23)
    assert temporary_files.clear(tmp_path, now=NINE) == 2
    assert list(tmp_path.iterdir()) == [fresh]


def test_a_link_is_removed_and_what_it_leads_to_stays(tmp_path):
    outside, folder = tmp_path / "outside", tmp_path / "tmp"
    outside.mkdir(), folder.mkdir()
    (outside / "kept").write_bytes(b"x")
    aged(outside / "kept", 99)
    (folder / "link").symlink_to(outside, target_is_directory=True)
    aged(folder / "link", 25)
    assert temporary_files.clear(folder, now=NINE) == 1
    assert (outside / "kept").exists()


def test_what_cannot_be_removed_is_named_and_the_rest_goes(
    tmp_path, monkeypatch, caplog
):
    for name in ("a", "stuck", "z"):
        aged_file = tmp_path / name
        aged_file.write_bytes(b"x")
        aged(aged_file, 25)
    unlink = os.unlink

    def stubborn(path):
        if str(path).endswith("stuck"):
            raise PermissionError(13, "not yours", str(path))
        unlink(path)

    monkeypatch.setattr(temporary_files.os, "unlink", stubborn)
    assert temporary_files.clear(tmp_path, now=NINE) == 2
    assert "stuck" in caplog.text


def test_without_the_folder_there_is_nothing_to_do(tmp_path):
    assert temporary_files.clear(tmp_path / "none", now=NINE) == 0


def test_an_upload_lies_in_our_own_folder_while_it_is_worked_on():
    with TemporaryUploadedFile("quay.jpg", "image/jpeg", 1, None) as upload:
        assert upload.temporary_file_path().startswith(str(settings.TEMP_DIR))
    assert settings.TEMP_DIR.parent == settings.VAR_DIR
