"""Text measured the way a reader sees it: in grapheme clusters (UAX #29)."""

import regex

_CLUSTER = regex.compile(r"\X")
ELLIPSIS = "…"


def length(text: str) -> int:
    """Return how many characters a reader sees."""
    return sum(1 for _ in _CLUSTER.finditer(text))


def cut(text: str, n: int) -> str:
    """Return `text` in at most `n` visible characters, an ellipsis included.

    Never cuts inside a flag, an emoji family or a letter with its marks. Raises
    `ValueError` unless `n` is positive.
    """
    if n < 1:
        raise ValueError(f"cannot cut to {n} characters")
    if len(text) <= n:  # a cluster has at least one code point
        return text
    keep = end = 0
    for count, cluster in enumerate(_CLUSTER.finditer(text), start=1):
        if count > n:
            return text[:keep].rstrip() + ELLIPSIS
        keep, end = end, cluster.end()
    return text
