"""A sheet to draw on: paper, ink, one red, some blues; and the strokes scenes share."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont, ImageOps

WIDTH, HEIGHT = 2400, 1600
FONTS = Path(__file__).resolve().parents[2] / "newsroom" / "static" / "fonts"

Colour = tuple[int, int, int]
Point = tuple[float, float]

PAPER: Colour = (246, 242, 233)
CREAM: Colour = (234, 224, 204)
SAND: Colour = (219, 200, 166)
OCHRE: Colour = (201, 152, 78)
RUST: Colour = (146, 74, 48)
RED: Colour = (204, 64, 36)
INK: Colour = (27, 31, 39)
SLATE: Colour = (72, 82, 96)
NAVY: Colour = (22, 40, 66)
BLUE: Colour = (50, 90, 134)
SKY: Colour = (126, 164, 194)
PALE: Colour = (200, 217, 226)
MIST: Colour = (225, 232, 234)
SAGE: Colour = (118, 138, 122)


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """`a` with `share` of `b` in it, 0 to 1."""
    return (
        round(a[0] + (b[0] - a[0]) * share),
        round(a[1] + (b[1] - a[1]) * share),
        round(a[2] + (b[2] - a[2]) * share),
    )


def ramp(colours: Sequence[Colour], at: float) -> Colour:
    """The colour at `at` (0 to 1) along a row of colours."""
    place = max(0.0, min(1.0, at)) * (len(colours) - 1)
    left = min(int(place), len(colours) - 2)
    return mix(colours[left], colours[left + 1], place - left)


@lru_cache(maxsize=32)
def font(
    size: int, *, serif: bool = False, weight: str = "Medium"
) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The paper's own type, or Pillow's where the files are not there."""
    name = (
        "source-serif-4-latin-opsz-normal" if serif else "public-sans-latin-wght-normal"
    )
    try:
        found = ImageFont.truetype(FONTS / f"{name}.woff2", size)
        found.set_variation_by_name(weight)
    except OSError:
        return ImageFont.load_default(size)
    return found


