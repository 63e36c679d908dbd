"""The misbehaving server, and a client that may reach it."""

import ssl

import pytest
import trustme

from outgoing.client import Client

from . import behaviours  # noqa: F401, registers every behaviour
from .badserver import BadServer

NAMES = {
    "feeds.example": ["127.0.0.1"],
    "other.example": ["127.0.0.1"],
    "private.example": ["10.1.2.3"],
    "mixed.example": ["93.184.216.34", "10.1.2.3"],
}


def resolve_example(host: str, port: int) -> list[str]:
    """DNS of the tests: nothing leaves the machine."""
    if host not in NAMES:
        raise OSError(f"no such name: {host}")
    return NAMES[host]


@pytest.fixture(scope="module")
def server():
    running = BadServer()
    yield running
    running.close()


@pytest.fixture
def client(server):
    made = make_client(server)
    yield made
    made.close()


def make_client(*servers: BadServer, **fields) -> Client:
    allow = [
        f"{host}:{running.port}"
        for running in servers
        for host in ("127.0.0.1", "feeds.example", "other.example")
    ]
    return Client(
        **{"user_agent": "tests", "allow": allow, "resolve": resolve_example, **fields}
    )


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture(scope="session")
def trusting(authority):
    """A client's context that trusts the tests' own authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(context)
    return context


def server_context(authority: trustme.CA, *names: str, **fields) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, **fields).configure_cert(context)
    return context
