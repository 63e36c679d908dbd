"""Pictures: taken if they are ones, made small by a worker, and bare of what cameras tell."""

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from PIL import Image as Pillow
from PIL import ImageDraw

from articles import image_decoder, image_processing, renditions
from articles.image_markup import address, picture
from articles.models import Image, Rendition

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def photo(size=(1800, 1200), format="JPEG", mode="RGB", exif=None, **options):
    image = Pillow.new(mode, size, "navy" if mode == "RGB" else None)
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 2, size[1]), fill="orange")
    out = BytesIO()
    if exif is not None:
        options["exif"] = exif
    image.save(out, format, **options)
    return out.getvalue()


def shown(rendition):
    with rendition.file.open() as file:
        return Pillow.open(BytesIO(file.read()))


def take(raw=None, **fields):
    return renditions.take_picture(
        raw or photo(),
        now=NINE,
        **{"alt": "A quay at dusk", "credit": "Graphics desk", **fields},
    )


def make(image):
    renditions.make_due(clock=lambda: NINE)
    image.refresh_from_db()
    return image


@pytest.mark.django_db
class TestARendition:
    def test_is_made_in_every_fixed_size_and_format(self):
        image = make(take())
        assert image.state == "ready"
        made = set(image.renditions.values_list("shape", "width", "height", "format"))
        assert ("whole", 1600, 1067, "jpeg") in made
        assert ("3x2", 1280, 853, "avif") in made
        assert ("1x1", 160, 160, "webp") in made
        assert len(made) == 24

    def test_is_never_larger_than_the_picture(self):
        image = make(take(photo((300, 200))))
        assert max(image.renditions.values_list("width", flat=True)) == 300

    def test_is_upright_and_says_nothing_of_the_camera_or_the_place(self):
        exif = Pillow.Exif()
        exif[0x0112] = 6  # turned by a quarter
        exif[0x013B] = "Ada Lens"
        exif[0x8298] = "Copyright Ada Lens"
        exif.get_ifd(0x8825)[1] = "N"
        image = make(take(photo((1800, 1200), exif=exif)))
        assert (image.width, image.height) == (1200, 1800)
        assert image.rights == "Copyright Ada Lens"
        for rendition in image.renditions.all():
            with shown(rendition) as small:
                assert small.height > small.width or rendition.shape != "whole"
                assert dict(small.getexif()) == {}
                assert "xmp" not in small.info

    def test_keeps_the_focal_point_in_a_crop(self):
        image = take(photo((3000, 1000)), focal_x=0.0)
        left = make(image).renditions.get(shape="1x1", width=160, format="jpeg")
        with shown(left) as small:
            red, green, blue = small.convert("RGB").getpixel((80, 80))
        assert red > blue  # the orange half

    @pytest.mark.parametrize(
        ("format", "mode"), [("PNG", "RGBA"), ("PNG", "P"), ("GIF", "P"), ("WEBP", "RGB"),
                             ("AVIF", "RGB"), ("JPEG", "CMYK"), ("PNG", "I;16"),
                             ("PNG", "LA"), ("PNG", "1")],
    )  # fmt: skip
    def test_is_made_of_every_kind_of_picture(self, format, mode):
        raw = BytesIO()
        Pillow.new(mode, (640, 400)).save(raw, format)
        assert make(take(raw.getvalue())).state == "ready"

    def test_is_listed_by_the_picture_tag_that_readers_get(self):
        image = make(take())
        html = picture(image, shape="3x2", sizes="50vw")
        for rendition in image.renditions.filter(shape="3x2"):
            assert (
                address(
                    image,
                    shape="3x2",
                    width=rendition.width,
                    format=rendition.format,
                )
                in html
            )
        assert 'alt="A quay at dusk"' in html
        assert 'width="1280" height="853"' in html

    def test_has_a_new_address_when_the_focal_point_moves(self):
        image = take()
        before = address(image, shape="whole", width=480)
        image.focal_x = 0.2
        assert address(image, shape="whole", width=480) != before


