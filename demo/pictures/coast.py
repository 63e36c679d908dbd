"""Where land ends: lights, cranes, turbines, dust."""

from __future__ import annotations

import math

from demo.pictures.canvas import (
    BLUE,
    CREAM,
    HEIGHT,
    INK,
    MIST,
    NAVY,
    OCHRE,
    PAPER,
    RED,
    SLATE,
    WIDTH,
    Canvas,
    mix,
    ramp,
)


def tower(sheet: Canvas, x: float, ground: float, k: float) -> None:
    sheet.shape(
        [
            (x - 150 * k, ground),
            (x - 70 * k, ground - 74 * k),
            (x + 100 * k, ground - 60 * k),
            (x + 210 * k, ground),
        ],
        INK,
    )
    top = ground - 470 * k
    sheet.shape(
        [
            (x - 46 * k, ground - 60 * k),
            (x - 28 * k, top),
            (x + 28 * k, top),
            (x + 46 * k, ground - 60 * k),
        ],
        PAPER,
    )
    for band in (0.18, 0.58):
        a, b = top + band * 410 * k, top + (band + 0.2) * 410 * k
        wa, wb = (28 + 18 * band) * k, (28 + 18 * (band + 0.2)) * k
        sheet.shape([(x - wa, a), (x + wa, a), (x + wb, b), (x - wb, b)], RED)
    sheet.box(x - 38 * k, top - 14 * k, 76 * k, 14 * k, INK)
    sheet.box(x - 22 * k, top - 60 * k, 44 * k, 46 * k, (255, 236, 176))
    sheet.shape(
        [(x - 30 * k, top - 60 * k), (x, top - 96 * k), (x + 30 * k, top - 60 * k)], INK
    )


def lighthouse(sheet: Canvas) -> None:
    horizon = 1180
    sheet.fade(0, horizon, [(12, 22, 42), (24, 42, 72), (52, 78, 110), (108, 126, 142)])
    for _ in range(240):
        x, y = sheet.dice.uniform(0, WIDTH), sheet.dice.uniform(0, 800) ** 1.0
        sheet.dot(
            x, y, sheet.dice.choice([1.5, 2, 2, 3]), MIST, sheet.dice.randrange(60, 220)
        )
    lamp = (1560, horizon - 618)
    sheet.shape([lamp, (-200, 210), (-200, 620)], (255, 236, 176), 34)
    sheet.shape([lamp, (-200, 300), (-200, 520)], (255, 236, 176), 40)
    sheet.glow(*lamp, 260, (255, 240, 196), 200)
    sheet.fade(horizon, HEIGHT, [(60, 82, 108), (14, 24, 44)])
    sheet.waves(horizon + 6, HEIGHT, (150, 170, 186), rows=26, strength=80)
    tower(sheet, 1560, horizon + 40, 1.25)


def harbour_night(sheet: Canvas) -> None:
    horizon = 860
    sheet.fade(0, horizon, [(10, 18, 36), (20, 34, 60), (48, 66, 96)])
    skyline = 0.0
    while skyline < WIDTH:
        width = sheet.dice.uniform(46, 150)
        height = sheet.dice.uniform(60, 260) * (1.4 - abs(skyline - 1300) / 1500)
        tone = mix((12, 20, 38), (34, 48, 74), sheet.dice.random())
        sheet.box(skyline, horizon - height, width, height, tone)
        for wx in range(int(skyline) + 10, int(skyline + width) - 12, 22):
            for wy in range(int(horizon - height) + 14, horizon - 14, 30):
                if sheet.dice.random() < 0.34:
                    sheet.box(
                        wx,
                        wy,
                        9,
                        13,
                        sheet.dice.choice([(250, 210, 130), (240, 226, 190)]),
                    )
        skyline += width
    sheet.fade(horizon, HEIGHT, [(34, 50, 80), (8, 14, 28)])
    for _ in range(70):
        x = sheet.dice.uniform(0, WIDTH)
        colour = sheet.dice.choice(
            [(250, 206, 120), (244, 228, 190), (232, 110, 70), (160, 196, 220)]
        )
        length = sheet.dice.uniform(180, 640)
        y = float(horizon)
        while y < horizon + length:
            width = sheet.dice.uniform(8, 34)
            sheet.box(
                x - width / 2,
                y,
                width,
                6,
                colour,
                int(170 * (1 - (y - horizon) / length)),
            )
            y += sheet.dice.uniform(9, 22)
    sheet.waves(horizon + 40, HEIGHT, (6, 12, 26), rows=26, strength=160)


