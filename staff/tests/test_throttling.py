"""Passwords are tried slower and slower, and nobody is shut out by a stranger."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection

from staff import throttling
from staff.models import Throttle
from staff.tests.factories import ELSEWHERE, HERE, NINE, make_sign_in
from staff.throttling import ACCOUNT, ACCOUNT_HERE, NETWORK, TooMany

pytestmark = pytest.mark.django_db
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def guess(name="ines", network=HERE, now=NINE):
    """Try a wrong password; return whether it would have been looked at."""
    try:
        throttling.charge(name, network, now=now)
    except TooMany:
        return False
    return True


def guesses(count, **fields):
    return sum(guess(**fields) for _ in range(count))


def waits(count, **fields):
    """Return the waits before each of `count` further guesses, made as soon as may be."""
    now, waited = NINE, []
    for _ in range(count):
        seconds = 0
        try:
            throttling.charge(now=now, **fields)
        except TooMany as refusal:
            seconds = refusal.seconds
            now += timedelta(seconds=seconds)
            throttling.charge(now=now, **fields)
        waited.append(seconds)
    return waited


def test_a_few_wrong_passwords_are_free_and_the_next_is_not_looked_at():
    assert guesses(60) == ACCOUNT_HERE.free


def test_the_wait_doubles_to_a_quarter_of_an_hour_and_no_further():
    told = waits(12, name="ines", network=HERE)
    assert told == [0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900]


def test_who_is_refused_is_told_how_long_to_wait():
    guesses(5)
    with pytest.raises(TooMany, match="Please wait 30 seconds, then try again"):
        throttling.charge("ines", HERE, now=NINE)
    with pytest.raises(TooMany, match="Please wait 1 second, then"):
        throttling.charge("ines", HERE, now=NINE + timedelta(seconds=29.5))


def test_a_refused_guess_makes_nobody_wait_longer_and_writes_no_row():
    guesses(5)
    rows = list(Throttle.objects.order_by("key").values())
    assert guesses(50) == 0
    assert list(Throttle.objects.order_by("key").values()) == rows
    assert guess(now=NINE + MINUTE)


def test_wrong_passwords_are_forgotten_with_time():
    guesses(5)
    assert guesses(9, now=NINE + DAY) == 5


def test_spelling_a_name_in_another_way_wins_no_more_guesses():
    names = ["ines", "INES", "Ines", "ｉｎｅｓ"] * 3
    assert sum(guess(name) for name in names) == ACCOUNT_HERE.free


def test_one_address_cannot_try_one_password_on_everybody():
    assert sum(guess(f"person-{n}") for n in range(100)) == NETWORK.free


def test_many_addresses_together_are_slowed_too():
    tried = sum(guess(network=f"198.51.100.{n}") for n in range(200))
    assert tried == ACCOUNT.free


def test_a_name_that_is_nobodys_is_treated_as_any_other(django_user_model):
    django_user_model.objects.create_user("ines")
    assert guesses(9, name="ines", network=HERE) == 5
    assert guesses(9, name="nobody", network=ELSEWHERE) == 5


def test_an_editor_who_came_from_here_before_is_not_shut_out_by_strangers():
    make_sign_in("ines", HERE)
    for n in range(200):
        guess("ines", f"198.51.100.{n}")
    assert not guess("ines", ELSEWHERE)
    assert guess("ines", HERE)


def test_nor_by_a_stranger_in_the_next_room():
    """The whole building may share one address."""
    make_sign_in("ines", HERE)
    for n in range(100):
        guess(f"person-{n}", HERE)
    assert not guess("somebody", HERE)
    assert guess("ines", HERE)


def test_where_she_signed_in_long_ago_counts_no_more():
    make_sign_in("ines", HERE, at=NINE - timedelta(days=61))
    for n in range(100):
        guess(f"person-{n}", HERE)
    assert not guess("ines", HERE)


def test_the_right_password_takes_back_its_own_try_and_no_other():
    for n in range(10):
        guess(f"person-{n}")
    keys = throttling.charge("ines", HERE, now=NINE)
    throttling.refund("ines", HERE, keys)
    assert guesses(5) == 5  # her own slips are forgotten
    counted = Throttle.objects.get(key=f"network {HERE}")
    assert counted.failures == 15  # the ten of others stand


def test_an_account_of_ones_own_buys_no_guesses_at_others():
    tried = 0
    for n in range(60):
        keys = throttling.charge("mole", HERE, now=NINE) if n < 20 else []
        throttling.refund("mole", HERE, keys)
        tried += guess(f"person-{n}")
    assert tried == NETWORK.free


def test_a_wiped_cache_resets_no_guard():
    guesses(5)
    cache.clear()
    assert not guess()


def test_a_clock_that_was_set_back_shuts_nobody_out():
    guesses(9, now=NINE + 365 * DAY)
    assert guess(now=NINE)


@pytest.mark.django_db(transaction=True)
def test_of_two_hundred_guesses_at_once_no_more_are_looked_at_than_may_be():
    def one(n):
        try:
            return guess(network=HERE)
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        looked_at = sum(pool.map(one, range(200)))
    assert looked_at == ACCOUNT_HERE.free


@pytest.mark.django_db(transaction=True)
def test_guesses_at_many_names_from_many_addresses_at_once_do_not_lock_one_another():
    def one(n):
        try:
            return guess(f"person-{n % 7}", f"198.51.100.{n % 5}")
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        looked_at = sum(pool.map(one, range(300)))
    assert looked_at == 5 * NETWORK.free
