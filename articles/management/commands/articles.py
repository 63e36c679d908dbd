"""`manage.py articles render|verify`: stored pages, and the chain of public changes."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from articles import integrity, rendering, rerendering
from articles.models import Article
from articles.models.change import ring
from articles.models.choices import Status


class Command(BaseCommand):
    help = "Render public articles again, or prove the ledger of public changes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        steps = parser.add_subparsers(dest="step", required=True)
        render = steps.add_parser("render", help="after a change of templates")
        render.add_argument(
            "--all", action="store_true", help="also what is up to date"
        )
        steps.add_parser(
            "verify", help="recompute the hash chain from the stored texts"
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        if options["step"] == "render":
            self._render(everything=options["all"])
        else:
            self._verify()

    def _render(self, *, everything: bool) -> None:
        live = Article.objects.filter(status=Status.LIVE)
        old = live if everything else live.exclude(rendered_with=rendering.mark())
        total, done = live.count(), 0
        for article in old.only("pk").order_by("pk").iterator(chunk_size=100):
            rerendering.rerender_one(article)
            done += 1
        if done:
            ring(["all"], live=False)
        self.stdout.write(f"Rendered {done} of {total} public articles.")

    def _verify(self) -> None:
        if wrong := [words for words in integrity.revisions() if words]:
            raise CommandError("\n".join(wrong))
        found = list(integrity.changes())
        if wrong := [words for words in found if words]:
            raise CommandError("\n".join(wrong))
        last = integrity.head()[:16]
        self.stdout.write(f"{len(found)} changes, unbroken; the last is {last}….")
