"""Large request bodies are for the desk: requests with the session of somebody logged in."""

import asyncio
import re
from concurrent.futures import Executor
from time import monotonic
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.db import Error, close_old_connections
from django.http import HttpRequest, parse_cookie

DESK = "/admin/"
BELIEVED = 30.0  # seconds a session that was found is not looked up again
MAX_BELIEVED = 1024  # sessions

_KEY = re.compile(r"[a-z0-9]{32}")  # what Django's sessions are called


class Sessions:
    """Looks up sessions in threads, and caches for `BELIEVED` seconds those it found.

    A forged cookie costs one look at an index, and buys nothing.
    """

    def __init__(self, threads: Executor) -> None:
        self._threads = threads
        self._believed: dict[str, float] = {}  # key → until when, oldest first

    async def may_send_much(self, scope: dict[str, Any]) -> bool:
        """Tell whether somebody of the staff sends this to the desk.

        Raises `ConnectionError` while the database is away.
        """
        key = _session_key(scope)
        if key is None or not scope["path"].startswith(DESK):
            return False
        if self._believed.get(key, 0.0) > monotonic():
            return True
        loop = asyncio.get_running_loop()
        if not await loop.run_in_executor(self._threads, is_live, key):
            return False
        self._believed.pop(key, None)
        self._believed[key] = monotonic() + BELIEVED
        if len(self._believed) > MAX_BELIEVED:
            self._believed.pop(next(iter(self._believed)))
        return True


def is_live(key: str) -> bool:
    """Tell whether a session is somebody's who may log in. Blocks; see `Sessions`."""
    close_old_connections()
    request = HttpRequest()
    request.session = SessionStore(session_key=key)
    try:
        return get_user(request).is_authenticated
    except Error as error:
        raise ConnectionError(str(error)) from error


def _session_key(scope: dict[str, Any]) -> str | None:
    raw = b"; ".join(v for k, v in scope["headers"] if k == b"cookie")
    key = parse_cookie(raw.decode("latin-1")).get(settings.SESSION_COOKIE_NAME, "")
    return key if _KEY.fullmatch(key) else None
