"""The demo's pictures, drawn when they are needed: none is kept in the repository.

A scene is a function that draws on a `Canvas`; its dice come from its name, so the same
name gives the same picture on every machine.
"""

from __future__ import annotations

from collections.abc import Callable

from demo.pictures import charts, coast, creatures, inland, maps, papers, sea, things
from demo.pictures.canvas import Canvas, jpeg, mix
from demo.pictures.portraits import LOOKS, portrait

__all__ = ["PORTRAITS", "SCENES", "draw", "snapshot"]

SCENES: dict[str, Callable[[Canvas], None]] = {
    **sea.SCENES,
    **coast.SCENES,
    **maps.SCENES,
    **inland.SCENES,
    **charts.SCENES,
    **things.SCENES,
    **creatures.SCENES,
    **papers.SCENES,
}
PORTRAITS = tuple(LOOKS)


def draw(name: str) -> bytes:
    """Draw a scene (2400 × 1600) or an author's portrait (900 × 900) as JPEG bytes.

    Takes about 0.4 s. Raises `KeyError` if there is no such picture.
    """
    if name in LOOKS:
        return jpeg(portrait(name))
    sheet = Canvas(name)
    SCENES[name](sheet)
    return jpeg(sheet.finish())


def snapshot(name: str) -> bytes:
    """A small, soft sea view for the albums of the fictional channels."""
    sheet = Canvas(name, size=(453, 301))
    light = mix((120, 150, 172), (226, 206, 178), sheet.dice.random())
    sheet.fade(0, 160, [mix(light, (40, 60, 90), 0.4), light])
    sheet.land(sheet.ridge(150, 16, n=6), mix(light, (30, 44, 66), 0.6), 162)
    sheet.fade(160, 301, [mix(light, (40, 70, 96), 0.4), (26, 42, 64)])
    x = sheet.dice.uniform(60, 240)
    sheet.shape([(x, 172), (x + 130, 172), (x + 120, 184), (x + 8, 184)], (26, 28, 34))
    sheet.box(x + 8, 152, 22, 20, (40, 42, 48))
    return jpeg(sheet.image.convert("RGB"), quality=70)
