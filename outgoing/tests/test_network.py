"""Names are resolved once and checked; connections go to what was checked (W18-W21)."""

import itertools
import random
import socket
import threading
import time

import httpcore2
import pytest

from outgoing.client import Client
from outgoing.errors import BadAddress, NameNotFound, NoConnection, RefusedAddress
from outgoing.network import MAX_LOOKUPS

PUBLIC = "93.184.216.34"
PUBLIC_6 = "2606:4700:4700::1111"
INSIDE = ["127.0.0.1", "::1", "10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1"]


class Listener:
    """Stands for what an attacker wants to reach, and counts who comes."""

    def __init__(self):
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self):
        while True:
            try:
                sock, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            sock.close()

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class Dialler(httpcore2.SyncBackend):
    """Connects like the real one, but loopback on port 80 means the listener.

    What it is asked for by name it resolves again, as a careless client would; public
    addresses are unreachable, so that nothing leaves the machine.
    """

    def __init__(self, listener_port, resolve):
        self.dialled = []
        self._port = listener_port
        self._resolve = resolve

    def connect_tcp(self, host, port, timeout=None, **options):
        self.dialled.append(host)
        if not host[0].isdigit() and ":" not in host:
            host = self._resolve(host, port)[0]
        if host in INSIDE:
            return super().connect_tcp("127.0.0.1", self._port, timeout, **options)
        raise httpcore2.ConnectError("unreachable from the tests")


@pytest.fixture
def listener():
    listening = Listener()
    yield listening
    listening.close()


def guarded(resolve, *, dialler=None, **fields) -> Client:
    return Client(user_agent="tests", resolve=resolve, dialler=dialler, **fields)


def test_the_listener_of_these_tests_can_be_reached(listener):
    inside = itertools.repeat(["127.0.0.1"])
    dialler = Dialler(listener.port, lambda host, port: next(inside))
    open_client = guarded(
        lambda host, port: next(inside), dialler=dialler, allow=["rebind.example"]
    )
    with pytest.raises(Exception):  # noqa: B017, it hangs up without an answer
        open_client.fetch("http://rebind.example/")
    assert listener.connections == 1


@pytest.mark.parametrize("kind", ["alternating", "mixed", "random"])
def test_a_thousand_rebinding_tries_reach_nothing_inside(kind, listener):
    dice = random.Random(20260625)
    turns = itertools.cycle([[PUBLIC], ["127.0.0.1"]])
    answers = {
        "alternating": lambda: next(turns),
        "mixed": lambda: [PUBLIC, dice.choice(INSIDE)],
        "random": lambda: dice.choices(
            [PUBLIC, PUBLIC_6, *INSIDE], k=dice.randint(1, 3)
        ),
    }[kind]
    dialler = Dialler(listener.port, lambda host, port: answers())
    client = guarded(lambda host, port: answers(), dialler=dialler)
    refused = unreachable = 0
    for n in range(1000):
        try:
            client.fetch(f"http://rebind.example/{n}")
        except RefusedAddress:
            refused += 1
        except NoConnection:
            unreachable += 1
    assert refused + unreachable == 1000
    assert refused >= 400
    assert listener.connections == 0
    assert set(dialler.dialled) <= {PUBLIC, PUBLIC_6}


def test_rebinding_through_the_systems_own_resolver_reaches_nothing(
    listener, monkeypatch
):
    turns = itertools.cycle([PUBLIC, "127.0.0.1"])

    def getaddrinfo(host, port, *args, **fields):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(turns), port))]

    dialler = Dialler(listener.port, lambda host, port: [next(turns)])
    client = Client(user_agent="tests", dialler=dialler)
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    for n in range(100):
        with pytest.raises((RefusedAddress, NoConnection)):
            client.fetch(f"http://rebind.example/{n}")
    assert listener.connections == 0
    assert dialler.dialled == [PUBLIC] * 50


def test_a_connection_that_ends_elsewhere_is_closed_unused(server):
    class Astray(httpcore2.SyncBackend):
        def connect_tcp(self, host, port, timeout=None, **options):
            assert host == PUBLIC
            return super().connect_tcp("127.0.0.1", server.port, timeout, **options)

    asked_before = len(server.heads)
    client = guarded(lambda host, port: [PUBLIC], dialler=Astray())
    with pytest.raises(RefusedAddress, match="another address"):
        client.fetch("http://feeds.example/well")
    assert len(server.heads) == asked_before


