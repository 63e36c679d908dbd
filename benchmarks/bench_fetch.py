"""What does the guard cost? An unchanged feed (304) and a feed of 100 kB, on loopback.

Ours against plain httpx2 with a kept connection, and against the engine below both,
httpcore2, without any guard. The server is another process and answers from memory.
Rounds alternate, so that whatever else the machine does falls on all alike; the median
of each is printed.
"""

import gzip
import multiprocessing
import socket
import statistics
import time

import httpcore2
import httpx2

from outgoing.client import Client

ROUNDS, REQUESTS = 15, 100  # requests a round
BODY = b"".join(
    b"<item><guid>%d</guid><title>Ferry number %d leaves</title></item>" % (n, n * 7919)
    for n in range(1600)
)
PACKED = gzip.compress(BODY, mtime=0)
UNCHANGED = b'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\n\r\n'
WHOLE = (
    b'HTTP/1.1 200 OK\r\nETag: "v1"\r\nContent-Type: application/rss+xml\r\n'
    b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(PACKED)
) + PACKED


def serve(listener: socket.socket) -> None:
    """Answer one connection after the other; each client keeps its own open."""
    while True:
        sock, _ = listener.accept()
        multiprocessing.Process(target=converse, args=(sock,), daemon=False).start()
        sock.close()


def converse(sock: socket.socket) -> None:
    while head := sock.recv(65536):
        sock.sendall(UNCHANGED if b"\r\nif-none-match:" in head.lower() else WHOLE)


def timed(work) -> float:
    began = time.perf_counter()
    for _ in range(REQUESTS):
        work()
    return (time.perf_counter() - began) / REQUESTS * 1000


def main() -> None:
    context = multiprocessing.get_context("fork")
    listener = socket.create_server(("127.0.0.1", 0), backlog=16)
    server = context.Process(target=serve, args=(listener,), daemon=False)
    server.start()
    address = f"127.0.0.1:{listener.getsockname()[1]}"
    url = f"http://{address}/feed.xml"
    try:
        compare(url, address)
    finally:
        server.terminate()
        server.join()
        listener.close()


def compare(url: str, address: str) -> None:
    ours = Client(user_agent="bench", allow=[address])
    plain = httpx2.Client(trust_env=False)
    engine = httpcore2.ConnectionPool()
    asking = {"If-None-Match": '"v1"'}
    host = [("Host", address)]
    contenders = {
        "304, ours": lambda: ours.fetch(url, etag='"v1"'),
        "304, httpx2": lambda: plain.get(url, headers=asking),
        "304, httpcore2": lambda: engine.request(
            "GET", url, headers=[*host, *asking.items()]
        ),
        "100 kB gzip, ours": lambda: ours.fetch(url),
        "100 kB gzip, httpx2": lambda: plain.get(url).content,
    }
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, work in contenders.items():
            times[name].append(timed(work))
    for name, rounds in times.items():
        print(f"{name:<24}{statistics.median(rounds):8.3f} ms")
    ratio = statistics.median(times["304, ours"]) / statistics.median(
        times["304, httpx2"]
    )
    print(f"{'304, ours to httpx2':<24}{ratio:8.2f} x")
    for pool in (ours, plain, engine):
        pool.close()


if __name__ == "__main__":
    main()
