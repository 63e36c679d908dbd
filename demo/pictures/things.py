"""Things close up: a chip, a core of mud, shelves, fish, a stage."""

from __future__ import annotations

import math

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from demo.pictures.canvas import (
    BLUE,
    CREAM,
    HEIGHT,
    INK,
    OCHRE,
    PAPER,
    RED,
    RUST,
    SAND,
    SKY,
    SLATE,
    WIDTH,
    Canvas,
    mix,
    ramp,
)

_DIE = [
    (178, 128, 62),
    (206, 164, 96),
    (54, 92, 132),
    (34, 60, 92),
    (96, 132, 158),
    (142, 84, 52),
    (70, 76, 84),
]


def chip_die(sheet: Canvas) -> None:
    sheet.image.paste((24, 30, 40), (0, 0, WIDTH, HEIGHT))
    _divide(sheet, 120, 110, WIDTH - 240, HEIGHT - 220, 9)
    for i in range(58):
        sheet.box(130 + i * 37, 42, 22, 42, (206, 174, 110))
        sheet.box(130 + i * 37, HEIGHT - 84, 22, 42, (206, 174, 110))
    for i in range(37):
        sheet.box(46, 122 + i * 37, 42, 22, (206, 174, 110))
        sheet.box(WIDTH - 88, 122 + i * 37, 42, 22, (206, 174, 110))


def _divide(sheet: Canvas, x: float, y: float, w: float, h: float, depth: int) -> None:
    """Cut a rectangle in two, and those again, and fill what is left."""
    small = w < 130 and h < 130
    if depth == 0 or small or (depth < 4 and sheet.dice.random() < 0.14):
        _circuit(sheet, x, y, w, h)
        return
    cut = sheet.dice.uniform(0.3, 0.7)
    if w > h:
        _divide(sheet, x, y, w * cut, h, depth - 1)
        _divide(sheet, x + w * cut, y, w * (1 - cut), h, depth - 1)
    else:
        _divide(sheet, x, y, w, h * cut, depth - 1)
        _divide(sheet, x, y + h * cut, w, h * (1 - cut), depth - 1)