def sandstorm(sheet: Canvas) -> None:
    sheet.fade(
        0, HEIGHT, [(150, 104, 60), (206, 158, 98), (232, 200, 148), (214, 176, 120)]
    )
    for i in range(16):
        base = 120 + i * 62
        tone = ramp([(160, 112, 66), (224, 184, 124), (240, 216, 172)], i / 15)
        crest = sheet.ridge(base, 40 + 3 * i, rough=0.44, n=8)
        sheet.shape([*crest, (WIDTH, base + 190), (0, base + 190)], tone, 96)
    sheet.fade(1150, 1330, [(150, 150, 130), (112, 126, 122)])
    sheet.land(sheet.ridge(1330, 10, rough=0.5), (176, 128, 76))
    for i, x in enumerate((180, 760, 1340, 1900)):
        haze = mix((92, 78, 60), (206, 166, 112), 0.18 + 0.2 * i)
        k = 1.0 - i * 0.12
        y = 1196
        sheet.shape(
            [
                (x, y - 70 * k),
                (x + 430 * k, y - 70 * k),
                (x + 456 * k, y - 92 * k),
                (x + 430 * k, y),
                (x + 24 * k, y),
            ],
            haze,
        )
        for c in range(6):
            sheet.box(
                x + 96 * k + c * 54 * k,
                y - (120 + 26 * ((c * 7 + i) % 3)) * k,
                48 * k,
                90 * k,
                haze,
            )
        sheet.box(x + 20 * k, y - 190 * k, 62 * k, 130 * k, haze)
    for _ in range(900):
        at, up = sheet.dice.uniform(-60, WIDTH), sheet.dice.uniform(0, HEIGHT)
        sheet.line(
            [
                (at, up),
                (at + sheet.dice.uniform(20, 110), up + sheet.dice.uniform(-6, 4)),
            ],
            sheet.dice.choice([(244, 222, 180), (176, 126, 76)]),
            2,
        )


def turbines(sheet: Canvas) -> None:
    horizon = 1120
    sheet.fade(0, horizon, [(120, 156, 184), (186, 206, 214), (236, 228, 210)])
    sheet.glow(500, 900, 700, (255, 240, 210), 110)
    for row in range(5):
        k = (0.2, 0.32, 0.5, 0.78, 1.2)[row]
        tone = mix(PAPER, NAVY, (0.16, 0.26, 0.42, 0.66, 0.95)[row])
        count = (9, 7, 5, 3, 2)[row]
        for i in range(count):
            x = (i + 0.5) / count * WIDTH + sheet.dice.uniform(-50, 50) + (row % 2) * 90
            _turbine(
                sheet, x, horizon + 26 + row * 34, k, tone, sheet.dice.uniform(0, 2.1)
            )
    sheet.fade(horizon + 10, HEIGHT, [(150, 180, 194), (66, 104, 132), (26, 50, 78)])
    sheet.waves(horizon + 14, HEIGHT, (232, 240, 240), rows=30, strength=110)
    sheet.waves(horizon + 60, HEIGHT, (18, 40, 66), rows=22, strength=90)


