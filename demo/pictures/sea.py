"""Ships, water and light."""

from __future__ import annotations

import math

from demo.pictures.canvas import (
    CREAM,
    HEIGHT,
    INK,
    MIST,
    NAVY,
    OCHRE,
    PALE,
    PAPER,
    RED,
    RUST,
    SAND,
    SKY,
    SLATE,
    WIDTH,
    Canvas,
    mix,
)
from demo.pictures.coast import tower


def tanker(sheet: Canvas) -> None:
    horizon = 880
    sheet.fade(
        0, horizon, [(92, 116, 142), (176, 190, 196), (236, 214, 178), (240, 190, 138)]
    )
    sheet.glow(1720, horizon - 40, 560, (255, 226, 170), 190)
    sheet.dot(1720, horizon - 90, 76, (250, 236, 206))
    sheet.land(
        sheet.ridge(horizon - 60, 46, rough=0.52), mix(SLATE, SKY, 0.35), horizon
    )
    sheet.fade(horizon, HEIGHT, [(224, 190, 150), (120, 140, 156), (46, 66, 90)])
    sheet.waves(horizon + 8, HEIGHT, (250, 226, 190), rows=30, strength=120)
    sheet.waves(horizon + 40, HEIGHT, NAVY, rows=24, strength=90)
    _tanker(sheet, 420, horizon + 120, 1.0, INK)
    _tug(sheet, 1830, horizon + 138, 0.9, INK, facing=1)
    _tug(sheet, 2090, horizon + 190, 1.15, INK, facing=1)
    sheet.line([(1700, horizon + 40), (1840, horizon + 104)], INK, 4)
    sheet.line([(1700, horizon + 40), (2100, horizon + 150)], INK, 4)


def _tanker(
    sheet: Canvas, x: float, y: float, k: float, colour: tuple[int, int, int]
) -> None:
    """A laden tanker: long, low, house aft (left)."""

    def p(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(x + a * k, y + b * k) for a, b in points]

    sheet.shape(p((0, -90), (1290, -90), (1330, -120), (1300, 0), (60, 0)), colour)
    sheet.shape(p((10, -14), (1298, -14), (1292, 0), (60, 0)), RUST)
    sheet.shape(p((40, -90), (40, -290), (70, -310), (210, -310), (210, -90)), colour)
    for floor in range(5):
        sheet.shape(
            p(
                (60, -286 + floor * 38),
                (198, -286 + floor * 38),
                (198, -274 + floor * 38),
                (60, -274 + floor * 38),
            ),
            (236, 206, 150) if floor % 2 else (206, 190, 160),
        )
    sheet.shape(p((80, -310), (88, -400), (150, -400), (158, -310)), colour)
    sheet.shape(p((88, -380), (150, -380), (151, -356), (86, -356)), RED)
    sheet.line(p((210, -112), (1250, -112)), colour, 6)
    for i in range(14):
        sheet.line(p((270 + i * 70, -90), (270 + i * 70, -128)), colour, 5)
    for mast in (620, 700):
        sheet.line(p((mast, -90), (mast, -230)), colour, 8)
        sheet.line(
            p((mast, -220), (mast + (70 if mast == 700 else -70), -140)), colour, 5
        )
    sheet.line(p((1220, -90), (1220, -260)), colour, 8)
    sheet.line(p((175, -310), (175, -430)), colour, 6)


def _tug(
    sheet: Canvas,
    x: float,
    y: float,
    k: float,
    colour: tuple[int, int, int],
    facing: int,
) -> None:
    def p(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(x + facing * a * k, y + b * k) for a, b in points]

    sheet.shape(p((0, -34), (150, -40), (196, -66), (182, 0), (14, 0)), colour)
    sheet.shape(p((70, -40), (74, -110), (140, -110), (150, -44)), colour)
    sheet.shape(p((80, -100), (132, -100), (136, -84), (78, -84)), (244, 210, 150))
    sheet.shape(p((46, -38), (50, -96), (68, -96), (70, -38)), RED)
    sheet.line(p((108, -110), (108, -176)), colour, 5)