def _circuit(sheet: Canvas, x: float, y: float, w: float, h: float) -> None:
    tone = RED if sheet.dice.random() < 0.02 else sheet.dice.choice(_DIE)
    sheet.box(x + 3, y + 3, w - 6, h - 6, tone)
    fine = sheet.dice.choice([9, 12, 18])
    lighter = mix(tone, PAPER, 0.16)
    if sheet.dice.random() < 0.5:
        for i in range(1, int(h // fine)):
            sheet.line([(x + 6, y + i * fine), (x + w - 8, y + i * fine)], lighter, 3)
    elif sheet.dice.random() < 0.7:
        for i in range(1, int(w // fine)):
            sheet.line([(x + i * fine, y + 6), (x + i * fine, y + h - 8)], lighter, 3)


def varves(sheet: Canvas) -> None:
    y = 0.0
    light, dark = (
        [(226, 212, 184), (214, 196, 160), (206, 196, 178)],
        [(104, 78, 56), (86, 68, 56), (122, 98, 74)],
    )
    while y < HEIGHT:
        summer, winter = sheet.dice.uniform(6, 30), sheet.dice.uniform(4, 15)
        for thick, tones in ((summer, light), (winter, dark)):
            tone = mix(
                sheet.dice.choice(tones), (150, 128, 100), sheet.dice.uniform(0, 0.35)
            )
            phase = y / 190
            top = [
                (
                    x,
                    y
                    + 9 * math.sin(x / 310 + phase)
                    + 4 * math.sin(x / 90 + 2 * phase),
                )
                for x in range(0, WIDTH + 40, 30)
            ]
            bottom = [(x, py + thick + 2) for x, py in reversed(top)]
            sheet.shape([*top, *bottom], tone)
            y += thick
    flood = [
        (x, 930 + 9 * math.sin(x / 310 + 5) + 4 * math.sin(x / 90 + 10))
        for x in range(0, WIDTH + 40, 30)
    ]
    sheet.shape([*flood, *[(x, py + 92) for x, py in reversed(flood)]], (198, 162, 106))
    for _ in range(1600):
        sheet.dot(
            sheet.dice.uniform(0, WIDTH),
            sheet.dice.uniform(938, 1010),
            sheet.dice.uniform(1.5, 4),
            (128, 92, 56),
            170,
        )
    shade = Image.linear_gradient("L").rotate(90).resize((WIDTH, HEIGHT))
    edge = ImageChops.lighter(shade, shade.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    sheet.image.paste(
        (30, 22, 18), mask=edge.point([max(0, v - 168) * 2 for v in range(256)])
    )
    sheet.line([(1900, 976), (2130, 976)], RED, 7)
    sheet.text(
        2150,
        976,
        "1342",
        size=84,
        serif=True,
        colour=PAPER,
        anchor="lm",
        weight="SemiBold",
    )


def glass_plates(sheet: Canvas) -> None:
    sheet.image.paste((238, 232, 218), (0, 0, WIDTH, HEIGHT))
    sepia = [(62, 44, 32), (150, 112, 76), (232, 212, 176)]
    cyan = [(18, 36, 56), (84, 120, 144), (214, 226, 226)]
    for row in range(3):
        for column in range(4):
            tones = cyan if (row, column) in ((0, 2), (1, 0), (2, 3)) else sepia
            x, y = 90 + column * 565, 80 + row * 490
            sheet.box(x + 10, y + 12, 525, 450, (190, 180, 160), 150)
            sheet.box(x, y, 525, 450, tones[0])
            _plate(sheet, x + 18, y + 18, 489, 414, tones)
    sheet.draw.rectangle(
        (90 + 565 - 8, 80 + 490 - 8, 90 + 565 + 533, 80 + 490 + 458),
        outline=RED,
        width=12,
    )


def _plate(
    sheet: Canvas, x: int, y: int, w: int, h: int, tones: list[tuple[int, int, int]]
) -> None:
    plate = Image.new("RGB", (w, h))
    pen = ImageDraw.Draw(plate)
    for line in range(h):
        pen.line(
            (0, line, w, line),
            fill=ramp([tones[2], mix(tones[2], tones[1], 0.5)], line / h),
        )
    dice = sheet.dice
    ground = h * dice.uniform(0.66, 0.8)
    for layer in range(2):
        at = -20.0
        while at < w:
            width = dice.uniform(36, 96)
            height = dice.uniform(60, 190) * (0.8 + 0.4 * layer)
            tone = mix(tones[1], tones[0], 0.2 + 0.5 * layer + dice.uniform(-0.1, 0.1))
            pen.rectangle((at, ground - height, at + width, ground), fill=tone)
            if dice.random() < 0.7:
                pen.polygon(
                    [
                        (at - 4, ground - height),
                        (at + width / 2, ground - height - width * 0.5),
                        (at + width + 4, ground - height),
                    ],
                    fill=mix(tone, tones[0], 0.4),
                )
            for wy in range(int(ground - height) + 14, int(ground) - 18, 26):
                for wx in range(int(at) + 8, int(at + width) - 10, 18):
                    pen.rectangle(
                        (wx, wy, wx + 7, wy + 11),
                        fill=mix(
                            tone, tones[0] if dice.random() < 0.6 else tones[2], 0.6
                        ),
                    )
            at += width + dice.uniform(-6, 16)
    pen.polygon(
        [(0, ground), (w, ground), (w, h), (0, h)], fill=mix(tones[1], tones[2], 0.35)
    )
    pen.polygon(
        [(w * 0.42, ground), (w * 0.5, ground), (w * 0.86, h), (w * 0.1, h)],
        fill=mix(tones[1], tones[2], 0.65),
    )
    for _ in range(dice.randrange(2, 6)):
        px, size = dice.uniform(40, w - 40), dice.uniform(34, 62)
        foot = ground + dice.uniform(16, h - ground - 8)
        pen.ellipse(
            (px - size * 0.13, foot - size, px + size * 0.13, foot - size * 0.74),
            fill=tones[0],
        )
        pen.polygon(
            [
                (px - size * 0.2, foot),
                (px - size * 0.12, foot - size * 0.72),
                (px + size * 0.12, foot - size * 0.72),
                (px + size * 0.2, foot),
            ],
            fill=tones[0],
        )
    plate = plate.filter(ImageFilter.GaussianBlur(1.4))
    sheet.image.paste(plate, (x, y))


def _curtains(sheet: Canvas) -> None:
    for side in (0, 1):
        for fold in range(9):
            x = fold * 46 if side == 0 else WIDTH - fold * 46 - 50
            tone = mix((128, 26, 22), (66, 10, 14), (fold % 3) / 2)
            sheet.shape(
                [
                    (x, -10),
                    (x + 54, -10),
                    (x + 50 + fold * (2 if side == 0 else -2), 1260),
                    (x - 4, 1260),
                ],
                tone,
            )


def stage(sheet: Canvas) -> None:
    sheet.fade(0, 1150, [(14, 14, 20), (30, 22, 28)])
    sheet.fade(1150, HEIGHT, [(86, 58, 42), (38, 26, 22)])
    for i in range(26):
        sheet.line(
            [(i * 210 - 1500, HEIGHT), (WIDTH / 2 + (i - 13) * 110, 1150)],
            (60, 40, 30),
            4,
        )
    for x0, tone in ((300, (255, 222, 160)), (2100, (170, 206, 232))):
        for spread, alpha in ((360, 34), (270, 44), (190, 52)):
            sheet.shape(
                [
                    (x0 - 16, -40),
                    (x0 + 16, -40),
                    (1200 + spread * 1.6, 1320),
                    (1200 - spread * 1.6, 1320),
                ],
                tone,
                alpha,
            )
    sheet.draw.ellipse((620, 1190, 1780, 1450), fill=(255, 232, 190, 70))
    sheet.draw.ellipse((780, 1235, 1620, 1415), fill=(255, 238, 206, 90))
    _curtains(sheet)
    x, y = 1200, 1330
    sheet.draw.ellipse((x - 330, y - 14, x + 330, y + 34), fill=(20, 12, 12, 120))
    dome = [
        (x + 340 * math.cos(a), y - 330 - 270 * math.sin(a))
        for a in (i / 40 * math.pi for i in range(41))
    ]
    scallop = []
    for i in range(6):
        for j in range(9):
            a = j / 8 * math.pi
            scallop.append(
                (
                    x - 340 + i * 113.4 + 56.7 - 56.7 * math.cos(a),
                    y - 330 - 34 * math.sin(a),
                )
            )
    sheet.shape([*dome, *scallop], RED)
    for i in range(1, 6):
        px = x - 340 + i * 113.4
        sheet.line(
            [(px, y - 330), ((px + x) / 2 + (px - x) * 0.2, y - 500), (x, y - 600)],
            (140, 34, 22),
            5,
        )
    sheet.line([(x, y - 636), (x, y - 40)], INK, 12)
    sheet.draw.arc((x - 56, y - 80, x + 6, y - 4), 0, 180, fill=INK, width=12)


def shelves(sheet: Canvas) -> None:
    sheet.image.paste((58, 46, 38), (0, 0, WIDTH, HEIGHT))
    vanish = (1480, 700)
    tones = [OCHRE, SAND, CREAM, RUST, (168, 124, 76), SLATE, (198, 176, 138)]
    for side in (-1, 1):
        for bay in range(9):
            near, far = 0.82**bay, 0.82 ** (bay + 1)
            for row in range(7):
                for book in range(12):
                    a0 = near + (far - near) * book / 12
                    a1 = near + (far - near) * (book + 0.86) / 12
                    xa, xb = (vanish[0] + side * 1700 * a for a in (a0, a1))
                    ya, yb = (vanish[1] - 900 + row * 290 for _ in range(2))
                    low = 0.1 + 0.12 * sheet.dice.random()
                    tone = mix(
                        sheet.dice.choice(tones), (40, 32, 28), min(0.75, bay * 0.09)
                    )
                    if side == -1 and (bay, row, book) == (2, 3, 6):
                        tone = RED
                    top = [
                        (xa, vanish[1] + (ya - vanish[1] + 290 * low) * a0),
                        (xb, vanish[1] + (yb - vanish[1] + 290 * low) * a1),
                    ]
                    foot = [
                        (xb, vanish[1] + (yb - vanish[1] + 268) * a1),
                        (xa, vanish[1] + (ya - vanish[1] + 268) * a0),
                    ]
                    sheet.shape([*top, *foot], tone)
    sheet.shape(
        [
            (vanish[0] - 300, vanish[1] + 240),
            (vanish[0] + 290, vanish[1] + 240),
            (2700, HEIGHT),
            (-300, HEIGHT),
        ],
        (120, 104, 88),
    )
    sheet.glow(vanish[0], vanish[1] - 30, 520, (255, 232, 186), 220)


def shelf_labels(sheet: Canvas) -> None:
    sheet.image.paste((150, 130, 104), (0, 0, WIDTH, HEIGHT))
    for row in range(4):
        y = row * 410
        sheet.box(0, y, WIDTH, 200, mix((96, 80, 64), INK, 0.2))
        x = 20.0
        while x < WIDTH:
            width, height = sheet.dice.uniform(90, 150), sheet.dice.uniform(120, 190)
            tone = sheet.dice.choice(
                [RED, OCHRE, CREAM, BLUE, SKY, SAND, RUST, (96, 130, 104)]
            )
            for _ in range(sheet.dice.randrange(2, 5)):
                sheet.box(x, y + 200 - height, width - 8, height, tone)
                sheet.box(
                    x + 8,
                    y + 200 - height * 0.7,
                    width - 24,
                    height * 0.32,
                    mix(tone, PAPER, 0.7),
                )
                x += width
            x += 14
        sheet.box(0, y + 200, WIDTH, 210, (206, 196, 176))
        sheet.box(0, y + 200, WIDTH, 14, (120, 104, 84))
        for column in range(6):
            lx = 34 + column * 400 + (row % 2) * 34
            special = (row, column) in ((1, 3), (2, 0))
            sheet.box(lx + 6, y + 238, 330, 148, (150, 138, 116), 140)
            sheet.box(lx, y + 232, 330, 148, RED if special else PAPER)
            ink = PAPER if special else INK
            price = (
                f"{sheet.dice.randrange(8, 64)}.{sheet.dice.choice([20, 50, 90, 95])}"
            )
            sheet.text(lx + 20, y + 246, price, size=84, colour=ink, weight="Bold")
            sheet.text(
                lx + 310,
                y + 366,
                f"{sheet.dice.randrange(40, 190)}.00 / kg",
                size=40,
                colour=ink,
                anchor="rs",
            )


SCENES = {
    "chip-die": chip_die,
    "varves": varves,
    "glass-plates": glass_plates,
    "stage": stage,
    "shelves": shelves,
    "shelf-labels": shelf_labels,
}