def _turbine(
    sheet: Canvas,
    x: float,
    foot: float,
    k: float,
    colour: tuple[int, int, int],
    turn: float,
) -> None:
    hub = foot - 760 * k
    sheet.shape(
        [(x - 15 * k, foot), (x - 7 * k, hub), (x + 7 * k, hub), (x + 15 * k, foot)],
        colour,
    )
    for blade in range(3):
        angle = turn + blade * math.tau / 3
        tip = (x + math.cos(angle) * 400 * k, hub + math.sin(angle) * 400 * k)
        side = (
            math.cos(angle + math.pi / 2) * 17 * k,
            math.sin(angle + math.pi / 2) * 17 * k,
        )
        bulge = (x + math.cos(angle) * 90 * k, hub + math.sin(angle) * 90 * k)
        sheet.shape([(x, hub), (bulge[0] + side[0], bulge[1] + side[1]), tip], colour)
    sheet.dot(x, hub, 16 * k, colour)


def shipyard(sheet: Canvas) -> None:
    ground = 1330
    sheet.fade(0, ground, [(196, 206, 206), (228, 224, 208), (240, 222, 190)])
    for x, k, tone in (
        (300, 0.8, mix(PAPER, SLATE, 0.45)),
        (2020, 0.9, mix(PAPER, SLATE, 0.5)),
    ):
        _crane(sheet, x, ground, k, tone)
    _crane(sheet, 1000, ground, 1.0, RED)
    # The ribs of a hull on the slip
    for i in range(19):
        x = 500 + i * 78
        swell = 330 * math.sin((i + 2) / 22 * math.pi) ** 0.6
        sheet.line(
            [
                (x, ground - 40),
                (x - 8, ground - 120 - swell * 0.4),
                (x + 4, ground - 140 - swell),
            ],
            INK,
            14,
        )
    top = [
        (500 + i * 78, ground - 140 - 330 * math.sin((i + 2) / 22 * math.pi) ** 0.6)
        for i in range(19)
    ]
    sheet.line(top, INK, 12)
    sheet.line([(x, y + 110) for x, y in top], SLATE, 6)
    plates = [(500 + i * 78, ground - 40) for i in range(12)]
    sheet.shape([*plates, *[(x, y + 150) for x, y in reversed(top[:12])]], BLUE, 210)
    sheet.box(0, ground - 40, WIDTH, 44, INK)
    sheet.fade(ground + 4, HEIGHT, [(112, 110, 104), (72, 74, 78)])
    for i in range(28):
        sheet.line(
            [(i * 100 - 200, HEIGHT), (600 + i * 46, ground + 4)], (96, 96, 94), 4
        )


def _crane(
    sheet: Canvas, x: float, ground: float, k: float, colour: tuple[int, int, int]
) -> None:
    top = ground - 940 * k
    for dx in (-90, 90):
        sheet.line(
            [(x + dx * k, ground), (x + dx * 0.45 * k, top)], colour, round(18 * k)
        )
    for i in range(8):
        a, b = i / 8, (i + 1) / 8
        left = x - (90 - 50 * a) * k, ground - 940 * k * a
        right = x + (90 - 50 * b) * k, ground - 940 * k * b
        sheet.line([left, right], colour, round(7 * k))
        sheet.line(
            [(x + (90 - 50 * a) * k, left[1]), (x - (90 - 50 * b) * k, right[1])],
            colour,
            round(7 * k),
        )
    sheet.box(x - 420 * k, top - 56 * k, 1180 * k, 40 * k, colour)
    sheet.line([(x, top - 240 * k), (x - 400 * k, top - 50 * k)], colour, round(7 * k))
    sheet.line([(x, top - 240 * k), (x + 740 * k, top - 50 * k)], colour, round(7 * k))
    sheet.line([(x, top), (x, top - 244 * k)], colour, round(16 * k))
    sheet.box(x - 420 * k, top - 20 * k, 130 * k, 90 * k, colour)
    sheet.line([(x + 560 * k, top - 20 * k), (x + 560 * k, top + 330 * k)], INK, 4)
    sheet.box(x + 510 * k, top + 330 * k, 100 * k, 40 * k, OCHRE)