@pytest.mark.django_db
class TestTheWork:
    def test_is_done_once_by_whoever_comes_first(self):
        take()
        assert renditions.make_due(clock=lambda: NINE) == 1
        assert renditions.make_due(clock=lambda: NINE) == 0

    def test_of_a_dead_worker_is_done_by_another(self):
        image = take()
        assert Image.objects.lease(NINE, limit=1) == [image]  # and the worker dies
        assert renditions.make_due(clock=lambda: NINE) == 0
        assert renditions.make_due(clock=lambda: NINE + timedelta(seconds=91)) == 1

    def test_of_a_worker_that_was_too_slow_is_thrown_away(self):
        take()
        (slow,) = Image.objects.lease(NINE, limit=1)
        assert Image.objects.lease(NINE + timedelta(seconds=91), limit=1)
        assert not renditions.make(slow, now=NINE)
        assert not Rendition.objects.exists()

    def test_that_kills_its_child_is_tried_three_times_and_then_told(self, monkeypatch):
        image = take()
        monkeypatch.setattr(image_decoder, "MEMORY", 64 * 1024 * 1024)
        now = NINE
        for _ in range(renditions.CRASHES):
            renditions.make_due(clock=lambda now=now: now)
            now += timedelta(minutes=10)
        image.refresh_from_db()
        assert (image.state, image.decoder_crashes) == ("failed", renditions.CRASHES)
        assert "memory" in image.last_error
        assert renditions.make_due(clock=lambda: now) == 0

    def test_that_the_world_hinders_is_tried_until_it_can_be_done(self, settings):
        image, folder = take(), settings.BASE_DIR
        settings.BASE_DIR = "/nowhere"  # no program to be found, as in an upgrade
        now = NINE
        for _ in range(10):
            assert renditions.make_due(clock=lambda now=now: now) == 0
            image.refresh_from_db()
            now = image.due_at
        assert (image.state, image.decoder_crashes, image.attempts) == ("new", 0, 10)
        assert image.last_error
        settings.BASE_DIR = folder
        assert renditions.make_due(clock=lambda: now) == 1
        image.refresh_from_db()
        assert (image.state, image.attempts, image.last_error) == ("ready", 0, "")

    def test_of_workers_that_die_again_and_again_is_not_held_against_the_picture(self):
        image, now = take(), NINE
        for _ in range(10):
            assert Image.objects.lease(now, limit=1)  # and the worker dies
            now += timedelta(seconds=91)
        assert renditions.make_due(clock=lambda: now) == 1
        image.refresh_from_db()
        assert image.state == "ready"


class TestAFileThatIsNoPicture:
    @pytest.mark.parametrize(
        "raw",
        [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%!PS-Adobe-3.0 EPSF-3.0",
         b"<html>", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a"],
    )  # fmt: skip
    def test_is_refused_with_a_sentence(self, raw):
        with pytest.raises(image_processing.Refused, match="not a picture we can read"):
            image_processing.opened(BytesIO(raw))

    @pytest.mark.parametrize("format", ["TIFF", "BMP", "ICO", "PPM", "TGA", "PDF"])
    def test_is_refused_under_any_name(self, format):
        raw = BytesIO()
        Pillow.new("RGB", (64, 64)).save(raw, format)
        with pytest.raises(image_processing.Refused):
            image_processing.opened(BytesIO(raw.getvalue()))

    def test_is_refused_when_its_header_promises_too_many_pixels(self):
        raw = BytesIO()
        Pillow.new("1", (12_000, 12_000)).save(raw, "PNG")
        assert len(raw.getvalue()) < 200_000
        with pytest.raises(image_processing.Refused, match="megapixels"):
            image_processing.opened(BytesIO(raw.getvalue()))

    @pytest.mark.django_db
    def test_is_marked_failed_when_it_breaks_off(self):
        raw = photo(quality=95)
        image = make(take(raw[: len(raw) // 2]))
        assert (image.state, image.last_error[:23]) == (
            "failed",
            "The picture is damaged:",
        )

    @pytest.mark.django_db
    def test_is_refused_when_the_file_is_too_large(self, monkeypatch):
        monkeypatch.setattr(renditions, "MAX_UPLOAD", 100)
        with pytest.raises(image_processing.Refused, match="larger than"):
            take()
        assert not Image.objects.exists()


@pytest.mark.slow
class TestTheCapturedPictures:
    """Real photographs and real attacks: refused in words, or made; never a crash."""

    def test_every_one_is_made_or_refused(self, shared_data, tmp_path):
        truth = json.loads((shared_data / "images" / "truth.json").read_text())
        assert truth
        seen = {"made": 0, "refused": 0}
        for path in sorted((shared_data / "images").rglob("*")):
            if path.is_dir() or path.suffix in (".json", ".md", ".gz"):
                continue
            folder = tmp_path / "out"
            folder.mkdir(exist_ok=True)
            try:
                image_decoder.make(path, folder, (0.5, 0.5))
            except image_processing.Refused:
                seen["refused"] += 1
            else:
                seen["made"] += 1
        assert seen["made"] > 50
        assert seen["refused"] > 10