@lru_cache(maxsize=2)
def _grain(size: tuple[int, int]) -> Image.Image:
    """The tooth of the paper: grey noise around the middle, coarse and fine."""
    dice = random.Random(7)
    # Seeded by hand: Pillow's own noise differs from run to run.
    fine = Image.frombytes("L", (600, 400), dice.randbytes(240_000))
    fine = fine.point([128 + (value - 128) // 9 for value in range(256)])
    sheet = Image.new("L", size)
    for x in range(0, size[0], 600):
        for y in range(0, size[1], 400):
            sheet.paste(fine, (x, y))
    return Image.merge("RGB", [sheet] * 3)


def tone_at(field: Image.Image, x: float, y: float) -> int:
    """The grey of `field` at a point, 0 to 255; points outside count as the edge."""
    place = (
        max(0, min(field.width - 1, int(x))),
        max(0, min(field.height - 1, int(y))),
    )
    value = field.getpixel(place)
    return int(value) if isinstance(value, int | float) else 0


class Canvas:
    """One picture in the making. Every scene gets dice of its own, from its name."""

    def __init__(
        self, name: str, ground: Colour = PAPER, size: tuple[int, int] = (WIDTH, HEIGHT)
    ) -> None:
        self.dice = random.Random(name)
        self.image = Image.new("RGB", size, ground)
        self.draw = ImageDraw.Draw(self.image, "RGBA")

    # Grounds

    def fade(self, top: int, bottom: int, colours: Sequence[Colour]) -> None:
        """Fill from `top` to `bottom` with a vertical run of colours."""
        height = bottom - top
        strip = Image.new("RGB", (1, 256))
        strip.putdata([ramp(colours, row / 255) for row in range(256)])
        smooth = strip.resize((self.image.width, height), Image.Resampling.BICUBIC)
        self.image.paste(smooth, (0, top))

    def noise(self, columns: int, rows: int) -> Image.Image:
        """Smooth random hills as a grey picture of the canvas's size."""
        small = Image.frombytes(
            "L", (columns, rows), self.dice.randbytes(columns * rows)
        )
        return ImageOps.autocontrast(
            small.resize(self.image.size, Image.Resampling.BICUBIC).filter(
                ImageFilter.GaussianBlur(12)
            )
        )

    def relief(
        self, field: Image.Image, colours: Sequence[Colour], *, steps: int, line: Colour
    ) -> None:
        """Lay `field` down as a contour map: `steps` flat tints with a line between."""
        bands = field.point([value * steps // 256 for value in range(256)])
        channels = []
        for channel in range(3):
            tints = [
                ramp(colours, min(step, steps - 1) / (steps - 1))[channel]
                for step in range(256)
            ]
            channels.append(bands.point(tints))
        self.image.paste(Image.merge("RGB", channels))
        spread = bands.point([min(255, value * 10) for value in range(256)])
        edges = ImageChops.difference(
            spread.filter(ImageFilter.MaxFilter(3)), spread
        ).point([0] + [150] * 255)
        self.image.paste(line, mask=edges)

    # Strokes

    def line(self, points: Sequence[Point], colour: Colour, width: int = 4) -> None:
        self.draw.line(list(points), fill=colour, width=width, joint="curve")

    def dash(
        self,
        points: Sequence[Point],
        colour: Colour,
        *,
        width: int = 4,
        on: float = 26,
        off: float = 20,
    ) -> None:
        """A dashed line along `points`; the rhythm runs on round the corners."""
        phase = 0.0
        for (x0, y0), (x1, y1) in zip(points, points[1:], strict=False):
            length = math.hypot(x1 - x0, y1 - y0)
            done = 0.0
            while done < length:
                drawn = phase < on
                end = min(done + (on if drawn else on + off) - phase, length)
                a, b = done / length, end / length
                if drawn:
                    self.draw.line(
                        [
                            (x0 + (x1 - x0) * a, y0 + (y1 - y0) * a),
                            (x0 + (x1 - x0) * b, y0 + (y1 - y0) * b),
                        ],
                        fill=colour,
                        width=width,
                    )
                phase = (phase + end - done) % (on + off)
                done = end

    def band(self, points: Sequence[Point], colour: Colour, width: int) -> None:
        """A broad line with round joints: a river."""
        self.draw.line(list(points), fill=colour, width=width)
        for x, y in points:
            self.dot(x, y, width / 2, colour)

    def shape(self, points: Sequence[Point], colour: Colour, alpha: int = 255) -> None:
        self.draw.polygon(list(points), fill=(*colour, alpha))

    def dot(
        self, x: float, y: float, radius: float, colour: Colour, alpha: int = 255
    ) -> None:
        self.draw.ellipse(
            (x - radius, y - radius, x + radius, y + radius), fill=(*colour, alpha)
        )

    def ring(
        self, x: float, y: float, radius: float, colour: Colour, width: int = 4
    ) -> None:
        self.draw.ellipse(
            (x - radius, y - radius, x + radius, y + radius),
            outline=colour,
            width=width,
        )

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        colour: Colour,
        alpha: int = 255,
    ) -> None:
        self.draw.rectangle((x, y, x + width, y + height), fill=(*colour, alpha))

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: int = 40,
        colour: Colour = INK,
        serif: bool = False,
        anchor: str = "la",
        weight: str = "Medium",
    ) -> None:
        self.draw.text(
            (x, y),
            words,
            fill=colour,
            anchor=anchor,
            font=font(size, serif=serif, weight=weight),
        )

    # Nature

    def ridge(
        self, base: float, height: float, *, rough: float = 0.5, n: int = 9
    ) -> list[Point]:
        """A skyline across the sheet, by midpoint displacement: 2^n pieces."""
        line = [self.dice.uniform(-1, 1) for _ in range(2)]
        swing = 1.0
        for _ in range(n):
            finer: list[float] = []
            for a, b in zip(line, line[1:], strict=False):
                finer += [a, (a + b) / 2 + self.dice.uniform(-swing, swing)]
            line = [*finer, line[-1]]
            swing *= rough
        step = self.image.width / (len(line) - 1)
        return [(i * step, base - value * height) for i, value in enumerate(line)]

    def land(
        self, skyline: Sequence[Point], colour: Colour, bottom: float | None = None
    ) -> None:
        """Fill what lies under a skyline."""
        floor = self.image.height if bottom is None else bottom
        self.shape([*skyline, (self.image.width, floor), (0, floor)], colour)

    def waves(
        self,
        top: int,
        bottom: int,
        colour: Colour,
        *,
        rows: int = 26,
        strength: int = 90,
        width: int = 5,
    ) -> None:
        """Short horizontal strokes, closer and finer towards the horizon at `top`."""
        for row in range(rows):
            depth = (row / rows) ** 1.8
            y = top + depth * (bottom - top)
            count = int(46 - 30 * depth)
            for _ in range(count):
                x = self.dice.uniform(-100, self.image.width)
                length = self.dice.uniform(40, 130) * (0.35 + 1.5 * depth)
                alpha = int(strength * self.dice.uniform(0.3, 1))
                self.draw.line(
                    (x, y, x + length, y),
                    fill=(*colour, alpha),
                    width=max(2, round(width * (0.3 + depth))),
                )

    def glow(
        self, x: float, y: float, radius: int, colour: Colour, strength: int
    ) -> None:
        """A soft round light."""
        light = Image.radial_gradient("L").resize((radius * 2, radius * 2))
        # Pillow's gradient reaches 255 in the corners; the light must end at the sides.
        mask = light.point(
            [round(max(0, 1 - value / 180) ** 1.6 * strength) for value in range(256)]
        )
        self.image.paste(colour, (int(x - radius), int(y - radius)), mask)

    # Done

    def finish(self, *, grain: bool = True) -> Image.Image:
        """Take the hard edges off and give the sheet its tooth."""
        done = self.image.filter(ImageFilter.GaussianBlur(0.8))
        return ImageChops.overlay(done, _grain(done.size)) if grain else done


def jpeg(image: Image.Image, quality: int = 88) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()
