"""How fast are posts stored, all told, against PostgreSQL's own bulk insert of them?

Ours: cleaning, hashing, the line on the rail, item, version and ledger row, constraints
and indexes, in documents of 200 posts. PostgreSQL's: one `INSERT … SELECT unnest` a
document of the same columns into a bare table with one unique key, and COPY of the same
rows. All in one run, on the same server.
"""

import time
from datetime import UTC, datetime

import django

django.setup()

from django.db import connection, transaction  # noqa: E402

from wire.connectors.base import Batch, Post  # noqa: E402
from wire.models import Item, Publisher, Source  # noqa: E402
from wire.normalise import as_json, ready  # noqa: E402
from wire.store import store  # noqa: E402

DOCUMENTS, POSTS = 50, 200
NOW = datetime(2026, 6, 25, 9, 0, tzinfo=UTC)
HTML = (
    "<p>The <b>harbour authority</b> said on Thursday that the {n}th ferry of the "
    'season had <a href="https://example.org/{n}">left for the islands</a> with 214 '
    "people on board.</p><p>It is the first to sail since the storm closed the port "
    "for nine days, and two more are to follow before the weekend.</p>"
)


def documents() -> list[Batch]:
    return [
        Batch(
            format="rss",
            posts=tuple(
                Post(
                    external_id=f"https://example.org/{d}/{n}",
                    headline=f"Ferry number {d * POSTS + n} leaves for the islands",
                    text="The harbour authority said on Thursday. " * 6,
                    html=HTML.format(n=d * POSTS + n),
                    url=f"https://example.org/{d}/{n}",
                    source_time=NOW,
                )
                for n in range(POSTS)
            ),
        )
        for d in range(DOCUMENTS)
    ]


def timed(work) -> float:
    began = time.perf_counter()
    work()
    return DOCUMENTS * POSTS / (time.perf_counter() - began)


def main() -> None:
    publisher, _ = Publisher.objects.get_or_create(
        name="Bench", defaults={"slug": "bench"}
    )
    mark = time.time_ns()
    source = Source.objects.create(
        publisher=publisher,
        name=f"Bench {mark}",
        slug=f"bench-{mark}",
        url=f"https://bench.example/{mark}",
        format="rss",
        last_success_at=NOW,
    )
    batches = documents()

    def ours() -> None:
        for batch in batches:
            with transaction.atomic():
                Source.objects.select_for_update().get(pk=source.pk)
                store(source, batch, blob="0" * 64, now=NOW)

    new = timed(ours)
    again = timed(ours)
    stored = Item.objects.filter(source=source).count()
    if stored != DOCUMENTS * POSTS:
        raise SystemExit(f"stored {stored} of {DOCUMENTS * POSTS}")

    tables = [[row(ready(post)) for post in batch.posts] for batch in batches]
    with connection.cursor() as db:
        db.execute("DROP TABLE IF EXISTS bench_rows")
        db.execute(
            "CREATE TABLE bench_rows (external_id text UNIQUE, hash text, headline text,"
            " body text, html text, url text, at timestamptz, media jsonb)"
        )

        def unnest() -> None:
            for table in tables:
                with transaction.atomic():
                    db.execute(
                        "INSERT INTO bench_rows SELECT * FROM unnest(%s::text[],"
                        "%s::text[],%s::text[],%s::text[],%s::text[],%s::text[],"
                        "%s::timestamptz[],%s::jsonb[]) ON CONFLICT DO NOTHING",
                        [list(c) for c in zip(*table, strict=True)],
                    )

        def copy() -> None:
            db.execute("TRUNCATE bench_rows")
            for table in tables:
                with (
                    transaction.atomic(),
                    db.copy("COPY bench_rows FROM STDIN") as out,
                ):
                    for line in table:
                        out.write_row(line)

        bulk, copied = timed(unnest), timed(copy)
        db.execute("DROP TABLE bench_rows")

    print(f"{DOCUMENTS * POSTS} posts in documents of {POSTS}      posts/s   × bulk")
    for words, rate in (
        ("PostgreSQL, COPY", copied),
        ("PostgreSQL, INSERT … SELECT unnest", bulk),
        ("ours, new posts, all told", new),
        ("ours, nothing changed", again),
    ):
        print(f"{words:38} {rate:10,.0f} {rate / bulk:8.2f}")


def row(post) -> tuple:
    return (
        *(post.external_id, post.content_hash, post.headline, post.text, post.html),
        *(post.url, post.source_time, as_json(post.media)),
    )


if __name__ == "__main__":
    main()
