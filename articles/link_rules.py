"""Which links lead to one post, and which prove nothing. Pure."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

_UNWRITTEN = re.compile(r"[{}<>]|\.\.\.|…|\b(?:placeholder|xxx+|todo)\b", re.IGNORECASE)
_SAMPLE_HOSTS = {"example.com", "example.org", "example.net"}
_TELEGRAM = {"t.me", "telegram.me", "telegram.dog"}
_X = {"x.com", "twitter.com", "mobile.twitter.com", "mobile.x.com"}
_SEQUENCES = ("1234567890123456789", "9876543210")
SHORTEST_STATUS = 10  # digits; X has numbered its posts with more since 2010


class UnusableLink(ValueError):
    """A link that leads to no post; the message is fit for the editor.

    `is_bare` says it leads to something real, an account or a home page, and not to a
    post of theirs; others were made up or never filled in.
    """

    def __init__(self, url: str, reason: str, *, is_bare: bool = False) -> None:
        super().__init__(f"{url} cannot stand as evidence: {reason}.")
        self.is_bare = is_bare


def check_link(url: str) -> None:
    """Raise `UnusableLink` unless `url` leads to one post or one page.

    An empty one is right: what the source sent had no link, and our own stored copy is
    what is cited. Pure; whether anything answers there is not asked.
    """
    if not url:
        return
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise UnusableLink(url, f"it is no web address ({error})") from error
    _check(url, parts)


def _check(url: str, parts: SplitResult) -> None:
    host = (parts.hostname or "").removeprefix("www.")
    steps = [step for step in parts.path.split("/") if step]
    if parts.scheme not in ("http", "https") or not host:
        raise UnusableLink(url, "it is no web address")
    if host in _SAMPLE_HOSTS:
        raise UnusableLink(url, "it is a sample address")
    if _UNWRITTEN.search(parts.path):
        raise UnusableLink(url, "part of it has not been filled in")
    if host in _TELEGRAM:
        _check_telegram(url, steps)
    elif host in _X:
        _check_status(url, steps)
    elif not steps and not parts.query:
        raise UnusableLink(url, "it is a home page", is_bare=True)
    elif _is_account(host, steps):
        raise UnusableLink(url, "it names an account, not a post", is_bare=True)


def _is_account(host: str, steps: list[str]) -> bool:
    """Tell an account from a post, for Bluesky and what looks like Mastodon."""
    if host == "bsky.app":
        return not (len(steps) == 4 and steps[::2] == ["profile", "post"])
    return len(steps) == 1 and steps[0].startswith("@")


def _check_telegram(url: str, steps: list[str]) -> None:
    if steps[:1] == ["s"]:
        steps = steps[1:]
    if len(steps) < 2 or not steps[-1].isdecimal() or int(steps[-1]) == 0:
        raise UnusableLink(url, "it names a channel, not a post", is_bare=True)


def _check_status(url: str, steps: list[str]) -> None:
    if len(steps) < 3 or steps[1] != "status":
        raise UnusableLink(url, "it names an account, not a post", is_bare=True)
    number = steps[2]
    if not number.isdecimal() or len(number) < SHORTEST_STATUS:
        raise UnusableLink(url, f"“{number}” is not the number of a post")
    if len(set(number)) == 1 or any(run.startswith(number) for run in _SEQUENCES):
        raise UnusableLink(url, f"“{number}” looks made up")
