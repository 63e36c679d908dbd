"""One picture in, its renditions out: the part that touches untrusted pixels.

Runs as a program of its own (`python -m articles.imaging`), started by `renditions` with
limits on memory and time: a codec that crashes or hangs takes nothing else with it. Knows
neither Django nor the database.

Reads a JSON order on standard input, `{"source", "folder", "focal": [x, y]}`, writes the
files into the folder and prints `{"width", "height", "colour", "metadata", "files"}`, or
`{"refused": "sentence"}`.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, ImageFile, ImageOps, IptcImagePlugin

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")  # no other parser is ever tried
MAX_PIXELS = 40_000_000
MAX_SIDE = 20_000
MAX_FRAMES = 200
# Fixed sizes: nobody can ask for any other. Widths in pixels, largest first.
SHAPES: dict[str, tuple[tuple[int, int] | None, tuple[int, ...]]] = {
    "whole": (None, (1600, 960, 480)),
    "3x2": ((3, 2), (1280, 640, 320)),
    "1x1": ((1, 1), (480, 160)),
}
ENCODERS: dict[str, dict[str, Any]] = {
    "avif": {"format": "AVIF", "quality": 55, "speed": 8},
    "webp": {"format": "WEBP", "quality": 76, "method": 4},
    "jpeg": {"format": "JPEG", "quality": 80, "progressive": True, "optimize": True},
}


class Refused(Exception):
    """The picture cannot be taken; the message is fit for whoever uploaded it."""


def widths(shape: str, width: int, height: int) -> tuple[int, ...]:
    """Return the widths made of a picture of this size, largest first: never enlarged.

    A picture smaller than every fixed size is offered once, at its own.
    """
    ratio, fixed = SHAPES[shape]
    room = min(width, int(height * ratio[0] / ratio[1])) if ratio else width
    return tuple(w for w in fixed if w <= room) or (max(room, 1),)


def height_of(shape: str, width: int, original: tuple[int, int]) -> int:
    """Return the height of a rendition `width` pixels wide."""
    ratio, _ = SHAPES[shape]
    across, down = ratio or original
    return max(1, round(width * down / across))


def opened(source: str | Path | BytesIO) -> ImageFile.ImageFile:
    """Open a picture by its header alone. Raises `Refused` with what is wrong with it."""
    warnings.simplefilter("error")
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        image = Image.open(source, formats=FORMATS)
    except Image.DecompressionBombWarning as bomb:
        raise Refused(_too_large()) from bomb
    except Image.DecompressionBombError as bomb:
        raise Refused(_too_large()) from bomb
    except (OSError, ValueError, SyntaxError, Warning) as error:
        raise Refused(
            "This is not a picture we can read; JPEG, PNG, WebP, AVIF and GIF are."
        ) from error
    if image.width * image.height > MAX_PIXELS or max(image.size) > MAX_SIDE:
        raise Refused(_too_large())
    if getattr(image, "n_frames", 1) > MAX_FRAMES:
        raise Refused(f"An animation of more than {MAX_FRAMES} frames is not taken.")
    return image


def size_upright(image: Image.Image) -> tuple[int, int]:
    """Return width and height as the camera was held, from the header alone."""
    turned = False
    with suppress(Exception):  # damaged metadata: as it stands
        turned = image.getexif().get(0x0112) in (5, 6, 7, 8)
    return (image.height, image.width) if turned else image.size


def upright(image: Image.Image) -> Image.Image:
    """Decode, turn as the camera was held, and bring to sRGB on white, without metadata."""
    try:
        image.load()
        image = ImageOps.exif_transpose(image)
        image = _in_srgb(image)
        if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
            layer = image.convert("RGBA")
            image = Image.new("RGB", layer.size, "white")
            image.paste(layer, mask=layer.getchannel("A"))
        image = image.convert("RGB")
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, Warning) as error:
        raise Refused(
            "The picture is damaged: it breaks off or does not add up."
        ) from error
    clean = Image.new("RGB", image.size)
    clean.paste(image)
    return clean


def renditions(
    image: Image.Image, folder: Path, focal: tuple[float, float]
) -> Iterator[dict[str, Any]]:
    """Write every rendition into `folder`; each size is made from the next larger one."""
    for shape, (ratio, _) in SHAPES.items():
        current = _cropped(image, ratio, focal) if ratio else image
        for width in widths(shape, *image.size):
            height = height_of(shape, width, image.size)
            current = current.resize((width, height), Image.Resampling.LANCZOS)
            for name, options in ENCODERS.items():
                path = folder / f"{shape}-{width}.{name}"
                current.save(path, **options)
                yield {
                    "shape": shape,
                    "width": width,
                    "height": height,
                    "format": name,
                    "file": path.name,
                    "size": path.stat().st_size,
                }


def metadata(image: ImageFile.ImageFile) -> dict[str, str]:
    """Return what the file says of credit, rights and caption; places are not read."""
    said: dict[str, object] = {}
    with suppress(Exception):  # damaged metadata is no reason to refuse a picture
        exif = image.getexif()
        said |= {"credit": exif.get(0x013B), "rights": exif.get(0x8298)}
        said["caption"] = exif.get(0x010E)
    with suppress(Exception):
        iptc = IptcImagePlugin.getiptcinfo(image) or {}
        for name, key in (("caption", 120), ("credit", 110), ("rights", 116)):
            raw = iptc.get((2, key))
            first = raw[0] if isinstance(raw, list) and raw else raw
            if isinstance(first, bytes):
                said[name] = first.decode("utf-8", "replace")
    return {k: str(v).strip("\x00 \n")[:300] for k, v in said.items() if v}


def _in_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if not profile:
        return image
    try:
        return ImageCms.profileToProfile(  # type: ignore[return-value]
            image, ImageCms.ImageCmsProfile(BytesIO(profile)),
            ImageCms.createProfile("sRGB"), outputMode="RGB",
        )  # fmt: skip
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # a broken profile: colours as they stand


def _cropped(
    image: Image.Image, ratio: tuple[int, int], focal: tuple[float, float]
) -> Image.Image:
    """Cut the largest piece of this ratio that holds the focal point nearest its middle."""
    across, down = ratio
    width = min(image.width, image.height * across // down) or 1
    height = min(image.height, image.width * down // across) or 1
    left = round(focal[0] * image.width - width / 2)
    top = round(focal[1] * image.height - height / 2)
    left = min(max(left, 0), image.width - width)
    top = min(max(top, 0), image.height - height)
    return image.crop((left, top, left + width, top + height))


def _mean(image: Image.Image) -> str:
    red, green, blue = image.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))  # type: ignore[misc]
    return f"#{red:02x}{green:02x}{blue:02x}"


def _too_large() -> str:
    return (
        f"The picture has more than {MAX_PIXELS // 1_000_000} megapixels or a side "
        f"longer than {MAX_SIDE:,} pixels."
    )


def main() -> None:
    """Carry out the order on standard input; print what was made, or why not."""
    order = json.load(sys.stdin)
    try:
        raw = opened(order["source"])
        said = metadata(raw)
        image = upright(raw)
        files = list(renditions(image, Path(order["folder"]), tuple(order["focal"])))
    except Refused as refusal:
        json.dump({"refused": str(refusal)}, sys.stdout)
        return
    json.dump(
        {
            "width": image.width,
            "height": image.height,
            "colour": _mean(image),
            "metadata": said,
            "files": files,
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
