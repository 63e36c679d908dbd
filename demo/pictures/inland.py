"""Rivers, trams and a reservoir."""

from __future__ import annotations

import math

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
from demo.pictures.maps import hull, wave


def river_locks(sheet: Canvas) -> None:
    field = sheet.noise(11, 7)
    land = [(222, 214, 188), (206, 204, 176), (190, 194, 166), (176, 184, 156)]
    sheet.relief(field, land, steps=9, line=(166, 168, 140))
    course = [
        (x, 820 + wave(x, (260, 2300, 0.4), (90, 820, 1.1)))
        for x in range(-40, WIDTH + 60, 14)
    ]
    for width, tone in (
        (190, (150, 158, 132)),
        (170, (120, 158, 182)),
        (120, (142, 178, 198)),
    ):
        sheet.band(course, tone, width)
    for i in range(3):
        a, b = course[52 + i * 34], course[53 + i * 34]
        angle = math.atan2(b[1] - a[1], b[0] - a[0])
        nx, ny = -math.sin(angle), math.cos(angle)
        for offset in (-34, 34):
            ox, oy = a[0] + math.cos(angle) * offset, a[1] + math.sin(angle) * offset
            sheet.line(
                [(ox + nx * 112, oy + ny * 112), (ox - nx * 112, oy - ny * 112)],
                INK,
                20,
            )
        sheet.dot(a[0] + nx * 190, a[1] + ny * 190, 46, PAPER)
        sheet.ring(a[0] + nx * 190, a[1] + ny * 190, 46, INK, 5)
        sheet.text(
            a[0] + nx * 190,
            a[1] + ny * 190,
            str(5 + i),
            size=56,
            serif=True,
            anchor="mm",
            weight="SemiBold",
        )
    for place in [*range(4, 49, 5), *range(128, 172, 5)]:
        if place < len(course) - 1:
            a, b = course[place], course[place + 1]
            angle = math.atan2(b[1] - a[1], b[0] - a[0])
            for lane in (-26, 26):
                if sheet.dice.random() < 0.86:
                    hull(
                        sheet,
                        a[0] - math.sin(angle) * lane,
                        a[1] + math.cos(angle) * lane,
                        0.56,
                        angle,
                        sheet.dice.choice([INK, RED, RUST, NAVY]),
                    )
    border = [(p[0], p[1] - 250 - 60 * math.sin(p[0] / 300)) for p in course]
    sheet.dash(border, (120, 80, 60), width=6, on=40, off=24)


def tram_map(sheet: Canvas) -> None:
    sheet.image.paste(PAPER, (0, 0, WIDTH, HEIGHT))
    river = [
        (x, 1120 + wave(x, (120, 2600, 0.2), (40, 900, 1.0)))
        for x in range(-60, WIDTH + 80, 20)
    ]
    sheet.band(river, (206, 220, 228), 170)
    centre = (1210, 760)
    routes = [
        (
            RED,
            [
                (120, 220),
                (620, 220),
                (1160, 760),
                (1210, 760),
                (1760, 760),
                (2280, 1280),
            ],
        ),
        (BLUE, [(120, 760), (1210, 790), (1500, 790), (2040, 250), (2290, 250)]),
        (OCHRE, [(420, 1460), (1150, 730), (1690, 190), (1690, 60)]),
        ((60, 128, 96), [(1240, 60), (1240, 1200), (1480, 1440), (2200, 1440)]),
        (
            (122, 76, 136),
            [(120, 1180), (500, 1180), (950, 730), (950, 400), (1290, 60)],
        ),
        (INK, [(120, 500), (700, 500), (990, 790), (1900, 790), (2300, 790)]),
    ]
    for colour, route in routes:
        sheet.line(route, colour, 26)
        for x, y in (route[0], route[-1]):
            sheet.dot(x, y, 13, colour)
    for _, route in routes:
        for (x0, y0), (x1, y1) in zip(route, route[1:], strict=False):
            stops = int(math.hypot(x1 - x0, y1 - y0) // 170)
            for i in range(1, stops + 1):
                a = i / (stops + 1)
                sheet.dot(x0 + (x1 - x0) * a, y0 + (y1 - y0) * a, 11, PAPER)
    sheet.dot(*centre, 78, PAPER)
    sheet.ring(*centre, 78, INK, 18)
    for number, (colour, route) in zip("124571", routes, strict=True):
        x, y = route[0]
        sheet.box(x - 40, y - 40, 80, 80, colour)
        sheet.text(
            x,
            y,
            "11" if colour == INK else number,
            size=48,
            colour=PAPER,
            anchor="mm",
            weight="Bold",
        )
    sheet.text(
        centre[0] + 110,
        centre[1] - 150,
        "Customs Square",
        size=60,
        serif=True,
        weight="SemiBold",
    )


def reservoir(sheet: Canvas) -> None:
    sheet.fade(0, 900, [(168, 190, 200), (214, 218, 208), (236, 224, 196)])
    for i, (base, height) in enumerate(((430, 150), (520, 120), (610, 100))):
        sheet.land(
            sheet.ridge(base, height, rough=0.5),
            mix((122, 140, 140), (84, 104, 92), i / 2),
            1000,
        )
    floor = 1490
    bands = 15
    for i in range(bands):
        inset = 40 + i * 58
        y = 640 + i * 34
        tone = mix((232, 216, 182), (150, 116, 76), i / bands)
        shape = [(-40.0, float(y))]
        shape += [(inset + 16 * math.sin(t / 3 + i), y + t * 30) for t in range(30)]
        shape += [(WIDTH - 520 - i * 20, floor + 200), (WIDTH, floor + 200), (WIDTH, y)]
        edge = [
            (x, y + 24 * math.sin(x / 240 + i * 0.7) + 10 * math.sin(x / 70 + i))
            for x in range(-20, WIDTH + 40, 20)
        ]
        sheet.shape([*edge, (WIDTH, HEIGHT), (0, HEIGHT)], tone)
        sheet.line(edge, mix(tone, INK, 0.25), 3)
    water = [(x, 1150 + 8 * math.sin(x / 200)) for x in range(-20, WIDTH + 40, 20)]
    sheet.shape([*water, (WIDTH, HEIGHT), (0, HEIGHT)], (64, 104, 136))
    sheet.waves(1160, HEIGHT, PALE, rows=20, strength=90)
    # The dam, with its gauge
    sheet.shape(
        [(1780, 560), (2440, 500), (2440, HEIGHT), (1660, HEIGHT)], (196, 192, 184)
    )
    sheet.shape(
        [(1780, 560), (1660, HEIGHT), (1560, HEIGHT), (1730, 566)], (150, 150, 148)
    )
    for i in range(9):
        y = 640 + i * 110
        sheet.line([(1772 - i * 10, y), (2440, y - 60 + i * 4)], (176, 172, 166), 3)
    sheet.box(1740, 540, 700, 26, SLATE)
    for i in range(20):
        y = 620 + i * 44
        x = 1822 - i * 5
        sheet.box(x, y, 74 if i % 5 == 0 else 44, 9, RED if i < 12 else INK)


SCENES = {
    "river-locks": river_locks,
    "tram-map": tram_map,
    "reservoir": reservoir,
}
