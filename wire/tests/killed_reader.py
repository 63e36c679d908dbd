"""A worker whose reader of RSS ends the process where a document says "poison".

`python -m wire.tests.killed_reader abort|exit NOW DATABASE USER BLOBS < document`: polls all
that is due. Hosts called healthy answer with two posts, all others with the document.
"""

import os
import sys
from datetime import datetime
from pathlib import Path

import django


def main(how: str, now: str, database: str, user: str, folder: str) -> None:
    django.setup()
    from django.conf import settings
    from django.db import connections

    connections["default"].settings_dict.update(NAME=database, USER=user)
    settings.BLOB_DIR = Path(folder)
    from wire import connectors, polling
    from wire.tests.factories import fetched, rss

    document, healthy = sys.stdin.buffer.read(), rss(("a", "Ferry"), ("b", "Bridge"))
    parse = connectors.PARSERS["rss"]

    def parse_or_die(raw, origin):
        if b"poison" in raw:
            os.abort() if how == "abort" else os._exit(9)
        return parse(raw, origin)

    def fetch(url, **validators):
        return fetched(healthy if "healthy" in url else document, url=url)

    connectors.PARSERS["rss"] = parse_or_die
    for _ in polling.poll_due(clock=lambda: datetime.fromisoformat(now), fetch=fetch):
        pass


if __name__ == "__main__":
    main(*sys.argv[1:])
