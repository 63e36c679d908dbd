"""Addresses in documents: made absolute, http and https only."""

import re
from urllib.parse import urljoin

LONGEST = 2_048  # characters; a longer address is no address of a story
_READY = re.compile(r"https?://(?:[A-Za-z0-9]|\[[0-9a-fA-F:.]+\])[!-~]*\Z")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_GAPS = re.compile(r"[\x00-\x1f\x7f]+")
_RELATIVE = re.compile(
    r"""(<[a-z][^<>]*?\s(?:href|src|poster|cite)\s*=\s*)"""
    r"""(?:"(?!\s*[a-z][a-z0-9+.-]*:)([^"<>]*)"|'(?!\s*[a-z][a-z0-9+.-]*:)([^'<>]*)')""",
    re.IGNORECASE,
)
_LINKS = ('ref="', 'src="', "ref='", "src='")  # counted: faster than any pattern


def absolute(url: str | None, base: str = "") -> str:
    """Return the http(s) address `url` means beside `base`, or "" if it means none."""
    if not url:
        return ""
    url = url.strip()
    if len(url) > LONGEST:
        return ""
    if _READY.match(url):
        return url
    url = _GAPS.sub("", url).replace(" ", "%20")
    try:
        if not _SCHEME.match(url):
            url = urljoin(base or "https:", url) if base or url[:2] == "//" else ""
        return url if _has_host(url) else ""
    except ValueError:  # "http://[": not an address
        return ""


def absolute_markup(markup: str, base: str) -> str:
    """Return `markup` with the relative addresses of links and pictures completed."""
    if not base or not _may_be_relative(markup):
        return markup

    def complete(match: re.Match[str]) -> str:
        before, double, single = match.groups()
        url = double if double is not None else single
        found = absolute(url.replace("&amp;", "&"), base).replace("&", "&amp;")
        return f'{before}"{found.replace(chr(34), "%22") or url}"'

    return _RELATIVE.sub(complete, markup)


def _may_be_relative(markup: str) -> bool:
    if "<" not in markup:
        return False
    for link in _LINKS:
        found = markup.count(link)
        if found and found != markup.count(link + "http"):
            return True
    return "HREF" in markup or "SRC" in markup or "ref =" in markup or "rc =" in markup


def _has_host(url: str) -> bool:
    scheme, _, rest = url.partition("://")
    named = rest[:1].isalnum() or (rest[:1] == "[" and "]" in rest)
    return scheme.lower() in ("http", "https") and named
