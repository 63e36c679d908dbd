"""Where readers find things: paths below the paper's own URL. Pure."""

from __future__ import annotations

from datetime import date


def article_path(section: str, on: date, slug: str) -> str:
    """Return the path of an article; `on` is the paper's day it was first public."""
    return f"/{section}/{on:%Y/%m/%d}/{slug}/"
