"""How fast passwords may be tried: slower with every wrong one, and never shut for good.

Three counts, each of tries that were not right: those for one account from one network,
those from one network, and those for one account from anywhere. Whoever signed in from a
network lately is held to the first alone, so no stranger can keep an editor out by
guessing. A try is counted before its password is looked at: of a burst, no more are
looked at than may be. All of it is rows of PostgreSQL; a cache may be lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from unicodedata import normalize

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from staff.models import AccessEvent, Throttle

KNOWN_FOR = timedelta(days=60)  # a network is an account's own after a sign-in
KEEP_IDLE = timedelta(days=2)  # longer than any count takes to be forgotten, or waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How many wrong tries are free, and how the wait grows after them."""

    free: int
    first: timedelta  # the wait after the last free one; it doubles with each
    most: timedelta
    forget: timedelta  # in which one wrong try is forgotten

    def left(self, failures: int, at: datetime, now: datetime) -> int:
        """Return how many of the failures, the last of them at `at`, still count."""
        if at > now + self.most:
            return 0  # a clock was set back: nobody waits for the time it showed
        return max(0, failures - max(timedelta(0), now - at) // self.forget)

    def wait(self, failures: int, at: datetime, now: datetime) -> timedelta:
        """Return how long the next try must wait; zero or less: not at all."""
        over = self.left(failures, at, now) - self.free
        if over < 0:
            return timedelta(0)
        whole = min(self.first * 2 ** min(over, 20), self.most)
        return min(at + whole - now, whole)  # another host's clock may be ahead


MINUTE = timedelta(minutes=1)
ACCOUNT_HERE = Rule(
    free=5, first=MINUTE / 2, most=15 * MINUTE, forget=timedelta(hours=1)
)
NETWORK = Rule(free=20, first=MINUTE / 2, most=15 * MINUTE, forget=3 * MINUTE)
ACCOUNT = Rule(free=50, first=MINUTE / 6, most=5 * MINUTE, forget=10 * MINUTE)


class TooMany(Exception):
    """Too many wrong passwords; the message is fit for who typed them."""

    def __init__(self, wait: timedelta) -> None:
        self.seconds = max(1, -(-wait // timedelta(seconds=1)))  # rounded up
        super().__init__(
            "There were too many attempts with a wrong password. Please wait"
            f" {_in_words(self.seconds)}, then try again."
        )


def charge(name: str, network: str, *, now: datetime) -> list[str]:
    """Count one try before its password is looked at; return the keys it counts for.

    Raises `TooMany` if it comes too soon. Then nothing is counted, so an attacker's
    persistence does not make anybody wait longer.
    """
    rules = _rules(name, network, now=now)
    _refuse_too_soon(
        Throttle.objects.filter(key__in=rules), rules, now
    )  # cheap: no lock
    with transaction.atomic():
        # In the order of the keys, as everybody locks them: no deadlock.
        new = [Throttle(key=key, at=now) for key in sorted(rules)]
        Throttle.objects.bulk_create(new, ignore_conflicts=True)
        held = list(
            Throttle.objects.select_for_update().filter(key__in=rules).order_by("key")
        )
        _refuse_too_soon(held, rules, now)
        for row in held:
            row.failures = rules[row.key].left(row.failures, row.at, now) + 1
            row.at = now
        Throttle.objects.bulk_update(held, ["failures", "at"])
    return list(rules)


def refund(name: str, network: str, keys: Iterable[str]) -> None:
    """Take a try back that was right. What others tried from there, or for it, stays."""
    here = _here(name, network)
    Throttle.objects.filter(key=here).delete()
    rest = Throttle.objects.filter(key__in=sorted(set(keys) - {here}))
    with transaction.atomic():
        locked = list(rest.select_for_update().order_by("key").values_list("key"))
        if locked:
            rest.update(failures=Greatest(F("failures") - 1, 0))


def _refuse_too_soon(
    rows: Iterable[Throttle], rules: dict[str, Rule], now: datetime
) -> None:
    waits = [rules[row.key].wait(row.failures, row.at, now) for row in rows]
    longest = max(waits, default=timedelta(0))
    if longest > timedelta(0):
        raise TooMany(longest)


def _rules(name: str, network: str, *, now: datetime) -> dict[str, Rule]:
    """Return what a try for `name` from `network` is held to, by key."""
    here = {_here(name, network): ACCOUNT_HERE}
    known = AccessEvent.objects.sign_ins().filter(
        name=name, network=network, at__gt=now - KNOWN_FOR
    )
    if known.exists():
        return here
    return {
        **here,
        f"account {_folded(name)}": ACCOUNT,
        f"network {network}": NETWORK,
    }


def _here(name: str, network: str) -> str:
    return f"here {network} {_folded(name)}"


def _folded(name: str) -> str:
    """Return the name as the same for "Ines" and "ines": spelling wins no more tries."""
    return normalize("NFKC", name).casefold()[:150]


def _in_words(seconds: int) -> str:
    if seconds < 90:
        return f"{seconds} second{'' if seconds == 1 else 's'}"
    return f"{-(-seconds // 60)} minutes"