def test_one_private_address_among_300_refuses_them_all_wherever_it_stands():
    public = [f"93.184.{n // 256}.{n % 256}" for n in range(300)]
    for where in range(300):
        addresses = [*public[:where], "10.0.0.1", *public[where + 1 :]]
        client = guarded(lambda host, port, found=addresses: found)
        with pytest.raises(RefusedAddress, match=r"leads to 10\.0\.0\.1"):
            client.fetch("http://many.example/")


def test_300_public_addresses_are_handled_and_only_a_few_are_tried():
    dialler = Dialler(0, None)
    addresses = [f"93.184.{n // 256}.{n % 256}" for n in range(300)]
    client = guarded(lambda host, port: addresses * 2, dialler=dialler)
    with pytest.raises(NoConnection):
        client.fetch("http://many.example/")
    assert dialler.dialled == addresses[:4]

    client = guarded(lambda host, port: [*addresses, PUBLIC], dialler=dialler)
    with pytest.raises(NameNotFound, match="more than 300"):
        client.fetch("http://many.example/")


def test_the_next_address_is_tried_when_one_is_dead(server):
    class FirstIsDead(httpcore2.SyncBackend):
        def connect_tcp(self, host, port, timeout=None, **options):
            if host == "::1":
                raise httpcore2.ConnectError("no route")
            return super().connect_tcp(host, port, timeout, **options)

    client = guarded(
        lambda host, port: ["::1", "127.0.0.1"],
        dialler=FirstIsDead(),
        allow=[f"feeds.example:{server.port}"],
    )
    answer = client.fetch(server.url("well", host="feeds.example"))
    assert answer.peer == "127.0.0.1"


@pytest.mark.parametrize(
    "address", ["fe80::1%eth0", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1"]
)
def test_an_answer_of_ipv6_that_hides_a_private_address_is_refused(address):
    with pytest.raises(RefusedAddress):
        guarded(lambda host, port: [address]).fetch("http://six.example/")


@pytest.mark.parametrize("answer", [[], ["not an address"], OSError("SERVFAIL")])
def test_a_name_without_a_usable_answer_is_not_found(answer):
    def resolve(host, port):
        if isinstance(answer, OSError):
            raise answer
        return answer

    with pytest.raises(NameNotFound):
        guarded(resolve).fetch("http://nowhere.example/")


def test_a_slow_resolver_is_given_up_and_holds_nobody():
    over = threading.Event()

    def resolve(host, port):
        over.wait(10)
        return [PUBLIC]

    client = guarded(resolve, resolve_limit=0.2)
    started = time.monotonic()
    with pytest.raises(NameNotFound, match=r"longer than 0\.2 s"):
        client.fetch("http://slow.example/")
    over.set()
    assert time.monotonic() - started < 2


def test_resolvers_that_hang_are_limited_in_number():
    over = threading.Event()
    asked = itertools.count(1)

    def resolve(host, port):
        next(asked)
        over.wait(10)
        return [PUBLIC]

    client = guarded(resolve, resolve_limit=0.01)
    for n in range(MAX_LOOKUPS + 8):
        with pytest.raises(NameNotFound):
            client.fetch(f"http://slow-{n}.example/")
    over.set()
    assert next(asked) - 1 == MAX_LOOKUPS


def test_no_redirect_leads_from_outside_to_what_only_the_operator_may_reach(server):
    class Outside(httpcore2.SyncBackend):
        """The public address is played by the bad server; its peer name is forged."""

        def connect_tcp(self, host, port, timeout=None, **options):
            stream = super().connect_tcp("127.0.0.1", server.port, timeout, **options)
            if host == PUBLIC:
                stream.get_extra_info = lambda info, ask=stream.get_extra_info: (
                    (PUBLIC, port) if info == "server_addr" else ask(info)
                )
            return stream

    inside = f"127.0.0.1:{server.port}"
    client = guarded(lambda host, port: [PUBLIC], dialler=Outside(), allow=[inside])
    assert client.fetch(f"http://{inside}/well").status == 200
    assert client.fetch("http://feeds.example/well").peer == PUBLIC
    server.behave("to_the_inside", "302 Found", f"Location: http://{inside}/well")
    with pytest.raises(RefusedAddress, match="inside our own network"):
        client.fetch("http://feeds.example/to_the_inside")


def test_no_proxy_is_taken_from_the_environment(server, client, monkeypatch, listener):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{listener.port}")
    assert client.fetch(server.url("well")).status == 200
    assert listener.connections == 0


def test_a_typed_private_port_is_refused_before_any_lookup():
    def resolve(host, port):
        raise AssertionError("nothing should be looked up")

    for url in ("http://feeds.example:6379/", "ftp://feeds.example/"):
        with pytest.raises(BadAddress):
            guarded(resolve).fetch(url)
