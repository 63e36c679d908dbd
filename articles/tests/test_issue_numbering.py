"""The issue's figures and names, and the masthead that prints them."""

import threading
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from articles import issue_numbering, workflow
from articles.masthead import masthead
from articles.models import Issue
from articles.tests.factories import HOUR, NINE, make_article, make_user

THURSDAY = date(2026, 6, 25)
DAYS = st.dates(date(2026, 1, 1), date(2033, 12, 31))


def test_25_june_2026_is_number_176_of_volume_one():
    assert issue_numbering.number(THURSDAY, rule="day-of-year", last=0) == 176
    assert (
        issue_numbering.roman(issue_numbering.volume(THURSDAY, first_year=2026)) == "I"
    )


def test_three_thousand_days_are_numbered_without_a_repeat():
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(3_000)]
    by_day = [
        (
            issue_numbering.volume(day, first_year=2026),
            issue_numbering.number(day, rule="day-of-year", last=0),
        )
        for day in days
    ]
    last = 0
    counted = [
        last := issue_numbering.number(day, rule="counter", last=last) for day in days
    ]

    assert by_day == sorted(set(by_day))
    assert counted == list(range(1, 3_001))


@given(DAYS)
def test_the_edition_is_always_that_of_the_day(on):
    name = issue_numbering.edition(on, pattern="{weekday} Ed.")

    assert name == f"{on:%A} Ed."
    assert issue_numbering.long_date(on) == f"{on:%A}, {on.day} {on:%B %Y}"


@given(DAYS, st.integers(1, 6))
def test_no_edition_is_named_after_another_day(on, days_later):
    other = on + timedelta(days=days_later)
    for given_name in (f"{other:%A} Ed.", f"Late {other:%A}s", f"{other:%a}. Edition"):
        with pytest.raises(issue_numbering.WrongDay, match=f"that is a {on:%A}"):
            issue_numbering.edition(on, given=given_name, pattern="{weekday} Ed.")


@pytest.mark.parametrize(
    "name", ["Weekend", "Sunrise Ed.", "Late", "Friedrichstrasse", "Thursday"]
)
def test_a_name_that_is_no_other_day_is_let_be(name):
    assert issue_numbering.edition(THURSDAY, given=name, pattern="{weekday}") == name


@given(st.integers(1, 3999))
def test_roman_numerals_read_back(figure):
    values = dict(zip("IVXLCDM", (1, 5, 10, 50, 100, 500, 1000), strict=True))
    digits = [values[letter] for letter in issue_numbering.roman(figure)]
    after = [*digits[1:], 0]
    assert sum(-d if d < n else d for d, n in zip(digits, after, strict=True)) == figure


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Zurich", "America/New_York", "Australia/Lord_Howe"]
)
def test_hour_by_hour_through_three_thousand_days_none_is_missed_or_repeated(zone):
    start = datetime(2026, 1, 1, 12, tzinfo=UTC)
    hours = (start + HOUR * n for n in range(3_000 * 24 + 1))
    days = [day for day, _ in groupby(issue_numbering.day(now, zone) for now in hours)]

    assert days == [days[0] + timedelta(days=n) for n in range(len(days))]
    assert len(days) in (3_001, 3_002)


def test_the_day_turns_at_midnight_where_the_paper_is_printed_summer_and_winter():
    turns = [
        (
            datetime(2026, 3, 28, 23, 0, tzinfo=UTC),
            date(2026, 3, 29),
        ),  # the clocks change
        (datetime(2026, 3, 29, 21, 59, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 22, 0, tzinfo=UTC), date(2026, 3, 30)),
        (datetime(2026, 10, 25, 22, 59, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 23, 0, tzinfo=UTC), date(2026, 10, 26)),
    ]
    for now, day in turns:
        assert issue_numbering.day(now, "Europe/Zurich") == day


@pytest.mark.parametrize("wrong", [0, -1, 4000])
def test_there_is_no_roman_numeral_for_that(wrong):
    with pytest.raises(ValueError, match="no Roman numeral"):
        issue_numbering.roman(wrong)


def test_a_paper_has_no_day_before_its_first_year():
    with pytest.raises(ValueError, match="first year is 2026"):
        issue_numbering.volume(date(2025, 12, 31), first_year=2026)


def test_an_unknown_rule_is_named():
    with pytest.raises(ValueError, match="“weekly”"):
        issue_numbering.number(THURSDAY, rule="weekly", last=0)


