"""Charts of water and land: straits, rivers, cables, depths."""

from __future__ import annotations

import math

from PIL import Image, ImageFilter

from demo.pictures.canvas import (
    HEIGHT,
    INK,
    NAVY,
    PAPER,
    RED,
    SAND,
    WIDTH,
    Canvas,
    Point,
    mix,
    tone_at,
)


def wave(x: float, *terms: tuple[float, float, float]) -> float:
    """A sum of sines: height, length in pixels, phase."""
    return sum(
        height * math.sin(x / length * math.tau + phase)
        for height, length, phase in terms
    )


def _coast(base: float, *terms: tuple[float, float, float]) -> list[Point]:
    return [(x, base + wave(x, *terms)) for x in range(-20, WIDTH + 40, 12)]


def strait_chart(sheet: Canvas) -> None:
    north = _coast(330, (120, 2100, 0.4), (46, 760, 1.0), (18, 210, 2.2))
    south = _coast(1230, (130, 1900, 2.6), (50, 690, 0.2), (16, 190, 1.2))
    sheet.image.paste((196, 214, 222), (0, 0, WIDTH, HEIGHT))
    for step in range(6):
        inset = 46 + step * 42
        tone = mix((196, 214, 222), PAPER, (step + 1) / 7)
        upper = [
            (x, y + inset + 14 * math.sin(x / (260 + 30 * step))) for x, y in north
        ]
        lower = [
            (x, y - inset - 14 * math.sin(x / (300 + 24 * step) + 1)) for x, y in south
        ]
        sheet.shape([*upper, *reversed(lower)], tone)
        sheet.line(upper, (150, 178, 194), 3)
        sheet.line(lower, (150, 178, 194), 3)
    for coast, edge in ((north, -60), (south, HEIGHT + 60)):
        sheet.shape([*coast, (WIDTH + 40, edge), (-20, edge)], (226, 208, 172))
        sheet.line(coast, (120, 92, 60), 7)
    for step in range(1, 5):
        sheet.line(
            [(x, y - step * 44 - 10 * math.sin(x / 170 + step)) for x, y in north],
            (206, 182, 140),
            3,
        )
        sheet.line(
            [(x, y + step * 48 + 10 * math.sin(x / 190 + step)) for x, y in south],
            (206, 182, 140),
            3,
        )
    # The shoal
    x, y = 1300, 930
    for radius, tone in (
        (190, (214, 226, 230)),
        (140, (190, 210, 220)),
        (92, (166, 192, 206)),
    ):
        blob = [
            (
                x + 1.5 * radius * (1 + 0.12 * math.sin(a * 3 + radius)) * math.cos(a),
                y + 0.72 * radius * (1 + 0.1 * math.cos(a * 4)) * math.sin(a),
            )
            for a in (i / 60 * math.tau for i in range(60))
        ]
        sheet.shape(blob, tone)
        sheet.line([*blob, blob[0]], (112, 146, 168), 4)
    _soundings(sheet, north, south)
    lane = [
        (-20.0, 770.0),
        (520, 740),
        (1000, 700),
        (1500, 690),
        (2000, 760),
        (2440, 800),
    ]
    for shift in (-58, 58):
        sheet.dash(
            [(px, py + shift) for px, py in lane],
            (150, 60, 120),
            width=5,
            on=46,
            off=26,
        )
    track = [(2440.0, 815.0), (2060, 800), (1800, 800), (1600, 830), (1440, 876)]
    sheet.dash(track, RED, width=8, on=30, off=18)
    hull(sheet, 1392, 900, 1.5, math.pi * 0.86, RED)
    sheet.ring(1392, 900, 96, RED, 7)
    sheet.ring(1392, 900, 132, RED, 3)
    _traffic(sheet)
    sheet.text(
        980, 1046, "Grey Sister", size=54, serif=True, colour=NAVY, weight="SemiBold"
    )
    sheet.text(986, 1108, "10.9", size=38, colour=(70, 100, 124))
    sheet.text(
        420, 270, "H O L M", size=60, serif=True, colour=(120, 92, 60), anchor="mm"
    )
    sheet.text(
        1830,
        1420,
        "E S T M E R E",
        size=60,
        serif=True,
        colour=(120, 92, 60),
        anchor="mm",
    )
    sheet.text(
        1130,
        590,
        "H o l m   S t r a i t",
        size=58,
        serif=True,
        colour=(70, 100, 124),
        anchor="mm",
    )
    _rose(sheet, 330, 1370, 150)


