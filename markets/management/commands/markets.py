"""manage.py markets: what prices need, from a shell."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import datetime

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from foundation.leased_work import LeaseLost, NotDue
from markets import calendars, exchange_status, http, loading
from markets.models import Feed
from markets.refresh import refresh


class Command(BaseCommand):
    help = "Load instruments and calendars; fetch feeds; tell what the markets do."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        load = verbs.add_parser("load", help="add missing instruments, days and feeds")
        load.add_argument(
            "--reset", action="store_true", help="write shipped definitions anew"
        )
        fetch = verbs.add_parser("fetch", help="fetch one feed, or all that are on")
        fetch.add_argument("name", nargs="?", help="of the feed; default: all")
        turn = verbs.add_parser("feed", help="turn a feed on or off")
        turn.add_argument("name")
        turn.add_argument("state", choices=["on", "off"])
        state = verbs.add_parser("state", help="exchange state and calendar ends")
        for verb in (load, fetch, turn, state):
            verb.add_argument("--json", action="store_true", help="one line of JSON")

    def handle(self, *args: object, **options: object) -> None:
        now = timezone.now()
        verb = options["verb"]
        if verb == "load":
            self._say(options, asdict(loading.load(reset=bool(options["reset"]))))
        elif verb == "fetch":
            self._fetch(options, now)
        elif verb == "feed":
            self._turn(options)
        else:
            self._state(options, now)

    def _fetch(self, options: dict[str, object], now: datetime) -> None:
        name = options["name"]
        feeds = Feed.objects.active().order_by("name")
        if name:
            feeds = feeds.filter(name=name)
        if not feeds:
            raise CommandError(
                f"No feed named {name!r} is on." if name else "No feed is on."
            )
        for feed in feeds:
            Feed.objects.filter(pk=feed.pk).update(due_at=now)
            try:
                report = asdict(refresh(feed, now=now, fetch=http.fetch))
            except (NotDue, LeaseLost) as lost:
                report = {"error": str(lost)}
            self._say(options, {"feed": feed.name} | report)

    def _turn(self, options: dict[str, object]) -> None:
        on = options["state"] == "on"
        if not Feed.objects.filter(name=options["name"]).update(active=on):
            names = ", ".join(Feed.objects.values_list("name", flat=True)) or "none"
            raise CommandError(f"No feed named {options['name']!r}; there are: {names}")
        self._say(options, {"feed": options["name"], "active": on})

    def _state(self, options: dict[str, object], now: datetime) -> None:
        for expiry in calendars.expiries(now):
            opened = exchange_status.read(now, expiry.mic)
            self._say(
                options,
                {
                    "exchange": expiry.mic,
                    "state": opened.text,
                    "calendar_until": str(expiry.known_until or ""),
                    "calendar_days_left": expiry.days_left,
                },
            )

    def _say(self, options: dict[str, object], row: dict[str, object]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(row, default=str))
        else:
            told = (f"{key} {value}" for key, value in row.items() if value != "")
            self.stdout.write(", ".join(told))
