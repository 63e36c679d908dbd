"""A price's course as SVG: no script, prints as it stands, told in words too. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.html import format_html
from django.utils.safestring import SafeString

WIDTH, HEIGHT, EDGE = 640, 160, 4
MOST_POINTS = 240


@dataclass(frozen=True, slots=True)
class Point:
    """One price at one instant."""

    at: datetime
    value: Decimal


def sparkline(
    points: Sequence[Point], *, label: str, previous: Decimal | None = None
) -> SafeString:
    """Draw the points, oldest first; empty with fewer than two.

    `label` is what a screen reader says. `previous` adds a line at the reference.
    """
    if len(points) < 2:
        return SafeString("")
    values = [point.value for point in points]
    reach = [*values, *([previous] if previous is not None else [])]
    low, high = min(reach), max(reach)
    first, last = points[0].at, points[-1].at
    wide = (last - first).total_seconds() or 1.0
    tall = float(high - low) or 1.0

    def x(at: datetime) -> float:
        return EDGE + (at - first).total_seconds() / wide * (WIDTH - 2 * EDGE)

    def y(value: Decimal) -> float:
        return HEIGHT - EDGE - float(value - low) / tall * (HEIGHT - 2 * EDGE)

    shown = thinned(points)
    path = " ".join(f"{x(point.at):.1f},{y(point.value):.1f}" for point in shown)
    baseline = SafeString("")
    if previous is not None:
        baseline = format_html(
            '<line class="sparkline-reference" x1="0" x2="{}" y1="{}" y2="{}"/>',
            WIDTH,
            f"{y(previous):.1f}",
            f"{y(previous):.1f}",
        )
    return format_html(
        '<svg class="sparkline" role="img" aria-label="{}" viewBox="0 0 {} {}" '
        'width="{}" height="{}" preserveAspectRatio="none" fill="none" '
        'stroke="currentColor">{}'
        '<polyline class="sparkline-course" points="{}" stroke-width="1.5" '
        'stroke-linejoin="round" vector-effect="non-scaling-stroke"/></svg>',
        label,
        WIDTH,
        HEIGHT,
        WIDTH,
        HEIGHT,
        baseline,
        path,
    )


def thinned(points: Sequence[Point]) -> Sequence[Point]:
    """At most `MOST_POINTS` of the points, with every bucket's high and low kept."""
    if len(points) <= MOST_POINTS:
        return points
    size = -(-len(points) // (MOST_POINTS // 2 - 1))
    kept: list[Point] = []
    for start in range(0, len(points), size):
        bucket = points[start : start + size]
        ends = {
            min(bucket, key=lambda point: point.value),
            max(bucket, key=lambda point: point.value),
        }
        kept.extend(sorted(ends, key=lambda point: point.at))
    return [points[0], *kept[1:-1], points[-1]]
