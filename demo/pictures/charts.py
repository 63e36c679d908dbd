"""Figures drawn as figures: rates, seats, tremors, frequencies."""

from __future__ import annotations

import math

from demo.pictures.canvas import (
    BLUE,
    CREAM,
    HEIGHT,
    INK,
    NAVY,
    OCHRE,
    PALE,
    PAPER,
    RED,
    RUST,
    SKY,
    SLATE,
    WIDTH,
    Canvas,
    Point,
    mix,
    ramp,
)

LEFT, RIGHT, TOP, BOTTOM = 210, 2230, 210, 1380
RULE = (222, 215, 200)
LABEL = (110, 112, 114)


def _frame(sheet: Canvas, marks: list[tuple[float, str]]) -> None:
    for share, label in marks:
        y = BOTTOM - (BOTTOM - TOP) * share
        sheet.line([(LEFT, y), (RIGHT, y)], RULE, 4)
        sheet.text(LEFT - 36, y, label, size=46, colour=LABEL, anchor="rm")
    sheet.line([(LEFT, BOTTOM), (RIGHT, BOTTOM)], INK, 5)


def freight_chart(sheet: Canvas) -> None:
    _frame(sheet, [(0.25, "90"), (0.5, "100"), (0.75, "110")])
    value, points = 0.47, []
    for i in range(91):
        pull = (0.46 + 0.07 * math.sin(i / 9) - value) * 0.2
        value += pull + sheet.dice.uniform(-0.018, 0.018)
        points.append(
            (LEFT + (RIGHT - LEFT - 130) * i / 90, BOTTOM - (BOTTOM - TOP) * value)
        )
    last = points[-1]
    peak = (RIGHT - 60, TOP + 175)
    area = [*points, (last[0] + 30, last[1] - 60), peak]
    sheet.shape([*area, (peak[0], BOTTOM - 3), (LEFT, BOTTOM - 3)], PALE, 150)
    sheet.line(points, BLUE, 12)
    sheet.line([points[-1], (last[0] + 30, last[1] - 60), peak], RED, 16)
    sheet.dot(*peak, 26, RED)
    sheet.text(
        peak[0] - 60,
        peak[1] - 40,
        "+11 %",
        size=104,
        serif=True,
        colour=RED,
        anchor="rm",
        weight="SemiBold",
    )
    for i, label in enumerate(("90 days ago", "60", "30", "today")):
        x = LEFT + (peak[0] - LEFT) * i / 3
        sheet.line([(x, BOTTOM), (x, BOTTOM + 20)], INK, 4)
        sheet.text(x, BOTTOM + 40, label, size=46, colour=LABEL, anchor="ma")


def rate_steps(sheet: Canvas) -> None:
    _frame(sheet, [(0.2, "1"), (0.4, "2"), (0.6, "3"), (0.8, "4")])
    rates = [
        0.25,
        0.25,
        0.5,
        1.0,
        1.75,
        2.5,
        3.25,
        3.75,
        4.25,
        4.5,
        4.5,
        4.5,
        4.5,
        4.25,
        4.0,
        3.75,
        3.75,
        3.5,
        3.25,
        3.25,
        3.25,
    ]
    step = (RIGHT - LEFT - 120) / (len(rates) - 1)
    height = (BOTTOM - TOP) / 5
    points: list[Point] = []
    for i, rate in enumerate(rates):
        y = BOTTOM - rate * height
        if points:
            points.append((LEFT + i * step, points[-1][1]))
        points.append((LEFT + i * step, y))
    end = (RIGHT - 60, points[-1][1])
    sheet.shape([*points, end, (end[0], BOTTOM - 3), (LEFT, BOTTOM - 3)], CREAM, 200)
    sheet.line([*points, end], NAVY, 14)
    sheet.dot(*end, 28, RED)
    sheet.text(
        end[0],
        end[1] - 110,
        "3.25",
        size=112,
        serif=True,
        colour=RED,
        anchor="rm",
        weight="SemiBold",
    )
    target = BOTTOM - 2 * height
    sheet.dash([(LEFT, target), (RIGHT, target)], OCHRE, width=6)
    sheet.text(
        LEFT + 30, target - 16, "inflation goal", size=46, colour=RUST, anchor="lb"
    )
    for i, label in enumerate(("5 years ago", "4", "3", "2", "1", "now")):
        sheet.text(
            LEFT + (end[0] - LEFT) * i / 5,
            BOTTOM + 36,
            label,
            size=46,
            colour=LABEL,
            anchor="ma",
        )