def pilot_boat(sheet: Canvas) -> None:
    horizon = 960
    sheet.fade(
        0, horizon, [(30, 46, 76), (74, 96, 126), (176, 158, 150), (226, 170, 120)]
    )
    sheet.land(
        sheet.ridge(horizon - 110, 90, rough=0.5), mix(NAVY, SLATE, 0.4), horizon
    )
    tower(sheet, 560, horizon + 10, 1.0)
    sheet.fade(horizon, HEIGHT, [(176, 146, 122), (70, 88, 112), (20, 32, 54)])
    sheet.waves(horizon + 8, HEIGHT, (244, 200, 150), rows=28, strength=110)
    sheet.waves(horizon + 30, HEIGHT, (12, 22, 40), rows=24, strength=120)
    x, y = 1350, horizon + 230
    sheet.shape(
        [(x, y - 70), (x + 430, y - 96), (x + 560, y - 150), (x + 470, y), (x + 40, y)],
        INK,
    )
    sheet.shape([(x + 20, y - 16), (x + 480, y - 20), (x + 470, y), (x + 40, y)], RED)
    sheet.shape(
        [(x + 120, y - 84), (x + 140, y - 190), (x + 330, y - 200), (x + 390, y - 96)],
        PAPER,
    )
    sheet.shape(
        [
            (x + 150, y - 176),
            (x + 320, y - 184),
            (x + 352, y - 130),
            (x + 146, y - 126),
        ],
        NAVY,
    )
    sheet.line([(x + 230, y - 200), (x + 230, y - 320)], INK, 6)
    sheet.dot(x + 230, y - 326, 12, (255, 232, 170))
    sheet.box(x + 226, y - 300, 70, 26, PAPER)
    sheet.box(x + 226, y - 274, 70, 26, RED)
    for i in range(7):
        sheet.line(
            [(x - 60 - i * 90, y - 4 + i * 10), (x + 30 - i * 60, y - 8 + i * 8)],
            mix(MIST, SKY, i / 8),
            10 - i,
        )


def ferry(sheet: Canvas) -> None:
    horizon = 900
    sheet.fade(
        0, horizon, [(46, 66, 100), (118, 138, 158), (214, 196, 172), (232, 186, 140)]
    )
    sheet.land(
        sheet.ridge(horizon - 90, 110, rough=0.48), mix(SLATE, SKY, 0.5), horizon
    )
    sheet.land(
        sheet.ridge(horizon - 20, 60, rough=0.52), mix(NAVY, SLATE, 0.6), horizon
    )
    sheet.fade(horizon, HEIGHT, [(190, 166, 146), (84, 106, 130), (26, 42, 66)])
    x, y = 620, horizon + 190
    sheet.shape([(x, y - 120), (x + 1180, y - 120), (x + 1120, y), (x + 60, y)], INK)
    sheet.box(x + 30, y - 130, 1120, 18, RED)
    sheet.shape(
        [
            (x + 70, y - 130),
            (x + 90, y - 260),
            (x + 1090, y - 260),
            (x + 1110, y - 130),
        ],
        PAPER,
    )
    sheet.shape(
        [
            (x + 200, y - 260),
            (x + 215, y - 350),
            (x + 965, y - 350),
            (x + 980, y - 260),
        ],
        CREAM,
    )
    sheet.shape(
        [
            (x + 470, y - 350),
            (x + 490, y - 430),
            (x + 700, y - 430),
            (x + 720, y - 350),
        ],
        PAPER,
    )
    sheet.box(x + 500, y - 418, 190, 34, NAVY)
    for i in range(20):
        sheet.box(x + 116 + i * 49, y - 222, 32, 44, (250, 214, 140))
    for i in range(14):
        sheet.box(x + 240 + i * 51, y - 326, 32, 34, (250, 222, 160))
    sheet.shape(
        [
            (x + 760, y - 350),
            (x + 770, y - 470),
            (x + 850, y - 470),
            (x + 860, y - 350),
        ],
        RED,
    )
    sheet.waves(horizon + 10, HEIGHT, (246, 210, 160), rows=30, strength=110)
    for i in range(20):
        for row in range(9):
            sheet.box(
                x + 116 + i * 49 + sheet.dice.uniform(-8, 8),
                y + 24 + row * 40,
                34,
                9,
                (250, 214, 140),
                max(0, 150 - row * 17),
            )
    sheet.waves(horizon + 60, HEIGHT, (18, 30, 52), rows=22, strength=100)


def queue(sheet: Canvas) -> None:
    field = sheet.noise(9, 6)
    sheet.relief(
        field, [PALE, (186, 206, 216), (172, 196, 208)], steps=6, line=(190, 208, 216)
    )
    sheet.land([(0, 250), (500, 190), (900, 60), (1250, 20), (1400, 0)], SAND, 0)
    sheet.line([(0, 250), (500, 190), (900, 60), (1250, 20), (1400, 0)], RUST, 6)
    for row in range(7):
        for column in range(7):
            if sheet.dice.random() < 0.12:
                continue
            x = 420 + column * 265 + row * 70 + sheet.dice.uniform(-40, 40)
            y = 330 + row * 172 + sheet.dice.uniform(-34, 34)
            _from_above(
                sheet,
                x,
                y,
                1 + 0.25 * sheet.dice.random(),
                -0.42 + sheet.dice.uniform(-0.05, 0.05),
                RED if (row, column) == (3, 4) else INK,
            )


