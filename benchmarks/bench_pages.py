"""What does a page cost when nothing is kept, and does depth or size change it?

Pages and API lists are asked of Django itself, one client, without the edge, over the
demo's paper with BENCH_SIZE further articles (100,000) in the archive. Publishing is
timed over the whole move with its ledger.
"""

import os
import statistics
import sys
import time
from io import BytesIO

import django

from articles import revisions, transitions

django.setup()

from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, reset_queries  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from articles.models import Article, Section  # noqa: E402
from foundation.api.pagination import AFTER, Cursor  # noqa: E402
from staff.models import Role, User  # noqa: E402

SIZE = int(os.environ.get("BENCH_SIZE", "100000"))
ROUNDS = 150
call_command("collectstatic", interactive=False, verbosity=0)
app = get_wsgi_application()


def ask(path: str) -> tuple[int, int]:
    """Return the status and the bytes of one request through the whole handler."""
    path, _, query = path.partition("?")
    seen = {}
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query,
        "SERVER_NAME": "localhost", "SERVER_PORT": "80", "HTTP_HOST": "localhost",
        "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.input": BytesIO(), "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr, "wsgi.version": (1, 0), "wsgi.multithread": False,
        "wsgi.multiprocess": False, "wsgi.run_once": False,
    }  # fmt: skip
    answer = app(environ, lambda status, headers, exc=None: seen.update(status=status))
    size = sum(len(part) for part in answer)
    answer.close()
    return int(seen["status"].split()[0]), size


def queries(path: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        ask(path)
    return len(asked)


def measure(path: str) -> tuple[float, int, int]:
    """Return milliseconds (median), queries and bytes of a page."""
    status, size = ask(path)
    if status != 200:
        raise SystemExit(f"{path} answered {status}")
    count = queries(path)
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        ask(path)
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000, count, size


def archive(section: Section) -> None:
    """Fill the archive up to SIZE articles: copies of a real one, a minute apart."""
    have = Article.objects.count()
    model = Article.objects.live().filter(section=section).first()
    columns = [
        f.column
        for f in Article._meta.concrete_fields
        if not f.generated and not f.primary_key
    ]
    changed = {
        "public_id": "gen_random_uuid()",
        "slug": "'bench-' || n",
        "publish_at": "a.publish_at - interval '30 days' - n * interval '1 minute'",
        "page": "''",
    }
    values = ", ".join(changed.get(c, f'a."{c}"') for c in columns)
    names = ", ".join(f'"{c}"' for c in columns)
    with connection.cursor() as db:
        db.execute("SET statement_timeout = 0")
        # Copies of what went through the workflow: its triggers need not see them again.
        db.execute("SET session_replication_role = replica")
        db.execute(
            f"INSERT INTO articles_article ({names}) SELECT {values} FROM articles_article"
            " a, generate_series(%s::int, %s::int) n WHERE a.id = %s",
            [have, SIZE, model.pk],
        )
        db.execute("SET session_replication_role = origin")
        db.execute("VACUUM ANALYZE articles_article")


def publish(section: Section) -> tuple[float, int]:
    """Return milliseconds (median) and queries of publishing one article."""
    now = timezone.now()
    mark = time.time_ns()
    writer = User.objects.create_user(f"w{mark}", role=Role.REPORTER)
    chief = User.objects.create_user(f"c{mark}", role=Role.CHIEF)
    times, count = [], 0
    body = "<p>" + "The harbour authority said so on Thursday. " * 20 + "</p>"
    for n in range(40):
        article = revisions.start(
            section=section, headline=f"Bench {mark} {n}", by=writer, now=now,
            body=body * 8, standfirst="So it said.",
        )  # fmt: skip
        transitions.move(
            article, "submit", by=writer, now=now, revision_n=article.revision_n
        )
        transitions.move(
            article, "approve", by=chief, now=now, revision_n=article.revision_n
        )
        article = Article.objects.get(pk=article.pk)
        began = time.perf_counter()
        with CaptureQueriesContext(connection) as asked:
            transitions.move(article,
                "publish", by=chief, now=now, note="A bench.",
                revision_n=article.revision_n,
            )  # fmt: skip
        times.append(time.perf_counter() - began)
        count = len(asked)
        reset_queries()
    return statistics.median(times) * 1000, count


def main() -> None:
    if not Article.objects.exists():
        call_command("markets", "load", verbosity=0)
        call_command("demo", "load", verbosity=0)
    section = Section.objects.get(slug="world")
    small = {name: measure(path) for name, path in pages(section).items()}
    archive(section)
    large = {name: measure(path) for name, path in pages(section).items()}
    millis, count = publish(section)
    total = Article.objects.count()
    print(
        f"{'not kept, one client':32} {'ms':>7} {'queries':>8} {'kB':>6}   at {total:,}"
    )
    for name, (ms, asked, size) in large.items():
        before = f"{small[name][0]:.2f} ms before" if name in small else ""
        print(f"{name:32} {ms:7.2f} {asked:8} {size / 1024:6.1f}   {before}")
    print(f"{'publish, with its ledger':32} {millis:7.2f} {count:8}")
    first, deep = large["section, first page"][0], large["section, last page"][0]
    print(f"section, last page / first page: {deep / first:.2f}")
    first, deep = (
        large["API list of 20, first page"][0],
        large["API list of 20, last page"][0],
    )
    print(
        f"API list, last page / first page: {deep / first:.2f}; {1000 / first:,.0f} req/s"
    )


def pages(section: Section) -> dict[str, str]:
    """Name the pages to ask, the deep ones from the oldest articles there are."""
    newest = Article.objects.live().filter(section=section).exclude(page="")
    story = newest.select_related("section").newest_first().first()
    oldest = Article.objects.live().filter(section=section).order_by("public_at", "pk")
    deep = oldest[min(20, oldest.count() - 2)]
    position = (deep.public_at.isoformat(), str(deep.public_id))
    cursor = f"cursor={Cursor(AFTER, position).encoded()}"
    return {
        "front": "/",
        "article": story.get_absolute_url(),
        "section, first page": f"/{section.slug}/",
        "section, last page": f"/{section.slug}/?before={deep.public_id}",
        "wire": "/wire/",
        "markets": "/markets/",
        "API list of 20, first page": "/api/v1/articles/",
        "API list of 20, last page": f"/api/v1/articles/?{cursor}",
        "API list of 20, with bodies": "/api/v1/articles/?fields=body_html,body_text",
        "API article": f"/api/v1/articles/{story.public_id}/",
        "search": "/search/?q=strait",
    }


if __name__ == "__main__":
    main()
