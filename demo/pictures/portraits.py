"""Portraits of people who do not exist, engraved: a tone study turned into swelling lines."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter

from demo.pictures.canvas import (
    INK,
    NAVY,
    OCHRE,
    PALE,
    PAPER,
    SAND,
    Canvas,
    Colour,
    mix,
    tone_at,
)

SIZE = 900
PITCH = 9  # pixels between engraved lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What makes a head a person's. Tones are greys, 0 black to 255 white."""

    skin: int
    hair: int
    style: str  # short, long, bun, bald, curly, bob
    coat: int
    glasses: bool = False
    beard: bool = False
    scarf: bool = False
    turn: float = 0.0  # -1 looks left, 1 right
    jaw: float = 1.0
    ground: Colour = PALE


LOOKS = {
    "ines-halvorsen": Look(
        skin=214,
        hair=150,
        style="bun",
        coat=60,
        scarf=True,
        turn=0.5,
        ground=mix(PALE, PAPER, 0.3),
    ),
    "tomas-reyk": Look(
        skin=206,
        hair=70,
        style="short",
        coat=44,
        beard=True,
        turn=-0.6,
        jaw=1.12,
        ground=SAND,
    ),
    "adaeze-okonmar": Look(
        skin=92,
        hair=20,
        style="curly",
        coat=170,
        turn=0.4,
        ground=mix(OCHRE, PAPER, 0.55),
    ),
    "pieter-lindqvale": Look(
        skin=220,
        hair=178,
        style="short",
        coat=90,
        glasses=True,
        turn=0.6,
        jaw=0.95,
        ground=PALE,
    ),
    "mirela-dascalan": Look(
        skin=196,
        hair=36,
        style="long",
        coat=120,
        turn=-0.5,
        ground=mix(PALE, NAVY, 0.12),
    ),
    "yusuf-karadere": Look(
        skin=160,
        hair=50,
        style="bald",
        coat=56,
        beard=True,
        glasses=True,
        turn=0.3,
        jaw=1.08,
        ground=mix(SAND, PAPER, 0.4),
    ),
    "hana-morisue": Look(
        skin=210,
        hair=24,
        style="bob",
        coat=150,
        glasses=True,
        turn=-0.4,
        jaw=0.92,
        ground=mix(PALE, PAPER, 0.5),
    ),
    "edda-verhoeve": Look(
        skin=216,
        hair=222,
        style="bob",
        coat=30,
        scarf=True,
        turn=0.5,
        ground=mix(OCHRE, PAPER, 0.7),
    ),
    "colm-brannock": Look(
        skin=212,
        hair=120,
        style="curly",
        coat=100,
        beard=True,
        turn=-0.3,
        jaw=1.05,
        ground=mix(PALE, PAPER, 0.2),
    ),
    "samuel-otterby": Look(
        skin=204,
        hair=230,
        style="short",
        coat=38,
        beard=True,
        turn=0.7,
        jaw=1.1,
        ground=mix(PALE, NAVY, 0.18),
    ),
    "leonie-strandabar": Look(
        skin=126,
        hair=30,
        style="bun",
        coat=200,
        glasses=True,
        turn=-0.6,
        ground=mix(SAND, PAPER, 0.2),
    ),
}


