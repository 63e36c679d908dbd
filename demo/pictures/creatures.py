"""What lives: fish, and faces that dissolve."""

from __future__ import annotations

import math

from PIL import Image

from demo.pictures.canvas import (
    BLUE,
    HEIGHT,
    INK,
    NAVY,
    OCHRE,
    PALE,
    PAPER,
    RED,
    RUST,
    SLATE,
    WIDTH,
    Canvas,
    mix,
)


def shoal(sheet: Canvas) -> None:
    sheet.fade(0, HEIGHT, [(150, 186, 200), (70, 118, 150), (24, 58, 92)])
    for i in range(5):
        sheet.shape(
            [
                (260 + i * 420, -10),
                (420 + i * 420, -10),
                (-100 + i * 480, HEIGHT),
                (-420 + i * 480, HEIGHT),
            ],
            (220, 236, 236),
            22,
        )
    for row in range(13):
        for column in range(15):
            thin = column / 15
            if sheet.dice.random() < thin**1.5:
                continue
            x = 130 + column * 152 + (row % 2) * 76 + sheet.dice.uniform(-20, 20)
            y = (
                150
                + row * 108
                + 70 * math.sin(column / 2.4 + row / 5)
                + sheet.dice.uniform(-14, 14)
            )
            tone = (
                RED
                if (row, column) == (6, 9)
                else mix(PALE, NAVY, sheet.dice.uniform(0.1, 0.75))
            )
            _fish(
                sheet,
                x,
                y,
                sheet.dice.uniform(0.75, 1.05),
                0.16 * math.sin(column / 2.4),
                tone,
            )


def _fish(
    sheet: Canvas,
    x: float,
    y: float,
    k: float,
    turn: float,
    colour: tuple[int, int, int],
) -> None:
    cos, sin = math.cos(turn), math.sin(turn)

    def p(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
        return [
            (x + (a * cos - b * sin) * k, y + (a * sin + b * cos) * k)
            for a, b in points
        ]

    body = [
        (64 * math.cos(a), 24 * math.sin(a) * (1 - 0.3 * math.cos(a)))
        for a in (i / 24 * math.tau for i in range(24))
    ]
    sheet.shape(p([(48, 0), (92, -26), (80, 0), (92, 26)]), colour)
    sheet.shape(p([(-10, -18), (22, -40), (26, -14)]), colour)
    sheet.shape(p(body), colour)
    sheet.shape(p([(a, b * 0.5 + 8) for a, b in body]), mix(colour, PAPER, 0.3), 130)
    eye = p([(-42, -4)])[0]
    sheet.dot(*eye, 5 * k, PAPER)
    sheet.dot(*eye, 2.6 * k, INK)


def eels(sheet: Canvas) -> None:
    sheet.fade(0, HEIGHT, [(226, 226, 214), (206, 214, 208)])
    for n in range(17):
        start_y = -100 + n * 108 + sheet.dice.uniform(-40, 40)
        phase, length = sheet.dice.uniform(0, 6), sheet.dice.uniform(230, 360)
        x0, span = sheet.dice.uniform(-200, 500), sheet.dice.uniform(1200, 1800)
        tone = (
            RED if n == 8 else sheet.dice.choice([INK, NAVY, BLUE, SLATE, (58, 74, 70)])
        )
        for i in range(260):
            a = i / 259
            x = x0 + span * a
            y = start_y + 74 * math.sin(x / length + phase) + 40 * math.sin(x / 520)
            girth = 30 * min(1.0, 0.45 + 6 * a) * (1 - a) ** 0.45 + 3
            sheet.dot(x, y, girth, tone)
        for i in range(0, 230, 3):
            a = i / 259
            x = x0 + span * a
            y = start_y + 74 * math.sin(x / length + phase) + 40 * math.sin(x / 520)
            sheet.dot(x, y + 10 * (1 - a), 9 * (1 - a) + 1, mix(tone, PAPER, 0.3), 120)
        sheet.dot(
            x0 + 10,
            start_y
            + 74 * math.sin((x0 + 10) / length + phase)
            + 40 * math.sin((x0 + 10) / 520)
            - 6,
            6,
            PAPER,
        )


def faces(sheet: Canvas) -> None:
    sheet.image.paste((232, 230, 222), (0, 0, WIDTH, HEIGHT))
    for row in range(6):
        for column in range(9):
            x, y = column * 267, row * 267
            ground = mix((206, 212, 212), (184, 196, 200), sheet.dice.random())
            tile = Canvas(f"face {row} {column}", ground, (264, 264))
            _bust(tile, 132, 132, 1.0)
            image = tile.image
            fade = (column - 1) / 7
            if fade > 0:
                size = max(3, int(264 * (1 - fade) ** 2.4 / 3))
                image = image.resize((size, size), Image.Resampling.BOX).resize(
                    (264, 264), Image.Resampling.NEAREST
                )
                image = Image.blend(
                    image,
                    Image.new("RGB", image.size, (232, 230, 222)),
                    max(0.0, fade - 0.35),
                )
            sheet.image.paste(image, (x + 1, y + 1))
    sheet.draw.rectangle((267, 534, 267 * 2, 534 + 267), outline=RED, width=10)


def _bust(tile: Canvas, x: float, y: float, k: float) -> None:
    skin = tile.dice.choice(
        [
            (226, 190, 160),
            (196, 152, 118),
            (142, 98, 72),
            (238, 208, 184),
            (108, 74, 56),
        ]
    )
    hair = tile.dice.choice(
        [INK, (76, 54, 40), (150, 110, 64), (176, 172, 166), (50, 36, 32)]
    )
    coat = tile.dice.choice([NAVY, RUST, SLATE, BLUE, OCHRE, (70, 90, 80)])
    tile.shape(
        [
            (x - 110 * k, y + 140 * k),
            (x - 84 * k, y + 76 * k),
            (x, y + 52 * k),
            (x + 84 * k, y + 76 * k),
            (x + 110 * k, y + 140 * k),
        ],
        coat,
    )
    tile.draw.ellipse((x - 58 * k, y - 92 * k, x + 58 * k, y + 40 * k), fill=hair)
    tile.box(x - 18 * k, y + 20 * k, 36 * k, 46 * k, mix(skin, INK, 0.18))
    tile.draw.ellipse((x - 44 * k, y - 66 * k, x + 44 * k, y + 46 * k), fill=skin)
    tile.draw.pieslice(
        (x - 50 * k, y - 86 * k, x + 50 * k, y + 8 * k),
        180 + tile.dice.randrange(-14, 15),
        360,
        fill=hair,
    )
    for side in (-1, 1):
        tile.dot(x + side * 17 * k, y - 8 * k, 4.6 * k, INK)


SCENES = {
    "shoal": shoal,
    "eels": eels,
    "faces": faces,
}