@pytest.mark.django_db
class TestIssues:
    def test_an_issue_is_made_once_and_numbered(self):
        issue = Issue.objects.for_date(THURSDAY)

        assert (issue.volume, issue.number) == (1, 176)
        assert Issue.objects.for_date(THURSDAY) == issue

    def test_a_counter_goes_on_from_the_issue_before(self, settings):
        settings.PAPER_NUMBERING = "counter"
        days = [THURSDAY, THURSDAY + timedelta(days=3), THURSDAY + timedelta(days=200)]

        assert [Issue.objects.for_date(day).number for day in days] == [1, 2, 3]

    def test_an_issue_counted_in_later_moves_the_open_ones_up(self, settings):
        settings.PAPER_NUMBERING = "counter"
        for days in (0, 2, 3, 1):
            Issue.objects.for_date(THURSDAY + timedelta(days=days))

        assert list(
            Issue.objects.order_by("date").values_list("number", flat=True)
        ) == [1, 2, 3, 4]

    def test_no_issue_is_counted_in_before_a_closed_one(self, settings):
        settings.PAPER_NUMBERING = "counter"
        Issue.objects.for_date(THURSDAY).close(by=make_user(), now=NINE)
        with pytest.raises(workflow.Refused, match="is closed with its number"):
            Issue.objects.for_date(THURSDAY - timedelta(days=1))

    def test_a_closed_issue_cannot_be_changed_by_hand(self):
        issue = Issue.objects.for_date(THURSDAY)
        issue.close(by=make_user(), now=NINE)

        assert Issue.objects.get().edition == "Thursday Ed."
        with pytest.raises(IntegrityError, match="is closed"), transaction.atomic():
            Issue.objects.update(number=177)
        with pytest.raises(IntegrityError, match="is closed"), transaction.atomic():
            Issue.objects.all().delete()

    def test_an_issue_is_closed_once_and_by_who_may(self):
        issue = Issue.objects.for_date(THURSDAY)
        with pytest.raises(workflow.Refused, match="not yours"):
            issue.close(by=make_user("editor"), now=NINE)
        issue.close(by=make_user(), now=NINE)
        with pytest.raises(workflow.Refused, match="closed already"):
            Issue.objects.get().close(by=make_user(), now=NINE)

    def test_a_saturday_edition_on_a_thursday_is_neither_saved_nor_closed(self):
        issue = Issue.objects.for_date(THURSDAY)
        issue.edition = "Saturday Ed."
        with pytest.raises(ValidationError, match="not a Saturday"):
            issue.full_clean()
        with pytest.raises(workflow.Refused, match="not a Saturday"):
            issue.close(by=make_user(), now=NINE)

    def test_the_masthead_of_the_reference_page_comes_out_right(
        self, django_assert_num_queries
    ):
        now = datetime(2026, 6, 25, 20, 19, 30, tzinfo=UTC)
        make_article(status="live", now=now)
        with django_assert_num_queries(1):
            head = masthead(now + timedelta(minutes=1))

        assert head.line == "Vol. I · No. 176"
        assert head.long_date == "Thursday, 25 June 2026"
        assert head.edition == "Thursday Ed."
        assert head.updated == "20:19 UTC"

    def test_the_masthead_counts_what_has_appeared_by_the_clock(self):
        make_article(status="live", at=NINE + HOUR)

        assert masthead(NINE).updated == ""
        assert masthead(NINE + 2 * HOUR).updated == "10:00 UTC"
        assert masthead(NINE + 30 * HOUR).updated == "2 March, 10:00 UTC"

    def test_the_masthead_never_prints_another_day_s_edition(self):
        Issue.objects.create(
            date=THURSDAY, volume=1, number=176, edition="Saturday Ed."
        )
        now = datetime(2026, 6, 25, 12, tzinfo=UTC)

        assert masthead(now).edition == "Thursday Ed."


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_need_the_same_issue_all_get_the_same_one(settings):
    settings.PAPER_NUMBERING = "counter"
    gate = threading.Barrier(8)
    found = []

    def ask(day):
        gate.wait()
        try:
            found.append(Issue.objects.for_date(day).pk)
        finally:
            connection.close()

    days = [THURSDAY, THURSDAY + timedelta(days=1)] * 4
    threads = [threading.Thread(target=ask, args=[day]) for day in days]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert sorted(Issue.objects.values_list("number", flat=True)) == [1, 2]