def _traffic(sheet: Canvas) -> None:
    """Ships at anchor, and buoys."""
    for i, (ax, ay) in enumerate(((170, 560), (150, 860), (2180, 560), (2200, 930))):
        for n in range(7):
            px = ax + (n % 4) * 62 * (1 if ax < 1000 else -1) + 30 * (n // 4)
            hull(sheet, px, ay + (n // 4) * 66 + (n % 3) * 9, 0.52, 0.2 + 0.1 * i, INK)
    for bx, by, tone in (
        (960, 820, RED),
        (1120, 640, (40, 120, 80)),
        (1640, 720, RED),
        (1900, 650, (40, 120, 80)),
    ):
        sheet.dot(bx, by, 13, tone)
        sheet.ring(bx, by, 13, INK, 3)


def _soundings(sheet: Canvas, north: list[Point], south: list[Point]) -> None:
    for _ in range(120):
        i = sheet.dice.randrange(len(north))
        x = north[i][0]
        y = sheet.dice.uniform(north[i][1] + 50, south[i][1] - 50)
        if abs(y - 760) < 130 or (abs(x - 1300) < 360 and 760 < y < 1150):
            continue
        edge = min(y - north[i][1], south[i][1] - y)
        sheet.text(
            x,
            y,
            str(int(4 + edge / 14 + sheet.dice.uniform(0, 5))),
            size=27,
            colour=(128, 152, 168),
        )


def hull(
    sheet: Canvas,
    x: float,
    y: float,
    k: float,
    turn: float,
    colour: tuple[int, int, int],
) -> None:
    cos, sin = math.cos(turn), math.sin(turn)
    shape = [(-50, -12), (30, -12), (56, 0), (30, 12), (-50, 12)]
    sheet.shape(
        [(x + (a * cos - b * sin) * k, y + (a * sin + b * cos) * k) for a, b in shape],
        colour,
    )


def _rose(sheet: Canvas, x: float, y: float, radius: float) -> None:
    sheet.ring(x, y, radius, (120, 92, 60), 4)
    sheet.ring(x, y, radius * 0.9, (120, 92, 60), 2)
    for i in range(36):
        angle = i / 36 * math.tau
        inner = radius * (0.78 if i % 9 == 0 else 0.84)
        sheet.line(
            [
                (x + math.cos(angle) * inner, y + math.sin(angle) * inner),
                (
                    x + math.cos(angle) * radius * 0.9,
                    y + math.sin(angle) * radius * 0.9,
                ),
            ],
            (120, 92, 60),
            3,
        )
    for i, colour in enumerate((RED, INK, INK, INK)):
        angle = -math.pi / 2 + i * math.pi / 2
        tip = (x + math.cos(angle) * radius * 0.74, y + math.sin(angle) * radius * 0.74)
        for side in (0.5, -0.5):
            wing = (
                x + math.cos(angle + side) * radius * 0.16,
                y + math.sin(angle + side) * radius * 0.16,
            )
            sheet.shape(
                [(x, y), wing, tip], colour if side > 0 else mix(colour, PAPER, 0.55)
            )


def _graticule(sheet: Canvas) -> None:
    for x in range(0, WIDTH, 200):
        sheet.line([(x, 0), (x, HEIGHT)], (34, 56, 86), 2)
    for y in range(0, HEIGHT, 200):
        sheet.line([(0, y), (WIDTH, y)], (34, 56, 86), 2)


def cable_map(sheet: Canvas) -> None:
    sheet.fade(0, HEIGHT, [(20, 36, 60), (26, 46, 74), (18, 34, 58)])
    _graticule(sheet)
    shore = [
        (640 + wave(y, (130, 1500, 0.6), (54, 520, 2.0), (20, 170, 0.4)), y)
        for y in range(-20, HEIGHT + 40, 12)
    ]
    for inset, tone in ((90, (27, 49, 78)), (54, (32, 57, 88)), (24, (40, 68, 100))):
        sheet.shape(
            [(x + inset, y) for x, y in shore] + [(-20, HEIGHT), (-20, 0)], tone
        )
    sheet.shape([*shore, (-20, HEIGHT + 40), (-20, -20)], (208, 194, 164))
    sheet.line(shore, PAPER, 6)
    far = [
        (2230 + wave(y, (80, 1300, 2.1), (40, 420, 0.6)), y)
        for y in range(-20, HEIGHT + 40, 12)
    ]
    sheet.shape([*far, (WIDTH + 40, HEIGHT + 40), (WIDTH + 40, -20)], (208, 194, 164))
    sheet.line(far, PAPER, 6)
    landing = (shore[62][0] - 6, shore[62][1])
    fault = _cables(sheet, landing)
    _cross(sheet, *fault)
    sheet.dot(*landing, 22, PAPER)
    sheet.dot(*landing, 11, INK)
    sheet.text(
        landing[0] - 44,
        landing[1] - 84,
        "Aldersund",
        size=60,
        serif=True,
        anchor="ra",
        weight="SemiBold",
    )
    sheet.text(1400, 330, "Aske-1", size=46, colour=SAND, anchor="mm")
    sheet.text(1400, 690, "Aske-2", size=46, colour=RED, anchor="mm")
    sheet.text(1400, 1330, "Southern ring", size=46, colour=SAND, anchor="mm")
    sheet.text(fault[0] + 60, fault[1] + 96, "14 km", size=46, colour=PAPER)


def _cables(sheet: Canvas, landing: Point) -> Point:
    """Lay three cables from `landing`; return where the second one is broken."""
    fault = landing
    ends = ((2235, 330, -230), (2290, 760, 60), (2200, 1290, 300))
    for n, (x, y, bend) in enumerate(ends):
        course = [
            (
                landing[0] + (x - landing[0]) * i / 80,
                landing[1]
                + (y - landing[1]) * i / 80
                + math.sin(i / 80 * math.pi) * bend,
            )
            for i in range(81)
        ]
        if n == 1:
            sheet.line(course[:14], (232, 200, 140), 7)
            sheet.dash(course[15:], (150, 150, 150), width=6, on=24, off=22)
            fault = course[14]
        else:
            sheet.line(course, (232, 200, 140), 7)
            for knot in course[10:80:14]:
                sheet.dot(*knot, 10, PAPER)
        sheet.dot(x, y, 18, PAPER)
        sheet.dot(x, y, 9, INK)
    return fault


def _cross(sheet: Canvas, x: float, y: float) -> None:
    for radius, alpha in ((150, 26), (104, 40), (64, 60)):
        sheet.dot(x, y, radius, RED, alpha)
    for turn in (math.pi / 4, -math.pi / 4):
        dx, dy = math.cos(turn) * 34, math.sin(turn) * 34
        sheet.line([(x - dx, y - dy), (x + dx, y + dy)], RED, 14)


def contours(sheet: Canvas) -> None:
    field = sheet.noise(10, 7)
    slope = Image.linear_gradient("L").rotate(90).resize((WIDTH, HEIGHT))
    field = Image.blend(field, slope, 0.6).filter(ImageFilter.GaussianBlur(8))
    sheet.relief(
        field,
        [(12, 30, 58), (24, 58, 98), (64, 112, 150), (140, 180, 196), (214, 224, 214)],
        steps=20,
        line=(200, 220, 228),
    )
    placed = 0
    while placed < 120:
        x, y = sheet.dice.uniform(80, WIDTH - 80), sheet.dice.uniform(60, HEIGHT - 60)
        level = tone_at(field, x, y)
        if 104 < level < 136:
            sheet.dot(x, y, sheet.dice.uniform(8, 15), RED)
            placed += 1
    _scale(sheet, 150, 1470, INK)


def _scale(sheet: Canvas, x: float, y: float, colour: tuple[int, int, int]) -> None:
    for i in range(4):
        sheet.box(x + i * 110, y, 110, 20, colour if i % 2 == 0 else PAPER)
    sheet.text(x, y - 50, "0", size=36, colour=colour, anchor="ma")
    sheet.text(x + 440, y - 50, "20 km", size=36, colour=colour, anchor="ma")


def fathoms(sheet: Canvas) -> None:
    field = sheet.noise(7, 5)
    sheet.relief(
        field,
        [(226, 236, 238), (208, 224, 230), (190, 212, 222), (240, 238, 226)],
        steps=13,
        line=(132, 170, 192),
    )
    for row in range(15):
        for column in range(22):
            x = 60 + column * 108 + sheet.dice.uniform(-26, 26)
            y = 60 + row * 106 + sheet.dice.uniform(-26, 26)
            level = tone_at(field, x, y)
            depth = level // 5 + 3
            if sheet.dice.random() < 0.72:
                sheet.text(
                    x, y, str(depth), size=34, colour=(70, 100, 126), anchor="mm"
                )
    sheet.dash(
        [(0, 1240), (620, 1080), (1180, 900), (1720, 760), (2400, 420)],
        (150, 60, 120),
        width=6,
        on=46,
        off=26,
    )
    for x, y, tone in ((760, 960, RED), (1280, 790, (40, 120, 80)), (1800, 660, RED)):
        sheet.shape([(x - 22, y), (x + 22, y), (x, y - 74)], tone)
        sheet.ring(x, y, 10, INK, 5)
    sheet.dot(1950, 1250, 150, (255, 250, 240), 150)
    _rose(sheet, 1950, 1250, 200)


SCENES = {
    "strait-chart": strait_chart,
    "cable-map": cable_map,
    "contours": contours,
    "fathoms": fathoms,
}
