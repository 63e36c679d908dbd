"""While the database is away (FAULTS P9)."""

import pytest
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.test import RequestFactory

from newsroom.site.database_down import DatabaseDownMiddleware


@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("closed")])
def test_a_view_without_a_database_says_when_to_come_back(error):
    answer = DatabaseDownMiddleware(lambda request: HttpResponse()).process_exception(
        RequestFactory().get("/"), error
    )
    assert answer.status_code == 503
    assert answer["Retry-After"]


def test_other_errors_are_left_to_django():
    away = DatabaseDownMiddleware(lambda request: HttpResponse())
    assert away.process_exception(RequestFactory().get("/"), ValueError()) is None
