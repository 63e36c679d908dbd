"""What offices work with: ledgers and coins."""

from __future__ import annotations

import math

from demo.pictures.canvas import (
    BLUE,
    CREAM,
    HEIGHT,
    INK,
    NAVY,
    OCHRE,
    PAPER,
    RED,
    RUST,
    SLATE,
    WIDTH,
    Canvas,
    mix,
)


def ledger(sheet: Canvas) -> None:
    sheet.image.paste((92, 74, 60), (0, 0, WIDTH, HEIGHT))
    for i in range(60):
        y = i * 27 + sheet.dice.uniform(-6, 6)
        sheet.line([(0, y), (WIDTH, y + sheet.dice.uniform(-10, 10))], (84, 66, 53), 4)
    for i, tone in enumerate((CREAM, mix(CREAM, PAPER, 0.5), PAPER)):
        turn = (-0.07, 0.045, -0.015)[i]
        _page(sheet, 1180 + 40 * i, 830 - 10 * i, turn, tone, marked=i == 2)
    pen = [
        (1730, 1390),
        (1768, 1370),
        (2180, 640),
        (2204, 610),
        (2170, 612),
        (1742, 1362),
    ]
    sheet.shape([(x + 26, y + 26) for x, y in pen], (40, 30, 24), 120)
    sheet.shape([(1748, 1350), (2168, 610), (2216, 640), (1790, 1374)], NAVY)
    sheet.shape([(1748, 1350), (1790, 1374), (1738, 1412)], OCHRE)
    sheet.line([(2150, 640), (2190, 664)], OCHRE, 14)


def _page(
    sheet: Canvas,
    x: float,
    y: float,
    turn: float,
    tone: tuple[int, int, int],
    *,
    marked: bool,
) -> None:
    cos, sin = math.cos(turn), math.sin(turn)

    def p(a: float, b: float) -> tuple[float, float]:
        return x + a * cos - b * sin, y + a * sin + b * cos

    w, h = 850, 690
    sheet.shape(
        [
            p(-w + 26, -h + 30),
            p(w + 26, -h + 30),
            p(w + 26, h + 30),
            p(-w + 26, h + 30),
        ],
        (40, 30, 24),
        110,
    )
    sheet.shape([p(-w, -h), p(w, -h), p(w, h), p(-w, h)], tone)
    for row in range(22):
        b = -h + 130 + row * 56
        sheet.line([p(-w + 60, b), p(w - 60, b)], mix(tone, BLUE, 0.25), 3)
        left, right = sheet.dice.uniform(200, 620), sheet.dice.uniform(150, 260)
        sheet.line(
            [p(-w + 90, b - 20), p(-w + 90 + left, b - 20)], mix(tone, INK, 0.55), 9
        )
        for column in range(3):
            start = 60 + column * 260
            sheet.line(
                [p(start + 230 - right * 0.7, b - 20), p(start + 230, b - 20)],
                mix(tone, INK, 0.55),
                9,
            )
        right = sheet.dice.uniform(150, 260)
    for column in range(3):
        a = 30 + column * 260
        sheet.line([p(a, -h + 60), p(a, h - 60)], mix(tone, RED, 0.4), 3)
    if marked:
        ring = [
            p(430 + 215 * math.cos(t), 60 + 74 * math.sin(t * 1.02) - t * 2)
            for t in (i / 60 * 6.6 for i in range(61))
        ]
        sheet.line(ring, RED, 13)
        sheet.line([p(660, 40), p(730, -40), p(742, 26)], RED, 13)


def coins(sheet: Canvas) -> None:
    sheet.fade(0, HEIGHT, [(214, 220, 218), (236, 230, 214)])
    sheet.shape(
        [(0, 1230), (WIDTH, 1230), (WIDTH, HEIGHT), (0, HEIGHT)], (206, 198, 178)
    )
    heights = [9, 10, 9, 11, 10, 10, 11, 10]
    for i, height in enumerate(heights):
        x = 300 + i * 258
        sheet.draw.ellipse((x - 130, 1262, x + 190, 1350), fill=(150, 140, 118, 150))
        for n in range(height):
            y = 1290 - n * 68
            tone = mix(OCHRE, RUST, 0.10 * (n % 3))
            if (i, n) == (6, height - 1):
                tone = RED
            sheet.draw.ellipse(
                (x - 112, y - 34, x + 112, y + 34), fill=mix(tone, INK, 0.25)
            )
            sheet.box(x - 112, y - 56, 224, 56, mix(tone, INK, 0.12))
            for groove in range(13):
                gx = x - 104 + groove * 17.4
                sheet.line([(gx, y - 46), (gx, y + 8)], mix(tone, INK, 0.3), 4)
            sheet.draw.ellipse((x - 112, y - 90, x + 112, y - 22), fill=tone)
            sheet.draw.ellipse(
                (x - 92, y - 83, x + 92, y - 29), outline=mix(tone, PAPER, 0.5), width=5
            )
        top = 1290 - (height - 1) * 68 - 56
        points = [
            (x - 40, top + 10),
            (x - 46, top - 18),
            (x - 20, top - 2),
            (x, top - 22),
            (x + 20, top - 2),
            (x + 46, top - 18),
            (x + 40, top + 10),
        ]
        sheet.shape(points, mix(OCHRE, PAPER, 0.6))
    line = [
        (300 + i * 258, 1290 - h * 68 - 210 + 26 * math.sin(i))
        for i, h in enumerate(heights)
    ]
    sheet.line(line, SLATE, 7)
    for point in line:
        sheet.dot(*point, 15, SLATE)


SCENES = {
    "ledger": ledger,
    "coins": coins,
}