def portrait(name: str) -> Image.Image:
    """The engraved head of one author. Raises `KeyError` if nobody sat for it."""
    look = LOOKS[name]
    tones = _study(look)
    sheet = Canvas(f"portrait {name}", look.ground, (SIZE, SIZE))
    for row in range(PITCH // 2, SIZE, PITCH):
        for x in range(0, SIZE, 3):
            y = row + 5 * math.sin(x / 150 + row / 210)
            dark = 1 - tone_at(tones, x, y) / 255
            swell = dark * PITCH * 1.02
            if swell > 0.7:
                sheet.draw.rectangle((x, y - swell / 2, x + 3, y + swell / 2), fill=INK)
    return sheet.finish()


def _study(look: Look) -> Image.Image:
    """A head in soft greys, lit from the upper left."""
    k = SIZE / 900
    study = Image.new("L", (SIZE, SIZE), 247)
    pen = ImageDraw.Draw(study)
    cx, cy = 450 + 22 * look.turn, 400.0
    _hair_behind(pen, look, cx, cy)
    # Shoulders
    pen.polygon(
        [(90, 900), (130, 760), (330, 672), (570, 672), (770, 760), (810, 900)],
        fill=look.coat,
    )
    pen.polygon([(380, 676), (450, 800), (520, 676)], fill=min(245, look.coat + 90))
    pen.polygon(
        [(372, 560), (528, 560), (548, 700), (450, 770), (352, 700)],
        fill=int(look.skin * 0.74),
    )
    if look.scarf:
        pen.polygon(
            [(318, 660), (450, 722), (582, 660), (600, 730), (450, 800), (300, 730)],
            fill=96,
        )
        for i in range(7):
            pen.line(
                (326 + i * 40, 690 + 10 * (i % 2), 352 + i * 36, 760), fill=180, width=7
            )
    # Head
    wide, high = 158 * look.jaw, 214
    face = []
    for i in range(80):
        angle = i / 80 * math.tau
        chin = 1.0 if math.sin(angle) < 0 else 1 - 0.24 * math.sin(angle) ** 2
        face.append(
            (
                cx + wide * chin * math.cos(angle),
                cy + high * math.sin(angle) * (1 if math.sin(angle) < 0 else 1.08),
            )
        )
    for side in (-1, 1):
        pen.ellipse(
            (cx + side * wide - 26, cy - 36, cx + side * wide + 26, cy + 58),
            fill=int(look.skin * 0.82),
        )
    pen.polygon(face, fill=look.skin)
    _features(pen, look, cx + 26 * look.turn, cy)
    if look.beard:
        low = [(x, y) for x, y in face if y > cy + 62]
        pen.polygon(
            [*low, (cx - 60, cy + 96), (cx, cy + 78), (cx + 60, cy + 96)],
            fill=min(235, int(look.hair * 1.05) + 8),
        )
        pen.ellipse(
            (cx - 44 + 26 * look.turn, cy + 112, cx + 44 + 26 * look.turn, cy + 140),
            fill=int(look.skin * 0.66),
        )
    _hair_front(pen, look, cx, cy)
    study = study.filter(ImageFilter.GaussianBlur(5 * k))
    # The light: one side falls away
    shade = Image.linear_gradient("L").rotate(90).resize((SIZE, SIZE))
    if look.turn < 0:
        shade = shade.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    figure = study.point([255 if value < 244 else 0 for value in range(256)])
    fall = shade.point([round(max(0, value - 110) * 0.75) for value in range(256)])
    mask = Image.composite(fall, Image.new("L", study.size), figure)
    study.paste(18, mask=mask)
    return study.filter(ImageFilter.GaussianBlur(2))


def _features(pen: ImageDraw.ImageDraw, look: Look, x: float, y: float) -> None:
    dark, soft = int(look.skin * 0.22), int(look.skin * 0.7)
    for side in (-1, 1):
        ex = x + side * 62
        pen.ellipse((ex - 40, y - 50, ex + 40, y + 12), fill=int(look.skin * 0.84))
        pen.arc(
            (ex - 44, y - 84, ex + 44, y - 20),
            200,
            340,
            fill=min(150, look.hair),
            width=13,
        )
        pen.ellipse((ex - 26, y - 34, ex + 26, y + 0), fill=236)
        pen.ellipse(
            (ex - 15 + 5 * look.turn, y - 33, ex + 15 + 5 * look.turn, y - 3), fill=dark
        )
        pen.arc((ex - 30, y - 40, ex + 30, y + 6), 190, 350, fill=dark, width=8)
    nose = 18 * look.turn
    pen.polygon(
        [
            (x - 8, y - 20),
            (x - 32 + nose, y + 66),
            (x + nose, y + 80),
            (x + 30 + nose, y + 66),
            (x + 10, y - 20),
        ],
        fill=int(look.skin * 0.88),
    )
    pen.line(
        (
            x + 12 * (1 if look.turn >= 0 else -1),
            y - 18,
            x + (30 + nose if look.turn >= 0 else -30 + nose),
            y + 62,
        ),
        fill=soft,
        width=11,
    )
    pen.arc(
        (x - 34 + nose, y + 44, x + 34 + nose, y + 86),
        20,
        160,
        fill=int(look.skin * 0.45),
        width=9,
    )
    pen.ellipse((x - 46, y + 112, x + 46, y + 146), fill=int(look.skin * 0.62))
    pen.line((x - 48, y + 126, x + 48, y + 126), fill=dark, width=7)
    pen.arc((x - 34, y + 130, x + 34, y + 176), 30, 150, fill=soft, width=9)
    if look.glasses:
        for side in (-1, 1):
            ex = x + side * 64
            pen.ellipse((ex - 52, y - 66, ex + 52, y + 36), outline=16, width=10)
        pen.line((x - 14, y - 20, x + 14, y - 20), fill=16, width=10)


def _hair_behind(pen: ImageDraw.ImageDraw, look: Look, x: float, y: float) -> None:
    if look.style == "long":
        pen.ellipse((x - 214, y - 268, x + 214, y + 150), fill=look.hair)
        pen.polygon(
            [
                (x - 212, y - 60),
                (x + 212, y - 60),
                (x + 236, y + 400),
                (x - 236, y + 400),
            ],
            fill=look.hair,
        )
    elif look.style == "bob":
        pen.ellipse((x - 206, y - 262, x + 206, y + 130), fill=look.hair)
        pen.rectangle((x - 204, y - 60, x + 204, y + 176), fill=look.hair)
    elif look.style == "bun":
        pen.ellipse((x - 88, y - 366, x + 88, y - 200), fill=look.hair)
        pen.ellipse((x - 186, y - 256, x + 186, y + 60), fill=look.hair)
    elif look.style == "curly":
        for i in range(22):
            angle = math.pi * (0.92 + i / 21 * 1.16)
            px, py = x + 178 * math.cos(angle), y - 40 + 200 * math.sin(angle)
            pen.ellipse((px - 62, py - 62, px + 62, py + 62), fill=look.hair)
    elif look.style == "short":
        pen.ellipse((x - 180, y - 256, x + 180, y + 70), fill=look.hair)


def _hair_front(pen: ImageDraw.ImageDraw, look: Look, x: float, y: float) -> None:
    if look.style == "bald":
        return
    if look.style == "curly":
        for i in range(11):
            px = x - 150 + i * 30
            py = y - 150 - 62 * math.sin((i + 0.5) / 11 * math.pi)
            pen.ellipse((px - 44, py - 44, px + 44, py + 44), fill=look.hair)
        return
    part = x - 60 * (1 if look.turn >= 0 else -1)
    fringe = y - (96 if look.style == "bob" else 138)
    crown = [
        (x + 172 * math.cos(a), y - 40 + 206 * math.sin(a))
        for a in (math.pi + i / 30 * math.pi for i in range(31))
    ]
    pen.polygon(
        [
            *crown,
            (x + 164, y - 20),
            (x + 132, fringe + 24),
            (part, fringe - 18),
            (x - 132, fringe + 24),
            (x - 164, y - 20),
        ],
        fill=look.hair,
    )
    lighter = min(250, look.hair + 46)
    for i in range(7):
        a = 1.16 * math.pi + i * 0.1 * math.pi
        pen.line(
            (part, fringe - 30, x + 160 * math.cos(a), y - 46 + 190 * math.sin(a)),
            fill=lighter,
            width=5,
        )
