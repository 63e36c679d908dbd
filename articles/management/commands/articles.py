"""`manage.py articles render|verify`: stored pages, and the chain of public changes."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from articles import rendering
from articles.models import Article, Change, Revision
from articles.models.change import FIRST, ring
from articles.models.revision import text_hash
from articles.models.status import Status


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
            article.render()
            done += 1
        if done:
            ring(["all"], live=False)
        self.stdout.write(f"Rendered {done} of {total} public articles.")

    def _verify(self) -> None:
        previous, count = FIRST, 0
        changes = Change.objects.select_related("article").order_by("pk")
        for change in changes.iterator(chunk_size=500):
            texts = Revision.objects.select_related("image")
            text = texts.get(article=change.article_id, n=change.revision_n)
            if change.previous != previous:
                raise CommandError(f"The chain is broken before change {change.pk}.")
            if text.hash != text_hash(text.text()):
                raise CommandError(f"The text of change {change.pk} was altered.")
            if change.hash != change.digest(text.hash):
                raise CommandError(f"Change {change.pk} is not what was written.")
            previous, count = change.hash, count + 1
        self.stdout.write(f"{count} changes, unbroken; the last is {previous[:16]}….")
