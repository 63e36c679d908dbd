"""One picture in, its renditions out: the part that touches untrusted bytes.

Runs as a program of its own (`python -m articles.image_processing ORDER`), started by
`renditions`: a codec that crashes, hangs or eats memory takes nothing else with it. The
limits, and every setting that holds for a whole process (warnings, Pillow's own), are set
here, in `main`, before the first byte is looked at. Knows neither Django nor the database.

The order is JSON, `{"memory": bytes, "cpu": seconds}` and either nothing more, for a look at
the header of the picture on standard input, or `{"source", "folder", "focal": [x, y]}`, to
write its renditions into the folder. Prints `{"width", "height", "format"}` or
`{"width", "height", "colour", "metadata", "files"}`; `{"refused": sentence}` where the
picture is at fault; `{"hindered": words}` where the machine is, such as a full disk.
"""

from __future__ import annotations

import json
import resource
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Any

# The plugins by name: loaded before memory is short, and none but these.
from PIL import (
    AvifImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    ImageFile,
    ImageOps,
    IptcImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

# No other parser is ever tried.
PARSERS = (
    JpegImagePlugin.JpegImageFile,
    PngImagePlugin.PngImageFile,
    WebPImagePlugin.WebPImageFile,
    GifImagePlugin.GifImageFile,
    AvifImagePlugin.AvifImageFile,
)
FORMATS = tuple(str(parser.format) for parser in PARSERS)
MAX_PIXELS = 40_000_000
MAX_SIDE = 20_000
MAX_FRAMES = 200
DAMAGED = "The picture is damaged: it breaks off or does not add up."
OUT_OF_MEMORY = 77  # the exit code of a child whose picture needs more than it may have
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


class Hindered(Exception):
    """The machine would not let us work on the picture, which may be sound."""


@contextmanager
def reading(words: str) -> Iterator[None]:
    """Turn whatever a decoder raises over a picture into `Refused` with `words`.

    Each codec has exceptions of its own (`RuntimeError` of libavif, `struct.error`,
    `zlib.error`, `IndexError` …), so the kinds are not listed. An `OSError` with a number is
    the system's word: `Hindered`. Running out of memory is neither, and passes.
    """
    try:
        yield
    except (Refused, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise Hindered(error.strerror or str(error)) from error
        raise Refused(words) from error


def opened(source: str | Path | BytesIO) -> ImageFile.ImageFile:
    """Open a picture by its header alone. Raises `Refused` with what is wrong with it."""
    with reading(DAMAGED):
        try:
            image = Image.open(source, formats=FORMATS)
            frames = getattr(image, "n_frames", 1)
        except UnidentifiedImageError as error:
            raise Refused(
                "This is not a picture we can read; JPEG, PNG, WebP, AVIF and GIF are."
            ) from error
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as bomb:
            raise Refused(_too_large()) from bomb
    if image.width * image.height > MAX_PIXELS or max(image.size) > MAX_SIDE:
        raise Refused(_too_large())
    if frames > MAX_FRAMES:
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
    with reading(DAMAGED):
        image.load()
        image = ImageOps.exif_transpose(image)
        image = _in_srgb(image)
        if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
            layer = image.convert("RGBA")
            image = Image.new("RGB", layer.size, "white")
            image.paste(layer, mask=layer.getchannel("A"))
        image = image.convert("RGB")
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


def header(raw: bytes) -> dict[str, Any]:
    """Return what the header of a picture says: size as the camera was held, format."""
    image = opened(BytesIO(raw))
    width, height = size_upright(image)
    return {"width": width, "height": height, "format": image.format}


def made(source: Path, folder: Path, focal: tuple[float, float]) -> dict[str, Any]:
    """Make all renditions of the picture at `source`; say what they are, and what it is."""
    raw = opened(source)
    said = metadata(raw)
    image = upright(raw)
    try:
        files = list(renditions(image, folder, focal))
    except OSError as error:  # an encoder, or the disk
        raise Hindered(error.strerror or str(error)) from error
    return {
        "width": image.width,
        "height": image.height,
        "colour": _mean(image),
        "metadata": said,
        "files": files,
    }


def _confine(memory: int, cpu: int) -> None:
    """Bound this process (bytes, seconds), and have Pillow's doubts stop it."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    # The soft limit ends it with SIGXCPU: SIGKILL stays the mark of somebody else's hand.
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("error")
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS


def main() -> None:
    """Carry out the order of the command line; print what came of it."""
    order = json.loads(sys.argv[1])
    _confine(order["memory"], order["cpu"])
    try:
        if "source" in order:
            source, folder = Path(order["source"]), Path(order["folder"])
            answer = made(source, folder, tuple(order["focal"]))
        else:
            answer = header(sys.stdin.buffer.read())
    except Refused as refusal:
        answer = {"refused": str(refusal)}
    except Hindered as hindrance:
        answer = {"hindered": str(hindrance)}
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
