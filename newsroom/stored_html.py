"""Every kind of stored HTML, and rendering again what is old.

`manage.py render` does it whole; `manage.py prepare` starts it in the background, a short
slice a task, so that no other work of the queue waits long.
"""

from __future__ import annotations

from articles.stored_html import ARTICLES
from foundation.stored_html import Kind, render
from markets.rerendering import CHIPS
from wire.stored_html import RAIL_ROWS

# Smallest first, so that what readers see at the top is soon right
KINDS: tuple[Kind, ...] = (CHIPS, ARTICLES, RAIL_ROWS)
SLICE = 2.0  # seconds of one task


def any_old() -> bool:
    """Tell whether anything is rendered with something older than this release."""
    return any(kind.old().exists() for kind in KINDS)


def render_slice(seconds: float = SLICE) -> bool:
    """Render what is old for about so long; tell whether some of it is left.

    What somebody else held all the time does not count: the doctor names it.
    """
    for kind in KINDS:
        outcome = render(kind, seconds=seconds)
        if outcome.left:
            return outcome.rendered > 0
    return False
