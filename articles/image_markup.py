"""A picture in a page: one `<picture>` with the fixed sizes in three formats.

The addresses follow from the picture alone, so markup can be written before the worker is
done; and they change with the picture or its focal point, so a copy may be kept for ever.
"""

from __future__ import annotations

import hashlib

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from articles.image_processing import SHAPES, height_of, widths
from articles.models.image import Image

TYPES = {"avif": "image/avif", "webp": "image/webp", "jpeg": "image/jpeg"}

IN_TEXT = 960  # pixels: the width of a picture in a body, where it is that wide


def mark(image: Image) -> str:
    """Return what names this state of the picture in its addresses."""
    state = f"{image.sha256} {image.focal_x:.3f} {image.focal_y:.3f}"
    return hashlib.sha256(state.encode()).hexdigest()[:10]


def address(image: Image, *, shape: str, width: int, format: str = "jpeg") -> str:
    """Return the path of one rendition."""
    return f"/media/{image.public_id}/{mark(image)}/{shape}-{width}.{format}"


def renditions(image: Image, *, base: str) -> list[dict[str, str | int]]:
    """Return every size and shape of a picture, with an address for each format.

    `base` is the site's own, without a slash at its end.
    """
    size = (image.width, image.height)
    return [
        {
            "shape": shape,
            "width": width,
            "height": height_of(shape, width, size),
            **{
                format: base + address(image, shape=shape, width=width, format=format)
                for format in TYPES
            },
        }
        for shape in SHAPES
        for width in widths(shape, *size)
    ]


def picture(
    image: Image,
    *,
    shape: str = "whole",
    sizes: str = "100vw",
    alt: str | None = None,
    eager: bool = False,
) -> SafeString:
    """Return `<picture>` with every width of `shape`; `sizes` as in HTML.

    `eager` is for the one picture at the top of a page; all others load lazily. `alt=""`
    marks one that only decorates, such as beside its own headline. Nothing for a picture
    that was removed.
    """
    if image.is_removed:
        return SafeString("")
    across = widths(shape, image.width, image.height)
    largest = across[0]
    sources = format_html_join(
        "",
        '<source type="{}" srcset="{}" sizes="{}">',
        (
            (TYPES[format], _srcset(image, shape, across, format), sizes)
            for format in ("avif", "webp")
        ),
    )
    return format_html(
        '<picture>{}<img src="{}" srcset="{}" sizes="{}" width="{}" height="{}" '
        'alt="{}" {} decoding="async"></picture>',
        sources,
        address(image, shape=shape, width=largest),
        _srcset(image, shape, across, "jpeg"),
        sizes,
        largest,
        height_of(shape, largest, (image.width, image.height)),
        image.alt if alt is None else alt,
        SafeString('fetchpriority="high"' if eager else 'loading="lazy"'),
    )


def in_text(image: Image) -> SafeString:
    """Return the `<img>` that shows the whole picture in a body: one size, for all."""
    across = widths("whole", image.width, image.height)
    width = next((w for w in across if w <= IN_TEXT), across[-1])
    return format_html(
        '<img src="{}" alt="{}" width="{}" height="{}">',
        address(image, shape="whole", width=width),
        image.alt,
        width,
        height_of("whole", width, (image.width, image.height)),
    )


def _srcset(image: Image, shape: str, across: tuple[int, ...], format: str) -> str:
    return ", ".join(
        f"{address(image, shape=shape, width=width, format=format)} {width}w"
        for width in sorted(across)
    )