def bars(sheet: Canvas) -> None:
    _frame(sheet, [(0.3, "1"), (0.6, "2"), (0.9, "3 %")])
    named = [
        ("Food", 3.0),
        ("Housing", 2.6),
        ("Health", 2.2),
        ("All", 2.1),
        ("Clothes", 1.4),
        ("Leisure", 1.2),
        ("Post", 0.8),
        ("Transport", -0.4),
    ]
    width = (RIGHT - LEFT) / len(named)
    unit = (BOTTOM - TOP) * 0.3
    for i, (name, value) in enumerate(named):
        x = LEFT + i * width + width * 0.16
        y = BOTTOM - max(value, 0) * unit
        colour = RED if name == "All" else (SKY if value < 0 else NAVY)
        sheet.box(
            x,
            min(y, BOTTOM),
            width * 0.68,
            abs(value) * unit if value < 0 else BOTTOM - y,
            colour,
        )
        sheet.text(
            x + width * 0.34,
            y - 18 if value > 0 else BOTTOM - 18,
            f"{value:.1f}".replace("-", "−"),
            size=52,
            serif=True,
            anchor="mb",
            colour=INK if name != "All" else RED,
            weight="SemiBold",
        )
        sheet.text(
            x + width * 0.34,
            BOTTOM + (160 if value < 0 else 34),
            name,
            size=42,
            colour=LABEL,
            anchor="ma",
        )


def assembly(sheet: Canvas) -> None:
    centre, rows = (WIDTH / 2, 1330), 7
    sheet.shape([(0, 1390), (WIDTH, 1390), (WIDTH, HEIGHT), (0, HEIGHT)], CREAM)
    seats = []
    for row in range(rows):
        radius = 480 + row * 104
        count = 17 + row * 3 + (row > 3)
        for i in range(count):
            angle = math.pi - math.pi * (i + 0.5) / count
            seats.append(
                (
                    angle,
                    centre[0] + math.cos(angle) * radius * 1.02,
                    centre[1] - math.sin(angle) * radius,
                )
            )
    seats.sort(key=lambda seat: -seat[0])
    for place, (_, x, y) in enumerate(seats):
        share = place / len(seats)
        colour = BLUE if share < 0.478 else (OCHRE if share < 0.505 else RED)
        if 0.5035 < share < 0.5085:
            colour = (180, 176, 168)
        sheet.dot(x, y, 36, colour)
    sheet.text(
        centre[0],
        centre[1] - 150,
        "90",
        size=250,
        serif=True,
        colour=BLUE,
        anchor="rm",
        weight="SemiBold",
    )
    sheet.text(
        centre[0] + 60,
        centre[1] - 150,
        "88",
        size=250,
        serif=True,
        colour=RED,
        anchor="lm",
        weight="SemiBold",
    )
    sheet.text(
        centre[0] + 30,
        centre[1] - 160,
        ":",
        size=180,
        serif=True,
        colour=SLATE,
        anchor="mm",
    )
    sheet.text(
        centre[0],
        1490,
        "For, with four from the Coastal Party; against; one abstention",
        size=52,
        colour=LABEL,
        anchor="mm",
    )


def seismogram(sheet: Canvas) -> None:
    sheet.image.paste((240, 234, 218), (0, 0, WIDTH, HEIGHT))
    for x in range(0, WIDTH, 60):
        sheet.line([(x, 0), (x, HEIGHT)], (228, 218, 198), 2)
    for row in range(24):
        base = 70 + row * 64
        points = []
        quake = row in (12, 13, 14)
        for i in range(0, WIDTH + 8, 4):
            swing = sheet.dice.gauss(0, 2.4)
            if row == 12 and i > 900:
                swing += (
                    250
                    * math.exp(-((i - 980) / 170))
                    * math.sin(i / 5.2)
                    * sheet.dice.uniform(0.5, 1)
                )
            if row == 12 and i > 1500:
                swing += (
                    150
                    * math.exp(-((i - 1500) / 420))
                    * math.sin(i / 12)
                    * sheet.dice.uniform(0.6, 1)
                )
            if row in (13, 14):
                swing += (
                    (26 if row == 13 else 9) * math.exp(-i / 1600) * math.sin(i / 14)
                )
            points.append((i, base + swing))
        sheet.line(points, RED if quake else INK, 4 if quake else 3)


