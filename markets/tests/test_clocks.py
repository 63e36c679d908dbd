"""The six clocks."""

from datetime import UTC, datetime

from markets.clocks import clocks_html, world_clocks

REFERENCE = datetime(2026, 6, 25, 20, 19, 5, tzinfo=UTC)


def test_the_clocks_of_the_reference_page_bear_their_right_names():
    told = [(clock.name, clock.text) for clock in world_clocks(REFERENCE)]

    assert told == [
        ("UTC", "20:19"),
        ("EDT", "16:19"),
        ("BST", "21:19"),
        ("CEST", "22:19"),
        ("JST", "05:19"),
        ("HKT", "04:19"),
    ]


def test_a_city_that_is_in_tomorrow_says_which_day_it_is():
    days = {clock.city: clock.day for clock in world_clocks(REFERENCE)}

    assert days["Tokyo"] == "Fri"
    assert days["London"] == ""


def test_in_winter_the_same_zones_have_their_winter_names():
    names = [clock.name for clock in world_clocks(datetime(2026, 12, 1, tzinfo=UTC))]

    assert names == ["UTC", "EST", "GMT", "CET", "JST", "HKT"]


def test_a_clock_change_within_a_day_is_told_to_the_second():
    saturday = datetime(2026, 10, 24, 20, 19, 5, 70, tzinfo=UTC)
    clocks = {clock.city: clock for clock in world_clocks(saturday)}

    assert clocks["London"].changes_at == datetime(2026, 10, 25, 1, tzinfo=UTC)
    assert clocks["London"].next_name == "GMT"
    assert clocks["New York"].changes_at is None


def test_the_list_is_the_landmark_and_every_time_is_machine_readable():
    html = clocks_html(REFERENCE)

    assert '<ul class="world-clocks" aria-label="World clocks"' in html
    assert html.count("<li>") == 6
    assert '<time datetime="2026-06-25T16:19-04:00">16:19</time>' in html
