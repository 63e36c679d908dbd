"""The markets' pages, the desk and the API."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib import admin
from django.core.management import CommandError, call_command
from django.urls import ResolverMatch
from lxml import html

from markets import api, calendars, loading
from markets.models import Feed, Instrument, Quote, QuoteTick, Session
from markets.sparkline import MOST_POINTS, Point, sparkline, thinned
from markets.tests.factories import (
    NOON,
    give,
    make_exchange,
    make_feed,
    make_instrument,
    make_tick,
    make_week,
)
from staff.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.urls("markets.tests.urls")]


def page(client, address):
    response = client.get(address)
    assert response.status_code == 200
    return response, html.fromstring(response.content)


def words(element):
    return " ".join(element.text_content().split())


@pytest.fixture
def full():
    """A loaded paper with a price for every instrument."""
    loading.load()
    feed = make_feed(name="Vendor", redistributable=True)
    for instrument in Instrument.objects.all():
        middle = (instrument.low * instrument.high).sqrt()
        tick = make_tick(
            instrument.provider_symbol, str(middle), previous=middle, currency=""
        )
        feed.provider = instrument.provider
        give(feed, tick)


def test_the_table_shows_every_instrument_with_kind_change_source_and_delay(client):
    make_instrument(exchange=make_week(make_exchange()), tracks="S&P 500")
    give(make_feed(name="Vendor"), make_tick())

    response, tree = page(client, "/markets/")

    (row,) = tree.xpath("//tr[@data-symbol='SPY']")
    text = words(row)
    assert "SPY" in text
    assert "tracks S&P 500" in text
    assert "$734.56 US dollars a share" in text
    assert "up +1.03 +0.14%" in text
    assert "Vendor 15 min" in text
    assert response["Surrogate-Key"] == "markets"


def test_unknown_is_a_dash_on_every_page(client):
    make_instrument()

    _, tree = page(client, "/markets/")
    _, single = page(client, "/markets/SPY/")

    assert "0.00" not in words(tree.xpath("//main")[0])
    assert "– no price yet" in words(single.xpath("//main")[0]).replace(" (–)", "")


def test_the_pages_of_a_full_paper_ask_five_queries_at_most(
    client, full, django_assert_max_num_queries
):
    with django_assert_max_num_queries(5):  # what stands around every page included
        _, tree = page(client, "/markets/")
    assert len(tree.xpath("//tr[@data-symbol]")) == 34
    for symbol in ("SPY", "BTC", "EURUSD"):
        with django_assert_max_num_queries(5):
            page(client, f"/markets/{symbol}/")


def test_a_page_of_a_proxy_says_what_it_is_and_is_not(client, full):
    _, tree = page(client, "/markets/GLD/")

    text = words(tree.xpath("//main")[0])
    assert "A fund standing in for gold: it tracks gold bullion." in text
    assert "is not its level or price" in text


def test_a_page_tells_where_the_price_is_from(client):
    make_instrument()
    feed = make_feed(name="Vendor", attribution="Data by Vendor Ltd")
    give(feed, make_tick(basis="computed by us"))

    response, tree = page(client, "/markets/SPY/")

    text = words(tree.xpath("//section[@aria-labelledby='provenance']")[0])
    assert "Vendor. Data by Vendor Ltd" in text
    assert "computed by us" in text
    assert "25 June 2026, 13:45:00 UTC" in text
    assert response["Surrogate-Key"] == "instrument:SPY"


def test_a_symbol_has_one_address_and_unknown_ones_have_none(client):
    make_instrument()
    make_instrument("OLD", active=False)

    assert client.get("/markets/spy/").headers["Location"] == "/markets/SPY/"
    assert client.get("/markets/spy/").status_code == 301
    assert client.get("/markets/OLD/").status_code == 404
    assert client.get("/markets/NOPE/").status_code == 404


def test_the_strip_alone_can_be_fetched(client, django_assert_num_queries):
    make_instrument()

    with django_assert_num_queries(1):
        _, tree = page(client, "/markets/strip/")

    assert tree.xpath("//section[@aria-label='Markets']//li/@data-symbol") == ["SPY"]


def test_the_course_is_drawn_and_told(client):
    make_instrument()
    ticks = [
        make_tick(value=str(700 + n), as_of=NOON - timedelta(days=20 - n))
        for n in range(20)
    ]
    give(make_feed(), *ticks)

    _, tree = page(client, "/markets/SPY/")

    (drawing,) = tree.xpath("//figure//*[local-name()='svg']")
    assert drawing.get("aria-label") == (
        "SPY: $700.00 on 5 June 2026 to $719.00 on 24 June 2026; "
        "lowest $700.00, highest $719.00"
    )
    assert drawing.get("style") is None


def test_a_long_course_keeps_its_ends_and_its_extremes():
    points = [
        Point(NOON + timedelta(minutes=n), Decimal(n * 7919 % 1009))
        for n in range(5000)
    ]
    kept = thinned(points)

    assert len(kept) <= MOST_POINTS
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    for pick in (min, max):
        assert pick(p.value for p in kept) == pick(p.value for p in points)
    assert kept == sorted(kept, key=lambda point: point.at)


def test_one_point_or_a_flat_course_is_no_error():
    flat = [Point(NOON, Decimal(1)), Point(NOON, Decimal(1))]

    assert sparkline(flat[:1], label="x") == ""
    assert "<polyline" in sparkline(flat, label="x")


# The API


def told(rows, serializer, now=NOON):
    return {
        row["symbol"]: row
        for row in serializer(rows, many=True, context={"now": now}).data
    }


def test_partners_get_a_price_only_where_the_licences_allow_it(full):
    Instrument.objects.filter(symbol="BTC").update(redistributable=True)
    Quote.objects.filter(instrument__symbol="BTC").update(redistributable=False)
    make_instrument("NEW")
    rows = Instrument.objects.active().in_order().for_partners()

    quotes = told(rows, api.QuoteSerializer)

    assert quotes["EURUSD"]["value"] is not None
    assert quotes["EURUSD"]["withheld"] is None
    for symbol in ("SPY", "BTC"):
        assert quotes[symbol]["value"] is None
        assert quotes[symbol]["change"] is None
        assert quotes[symbol]["withheld"] == api.NOT_OURS
        assert quotes[symbol]["as_of"] is not None
    assert quotes["NEW"]["withheld"] == api.NO_PRICE


def test_a_partner_sees_exact_figures_and_the_state():
    make_instrument(redistributable=True, exchange=make_week(make_exchange()))
    give(make_feed(redistributable=True), make_tick())
    rows = Instrument.objects.for_partners()

    quote = told(rows, api.QuoteSerializer)["SPY"]

    assert quote["value"] == "734.56"
    assert quote["change"] == "1.03"
    assert quote["percent"] == "0.1404"
    assert quote["direction"] == "up"
    assert quote["as_of"] == "2026-06-25T13:45:00Z"
    assert quote["state"] == "fresh"
    later = told(rows, api.QuoteSerializer, now=NOON + timedelta(hours=1))
    assert later["SPY"]["state"] == "stale"


def test_the_serializers_say_exactly_the_fields_they_declare(full):
    rows = Instrument.objects.for_partners()
    for serializer in (api.InstrumentSerializer, api.QuoteSerializer):
        (row, *_) = serializer(rows, many=True).data
        assert list(row) == list(serializer().fields)


def request(rf):
    """A request as the router of version 1 hands it on."""
    asked = rf.get("/")
    asked.resolver_match = ResolverMatch(None, (), {}, namespaces=["v1"])
    return asked


def test_a_list_for_partners_is_one_query(full, rf, django_assert_num_queries):
    for viewset in (api.InstrumentViewSet, api.QuoteViewSet):
        with django_assert_num_queries(1):
            response = viewset.as_view({"get": "list"})(request(rf))
        assert len(response.data["data"]) == 34
        one = viewset.as_view({"get": "retrieve"})(request(rf), symbol="EURUSD")
        assert one.data["data"]["symbol"] == "EURUSD"


# The desk


@pytest.fixture
def desk(client):
    client.force_login(User.objects.create_superuser("chief", password="x"))
    return client


def test_every_list_and_form_of_the_desk_opens(desk, full):
    give(make_feed(name="Bad"), make_tick(value="0"))
    for name in ("exchange", "session", "instrument", "quote", "quarantine", "feed"):
        listed = desk.get(f"/admin/markets/{name}/")
        assert listed.status_code == 200, name
        model = admin.site._registry
        first = next(
            m
            for m in model
            if m._meta.model_name == name and m._meta.app_label == "markets"
        )
        shown = first.objects.first()
        assert desk.get(f"/admin/markets/{name}/{shown.pk}/change/").status_code == 200


def test_prices_cannot_be_typed_in_at_the_desk(desk, full):
    quote = Quote.objects.first()

    answer = desk.post(f"/admin/markets/quote/{quote.pk}/change/", {"value": "1"})

    assert answer.status_code == 403
    assert desk.get("/admin/markets/quote/add/").status_code == 403


def test_a_day_changed_at_the_desk_is_marked_as_set_by_hand(desk):
    calendars.load()
    day = Session.objects.get(exchange__mic="XNYS", date="2026-06-26")

    answer = desk.post(
        f"/admin/markets/session/{day.pk}/change/",
        {
            "exchange": day.exchange_id,
            "date": "2026-06-26",
            "kind": "holiday",
            "name": "Hurricane",
        },
    )

    assert answer.status_code == 302
    day.refresh_from_db()
    assert (day.kind, day.opens_at, day.by_hand) == ("holiday", None, True)


def test_a_holiday_with_hours_is_refused_with_a_sentence(desk):
    calendars.load()
    day = Session.objects.get(exchange__mic="XNYS", date="2026-06-26")

    answer = desk.post(
        f"/admin/markets/session/{day.pk}/change/",
        {
            "exchange": day.exchange_id,
            "date": "2026-06-26",
            "kind": "holiday",
            "opens_at_0": "2026-06-26",
            "opens_at_1": "13:30",
            "closes_at_0": "2026-06-26",
            "closes_at_1": "20:00",
        },
    )

    assert "A holiday has no hours" in answer.content.decode()


def test_a_feed_is_turned_on_and_rung_at_the_desk(desk):
    feed = make_feed(active=False, due_at=NOON + timedelta(days=9999))

    for action in ("turn_on", "fetch_now"):
        desk.post(
            "/admin/markets/feed/", {"action": action, "_selected_action": feed.pk}
        )

    feed.refresh_from_db()
    assert feed.active
    assert feed.due_at < NOON + timedelta(days=9999)


# The command


def test_the_command_loads_turns_feeds_and_tells_the_state(capsys):
    call_command("markets", "load", "--json")
    call_command("markets", "feed", "CoinGecko", "on")
    call_command("markets", "state")

    said = capsys.readouterr().out
    assert '"instruments": 34' in said
    assert "exchange XNYS" in said
    assert Feed.objects.get(name="CoinGecko").active
    with pytest.raises(CommandError, match="No feed named 'Nasdaq'; there are: "):
        call_command("markets", "feed", "Nasdaq", "on")
    with pytest.raises(CommandError, match="No feed named 'Nasdaq' is on"):
        call_command("markets", "fetch", "Nasdaq")


def test_the_past_of_an_instrument_goes_with_it():
    instrument = make_instrument()
    give(make_feed(), make_tick())

    instrument.delete()

    assert not QuoteTick.objects.exists()