def _from_above(
    sheet: Canvas,
    x: float,
    y: float,
    k: float,
    turn: float,
    colour: tuple[int, int, int],
) -> None:
    cos, sin = math.cos(turn), math.sin(turn)

    def p(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [
            (x + (a * cos - b * sin) * k, y + (a * sin + b * cos) * k)
            for a, b in points
        ]

    sheet.shape(p((-66, 14), (54, 26), (92, 14), (54, 2)), (90, 116, 132), 110)
    sheet.shape(p((-70, -13), (50, -13), (84, 0), (50, 13), (-70, 13)), colour)
    sheet.shape(p((-60, -8), (-36, -8), (-36, 8), (-60, 8)), PAPER)
    sheet.line(p((84, 0), (150, 6)), SLATE, 3)


def sails(sheet: Canvas) -> None:
    horizon = 620
    sheet.fade(0, horizon, [(38, 58, 90), (92, 116, 146), (190, 196, 196)])
    sheet.fade(horizon, HEIGHT, [(60, 92, 122), (20, 40, 68), (10, 22, 42)])
    sheet.waves(horizon + 6, HEIGHT, (170, 196, 212), rows=34, strength=90)
    sheet.dash(
        [(120, 1420), (700, 1240), (1290, 1330), (1790, 1120), (2330, 1180)],
        MIST,
        width=5,
    )
    for x, y, k, main in (
        (560, 1210, 1.0, CREAM),
        (1190, 1080, 0.72, RED),
        (1800, 960, 0.52, PALE),
    ):
        lean = 60 * k
        sheet.shape(
            [
                (x - 20 * k, y - 60 * k),
                (x + lean, y - 900 * k),
                (x + 330 * k, y - 90 * k),
            ],
            main,
        )
        sheet.shape(
            [
                (x - 60 * k, y - 70 * k),
                (x + lean - 14, y - 780 * k),
                (x - 330 * k, y - 50 * k),
            ],
            mix(main, PAPER, 0.5),
        )
        for i in range(1, 5):
            a = i / 5
            sheet.line(
                [
                    (x + lean * a - 4, y - 60 * k - 840 * k * a),
                    (x + 330 * k * (1 - a) + lean * a, y - 90 * k - 810 * k * a),
                ],
                mix(main, INK, 0.25),
                3,
            )
        sheet.line(
            [(x - 26 * k, y - 20 * k), (x + lean, y - 910 * k)],
            INK,
            max(4, round(9 * k)),
        )
        sheet.shape(
            [
                (x - 350 * k, y - 40 * k),
                (x + 330 * k, y - 64 * k),
                (x + 240 * k, y + 30 * k),
                (x - 250 * k, y + 36 * k),
            ],
            INK,
        )
        sheet.line(
            [(x - 380 * k, y + 40 * k), (x + 300 * k, y + 36 * k)],
            MIST,
            max(3, round(8 * k)),
        )
    sheet.waves(1330, HEIGHT, (8, 18, 36), rows=14, strength=140, width=9)


def barges(sheet: Canvas) -> None:
    sheet.fade(0, HEIGHT, [(86, 112, 120), (70, 98, 110), (58, 84, 98)])
    sheet.waves(0, HEIGHT, (150, 176, 178), rows=40, strength=60)
    hatches = [RED, OCHRE, CREAM, SKY, SLATE, RUST, PALE, (88, 122, 108)]
    for row in range(6):
        offset = sheet.dice.uniform(-260, 0)
        y = 70 + row * 252
        x = offset
        while x < WIDTH:
            length = sheet.dice.uniform(760, 1020)
            _barge(sheet, x, y, length, 176, hatches)
            x += length + 40


def _barge(
    sheet: Canvas,
    x: float,
    y: float,
    length: float,
    width: float,
    hatches: list[tuple[int, int, int]],
) -> None:
    sheet.shape(
        [
            (x + 14, y + 20),
            (x + length - 60, y + 20),
            (x + length + 14, y + width / 2 + 14),
            (x + length - 60, y + width + 22),
            (x + 14, y + width + 22),
        ],
        (20, 34, 46),
        130,
    )
    sheet.shape(
        [
            (x, y),
            (x + length - 80, y),
            (x + length, y + width / 2),
            (x + length - 80, y + width),
            (x, y + width),
        ],
        INK,
    )
    colour = sheet.dice.choice(hatches)
    start = x + 150
    while start < x + length - 170:
        sheet.box(
            start, y + 24, 74, width - 48, mix(colour, INK, sheet.dice.uniform(0, 0.2))
        )
        sheet.line(
            [(start + 37, y + 24), (start + 37, y + width - 24)],
            mix(colour, INK, 0.35),
            4,
        )
        start += 82
    sheet.box(x + 24, y + 40, 92, width - 80, PAPER)
    sheet.box(x + 36, y + 58, 26, width - 116, NAVY)


SCENES = {
    "tanker": tanker,
    "pilot-boat": pilot_boat,
    "ferry": ferry,
    "queue": queue,
    "sails": sails,
    "barges": barges,
}
