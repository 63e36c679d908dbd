"""Damaged files of every format we take: a sentence each time, whatever the codec raises."""

import random
from io import BytesIO

import pytest
from PIL import Image as Pillow
from PIL import ImageDraw

from articles import image_processing

SEED = 20260302
EACH = 120  # mutations of each format


def small(format):
    """Return a small sound picture, animated where the format can be."""
    frames = []
    for shade in ("navy", "teal"):
        frame = Pillow.new("RGB", (48, 32), shade)
        ImageDraw.Draw(frame).ellipse((8, 4, 40, 28), fill="orange")
        frames.append(frame)
    exif = Pillow.Exif()
    exif[0x0112], exif[0x013B] = 6, "Ada Lens"
    options = {"exif": exif} if format != "GIF" else {}
    if format in ("GIF", "WEBP", "PNG"):
        options |= {"save_all": True, "append_images": frames[1:]}
    out = BytesIO()
    frames[0].save(out, format, **options)
    return out.getvalue()


def mutated(raw, dice):
    """Return `raw` with some bytes changed, cut out, doubled or cut off."""
    data = bytearray(raw)
    for _ in range(dice.choice((1, 1, 2, 8, 40))):
        at = dice.randrange(len(data))
        deed = dice.randrange(4)
        if deed == 0:
            data[at] = dice.randrange(256)
        elif deed == 1:
            data[at] ^= 1 << dice.randrange(8)
        elif deed == 2 and len(data) > 40:
            del data[at : at + dice.randrange(1, 9)]
        else:
            data[at:at] = data[at : at + dice.randrange(1, 9)]
    return bytes(data[: dice.randrange(len(data))] if dice.random() < 0.1 else data)


@pytest.mark.parametrize("format", image_processing.FORMATS)
def test_a_damaged_picture_is_read_or_refused_with_a_sentence(format):
    dice, raw = random.Random(f"{SEED} {format}"), small(format)
    assert image_processing.header(raw)["format"] == format
    seen = set()
    for _ in range(EACH):
        data = mutated(raw, dice)
        for read in (image_processing.header, _pixels):
            try:
                read(data)
            except image_processing.Refused as refusal:
                seen.add(str(refusal).split()[0])
            else:
                seen.add("read")
    assert seen == {"read", "This", "The"}  # sound, no picture, damaged


def _pixels(data):
    raw = image_processing.opened(BytesIO(data))
    image_processing.metadata(raw)
    return image_processing.upright(raw)
