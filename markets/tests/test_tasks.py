"""The whole road once: the clock rings, a worker fetches over HTTP, a price is there."""

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.utils import timezone

from markets import tasks
from markets.models import Feed, Quote, QuoteTick
from markets.tests.factories import give, make_feed, make_instrument, make_tick

pytestmark = [pytest.mark.django_db, pytest.mark.urls("markets.tests.urls")]


@pytest.fixture
def vendor(settings):
    """A vendor on loopback: one table, and a memory of what it was asked."""
    asked = []
    made = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    table = [{"symbol": "SPY", "value": "734.56", "as_of": made.isoformat()}]

    class Vendor(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(dict(self.headers))
            known = self.headers.get("If-None-Match") == '"v1"'
            body = b"" if known else json.dumps(table).encode()
            self.send_response(304 if known else 200)
            self.send_header("ETag", '"v1"')
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words):
            """Keep quiet."""

    server = HTTPServer(("127.0.0.1", 0), Vendor)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = f"127.0.0.1:{server.server_port}"
    settings.FETCH_ALLOW = [host]
    yield f"http://{host}/quotes", asked
    server.shutdown()
    server.server_close()


def test_a_due_feed_is_fetched_over_http_and_then_only_asked_for_news(vendor):
    url, asked = vendor
    make_instrument()
    feed = make_feed(
        url=url, due_at=timezone.now(), options={"headers": {"X-Key": "secret"}}
    )

    tasks.refresh_due()
    Feed.objects.update(due_at=timezone.now())
    tasks.refresh_due()

    assert str(Quote.objects.get().value) == "734.5600000000"
    assert [request.get("X-Key") for request in asked] == ["secret", "secret"]
    feed.refresh_from_db()
    assert (feed.failures, feed.attempts) == (0, 0)
    assert feed.health(timezone.now()).words == "well"


def test_a_vendor_on_an_address_nobody_allowed_is_not_asked(vendor, settings):
    url, asked = vendor
    settings.FETCH_ALLOW = []
    feed = make_feed(url=url, due_at=timezone.now())

    tasks.refresh_due()

    feed.refresh_from_db()
    assert asked == []
    assert feed.failures == 1
    assert feed.health(timezone.now()).words.startswith("failing (1 in a row): ")


def test_only_feeds_that_are_due_are_fetched(vendor):
    url, asked = vendor
    now = timezone.now()
    make_feed(url=url, due_at=now + timedelta(hours=1))
    make_feed(url=url, due_at=now, active=False)
    make_feed(url=url, due_at=now, lease_until=now + timedelta(minutes=1))

    tasks.refresh_due()

    assert asked == []


def test_pruning_is_rung_too():
    make_instrument()
    old = timezone.now() - timedelta(days=200)
    give(make_feed(), make_tick(as_of=old), now=old)

    tasks.prune()

    assert not QuoteTick.objects.exists()
    assert Quote.objects.exists()
