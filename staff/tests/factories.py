"""Small makers for the tests of staff."""

from datetime import UTC, datetime
from itertools import count

from staff.models import AccessEvent, Role, User

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRET = "seven ships wait outside"
HERE, ELSEWHERE = "192.0.2.10", "198.51.100.7"
_n = count(1)


def make_person(name="", **fields) -> User:
    """Make somebody with a desk, whose password is `SECRET`."""
    person = User(
        **{"username": name or f"person-{next(_n)}", "is_staff": True,
           "role": Role.EDITOR, **fields}
    )  # fmt: skip
    person.set_password(fields.get("password", SECRET))
    person.save()
    return person


def make_sign_in(name, address=HERE, at=NINE) -> AccessEvent:
    """Have `name` signed in from `address` before."""
    return AccessEvent.objects.create(
        kind=AccessEvent.Kind.SIGN_IN,
        name=name,
        address=address,
        network=address,
        at=at,
    )