def fog(sheet: Canvas) -> None:
    sheet.fade(0, 640, [(190, 197, 200), (216, 218, 214)])
    sheet.fade(640, HEIGHT, [(214, 217, 214), (176, 188, 194), (104, 124, 138)])
    ships = (
        ((260, 1010, 1790), 650, 0.6),
        ((60, 1560), 800, 0.95),
        ((690,), 1080, 1.55),
    )
    for row, (places, y, k) in enumerate(ships):
        haze = mix((206, 210, 208), (58, 72, 88), 0.2 + 0.3 * row)
        sheet.waves(y - 20, y + 240, (234, 236, 232), rows=14, strength=120)
        for x in places:
            _coaster(sheet, x, y, k, haze)
            for n in range(9):  # what the water gives back of her
                width = sheet.dice.uniform(160, 460) * k
                left = x + sheet.dice.uniform(20, 540 * k - width * 0.8)
                sheet.box(left, y + 8 + n * 13 * k, width, 5 * k, haze, 120 - n * 12)
        bank = sheet.ridge(y + 40 * k, 34, rough=0.4, n=7)
        sheet.shape([*bank, (WIDTH, y + 90), (0, y + 90)], (222, 224, 220), 70)
    sheet.waves(1260, HEIGHT, (228, 232, 230), rows=12, strength=110, width=8)
    sheet.glow(2020, 1150, 150, (226, 110, 84), 130)
    sheet.dot(2020, 1150, 16, RED)


def _coaster(
    sheet: Canvas, x: float, y: float, k: float, tone: tuple[int, int, int]
) -> None:
    """A cargo ship from the side, all in one tone: what fog leaves of her."""
    hull = [(0, -52), (520, -52), (566, -78), (540, 0), (26, 0)]
    house = [(24, -52), (24, -190), (112, -190), (124, -52)]
    for part in (hull, house):
        sheet.shape([(x + a * k, y + b * k) for a, b in part], tone)
    for mast in (240, 400):
        sheet.line([(x + mast * k, y - 52 * k), (x + mast * k, y - 200 * k)], tone, 7)
    sheet.line([(x + 70 * k, y - 190 * k), (x + 70 * k, y - 250 * k)], tone, 7)


def breakers(sheet: Canvas) -> None:
    sheet.fade(0, 700, [(176, 198, 206), (226, 226, 212), (240, 228, 204)])
    tones = [
        (126, 164, 184),
        (92, 138, 166),
        (60, 106, 142),
        (34, 76, 114),
        (20, 50, 84),
    ]
    for row, tone in enumerate(tones):
        base, height = 560 + row * 215, 90 + row * 52
        length, phase = 420 + row * 130, row * 1.9
        crest = []
        for x in range(-40, WIDTH + 60, 12):
            turn = x / length * math.tau + phase
            # A wave with a sharp top: long troughs, steep backs
            lift = (1 - abs(math.sin(turn / 2))) ** 1.7
            crest.append((float(x), base - height * lift))
        sheet.land(crest, tone)
        sheet.line(crest, CREAM, 6 + 3 * row)
        for fold in range(1, 6):
            line = [(x, y + fold * (18 + 8 * row)) for x, y in crest]
            sheet.line(line, mix(tone, MIST, 0.30 - 0.05 * fold), 4)
        for at, up in crest[:: max(3, 9 - row)]:
            if up < base - height * 0.62:
                for _ in range(5 + row):
                    sheet.dot(
                        at + sheet.dice.uniform(-46, 46),
                        up - sheet.dice.uniform(0, 22 + 12 * row),
                        sheet.dice.uniform(2, 5 + row),
                        PAPER,
                        220,
                    )


SCENES = {
    "fog": fog,
    "breakers": breakers,
    "lighthouse": lighthouse,
    "harbour-night": harbour_night,
    "sandstorm": sandstorm,
    "turbines": turbines,
    "shipyard": shipyard,
}
