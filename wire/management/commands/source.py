"""`manage.py source add|poll|list`: the wire's sources from a shell."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from wire import http, polling, subscribe
from wire.connectors import PARSERS
from wire.connectors.base import ParseError
from wire.models import Release, Source


class Command(BaseCommand):
    """Add, poll and list sources."""

    help = "Add a source by its address, poll sources now, or list them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        add = verbs.add_parser("add", help="listen to an address; finds its format")
        add.add_argument("url")
        add.add_argument("--format", choices=sorted(PARSERS), default="")
        add.add_argument("--name", default="")
        add.add_argument("--publisher", default="")
        add.add_argument("--release", choices=Release.values, default="")
        poll = verbs.add_parser("poll", help="poll sources now")
        poll.add_argument("name", nargs="?", default="")
        poll.add_argument("--all", action="store_true")
        listed = verbs.add_parser("list", help="list sources and their health")
        for sub in (add, poll, listed):
            sub.add_argument("--json", action="store_true", help="one JSON per line")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:  # noqa: ANN401
        {"add": self.add, "poll": self.poll, "list": self.list}[verb](**options)

    def add(self, **options: Any) -> None:  # noqa: ANN401
        try:
            source = subscribe.add_source(
                options["url"],
                now=timezone.now(),
                format=options["format"],
                name=options["name"],
                publisher=options["publisher"],
                release=options["release"],
            )
        except (http.FetchError, ParseError, ValueError) as error:
            raise CommandError(str(error)) from error
        release = source.get_release_display().lower()
        self.say(
            options,
            f"Listening to {source.name} ({source.format}); posts go out {release}.",
            name=source.name,
            format=source.format,
            release=source.release,
            url=source.url,
        )

    def poll(self, **options: Any) -> None:  # noqa: ANN401
        name = options["name"]
        if not name and not options["all"]:
            raise CommandError("Name a source, or say --all.")
        now = timezone.now()
        wanted = Source.objects.active()
        if name:
            wanted = wanted.filter(name=name) | wanted.filter(slug=name)
            if not wanted.exists():
                raise CommandError(f"There is no source called “{name}”.")
        wanted.update(due_at=now)
        failed = False
        for outcome in polling.poll_due(clock=timezone.now):
            failed = failed or outcome.result == "failed"
            report = outcome.report
            words = outcome.error or (
                f"{report.new} new, {report.changed} changed, {report.rejected} rejected"
            )
            self.say(
                options,
                f"{outcome.source}: {outcome.result}; {words}",
                source=outcome.source,
                result=outcome.result,
                new=report.new,
                changed=report.changed,
                rejected=report.rejected,
                error=outcome.error,
            )
        if failed:
            raise CommandError("Not every source could be polled.")

    def list(self, **options: Any) -> None:  # noqa: ANN401
        for source in Source.objects.order_by("name", "pk"):
            heard = source.last_success_at
            self.say(
                options,
                f"{source.name}: last heard {heard:%Y-%m-%d %H:%M}"
                if heard
                else f"{source.name}: never heard",
                name=source.name,
                url=source.url,
                format=source.format,
                failures=source.failures,
                error=source.last_error,
                last_success_at=heard.isoformat() if heard else None,
            )

    def say(self, options: dict[str, Any], words: str, **facts: object) -> None:
        """Print a sentence, or the facts as one line of JSON."""
        self.stdout.write(
            json.dumps(facts, ensure_ascii=False) if options["json"] else words
        )