def frequency(sheet: Canvas) -> None:
    sheet.image.paste((238, 240, 236), (0, 0, WIDTH, HEIGHT))
    for x in range(0, WIDTH, 48):
        sheet.line([(x, 0), (x, HEIGHT)], (214, 224, 222), 5 if x % 240 == 0 else 2)
    for row in range(32, HEIGHT, 48):
        thick = 5 if row % 240 == 32 else 2
        sheet.line([(0, row), (WIDTH, row)], (214, 224, 222), thick)
    points: list[Point] = []
    for x in range(0, WIDTH + 6, 5):
        y = (
            560
            + 46 * math.sin(x / 130)
            + 20 * math.sin(x / 37)
            + sheet.dice.gauss(0, 5)
        )
        if x > 1290:
            y += 640 * math.exp(-((x - 1400) ** 2) / 9000) + 120 * math.exp(
                -(x - 1290) / 420
            )
        points.append((x, y))
    sheet.line(points, NAVY, 9)
    dip = [point for point in points if 1290 < point[0] < 1520]
    sheet.line(dip, RED, 14)
    sheet.dash([(0, 1000), (WIDTH, 1000)], RED, width=5)
    sheet.text(60, 985, "49.90", size=60, serif=True, colour=RED, anchor="lb")
    sheet.text(60, 540, "50.00", size=60, serif=True, colour=NAVY, anchor="lb")
    sheet.text(
        1560,
        1190,
        "49.86 Hz, 11 seconds",
        size=72,
        serif=True,
        colour=RED,
        anchor="lm",
        weight="SemiBold",
    )


def stripes(sheet: Canvas) -> None:
    count = 104
    colours = [
        (8, 48, 107),
        (66, 130, 182),
        (170, 206, 226),
        (242, 236, 226),
        (244, 178, 138),
        (210, 74, 50),
        (110, 14, 22),
    ]
    for i in range(count):
        warmth = 0.08 + 0.78 * (i / count) ** 1.7 + sheet.dice.uniform(-0.15, 0.15)
        sheet.box(
            i * WIDTH / count, 0, WIDTH / count + 1, HEIGHT, ramp(colours, warmth)
        )


def pitch(sheet: Canvas) -> None:
    sheet.image.paste((62, 106, 84), (0, 0, WIDTH, HEIGHT))
    for i in range(0, 12, 2):
        sheet.box(i * 200, 0, 200, HEIGHT, (68, 114, 90))
    white = (226, 234, 222)
    edge = (110, 90, WIDTH - 110, HEIGHT - 90)
    sheet.draw.rectangle(edge, outline=white, width=8)
    sheet.line([(WIDTH / 2, 90), (WIDTH / 2, HEIGHT - 90)], white, 8)
    sheet.ring(WIDTH / 2, HEIGHT / 2, 200, white, 8)
    for x, out in ((110, 1), (WIDTH - 110, -1)):
        for depth, half in ((350, 440), (120, 200)):
            xs = sorted((x, x + out * depth))
            sheet.draw.rectangle(
                (xs[0], HEIGHT / 2 - half, xs[1], HEIGHT / 2 + half),
                outline=white,
                width=8,
            )
        sheet.dot(x + out * 230, HEIGHT / 2, 12, white)
    home = [
        (330, 800),
        (640, 400),
        (600, 720),
        (620, 980),
        (680, 1270),
        (1010, 560),
        (980, 1040),
        (1290, 820),
        (1520, 420),
        (1560, 1180),
        (1830, 760),
    ]
    away = [
        (2080, 800),
        (1790, 430),
        (1830, 930),
        (1760, 1290),
        (1430, 640),
        (1380, 1010),
        (1150, 820),
        (860, 470),
        (820, 860),
        (860, 1240),
        (1690, 640),
    ]
    for a, b in (
        (0, 2),
        (2, 5),
        (5, 7),
        (7, 9),
        (9, 10),
        (1, 5),
        (3, 6),
        (6, 9),
        (7, 8),
    ):
        sheet.line(
            [home[a], home[b]], mix(RED, PAPER, 0.25), 8 if (a, b) != (9, 10) else 16
        )
    for a, b in ((0, 1), (1, 4), (4, 6), (6, 7), (2, 5), (5, 8), (3, 5)):
        sheet.dash([away[a], away[b]], PALE, width=7)
    for team, colour, ink in ((home, RED, PAPER), (away, PAPER, NAVY)):
        for number, (x, y) in enumerate(team, start=1):
            sheet.dot(x + 5, y + 9, 42, (30, 60, 46), 150)
            sheet.dot(x, y, 42, colour)
            sheet.text(
                x, y, str(number), size=44, colour=ink, anchor="mm", weight="Bold"
            )
    sheet.line([home[10], (2290, 770)], PAPER, 10)
    sheet.dot(2272, 772, 20, PAPER)


SCENES = {
    "freight-chart": freight_chart,
    "rate-steps": rate_steps,
    "bars": bars,
    "assembly": assembly,
    "seismogram": seismogram,
    "frequency": frequency,
    "stripes": stripes,
    "pitch": pitch,
}
