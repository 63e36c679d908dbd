"""What the tests of staff share."""

import pytest


@pytest.fixture(autouse=True)
def quick_hashes(settings):
    """Passwords are compared in no time: how slow they are is not what is tested."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
