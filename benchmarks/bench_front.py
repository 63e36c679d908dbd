"""The front page against the same bytes as a static file of nginx, one core each.

Pages of 60 kB and 18 kB and, with a database, the real front page; by
newsroom.edge.serve. Rounds alternate; the median is printed.
"req/cpu-s" is requests per second of the server's own CPU time: it holds on a machine
that does other work besides. Then the real front page made each time, for one client.

    python -m benchmarks.bench_front [--seconds 4] [--rounds 3]
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from benchmarks.load import Figures, figures, free_port, pinned, wait_for

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
SERVE = [PYTHON, "-m", "newsroom.edge.serve", "--port={port}"]
NGINX = """
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
  gzip_static on; types {{ text/html html; }}
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; root {folder}; }} }}
"""
PLAIN, GZIP = (), ("Accept-Encoding: gzip",)


def main() -> None:
    given = arguments()
    for size in (60_000, 18_000):
        environ = {"BENCH_SIZE": str(size)}
        shell = [*SERVE, "--fast-path=on", "--app=benchmarks.shell:threads"]
        compare(f"{size // 1000} kB", given, shell, "/kept/", environ)
    if "NEWSROOM_VAR" in os.environ:
        furnish()
        compare("the front page", given, SERVE, "/", {})
        cold()


def compare(
    title: str,
    given: argparse.Namespace,
    shell: list[str],
    path: str,
    environ: dict[str, str],
) -> None:
    """Print one table: nginx and our server over the same bytes."""
    with served(shell, environ, path) as (site, _):
        body = ask(site + path)
    ways = {
        "nginx, a static file": lambda: static(body),
        "newsroom.edge.serve": lambda: served(shell, environ, path),
    }
    print(f"\n{title}: {len(body)} bytes")
    print(
        f"{'':30}{'req/s':>8} {'of nginx':>9} {'req/cpu-s':>10} {'of nginx':>9} {'p99 ms':>7}"
    )
    for words, headers in (("", PLAIN), (", gzip", GZIP)):
        rounds = {name: [] for name in ways}
        for _ in range(given.rounds):
            for name, way in ways.items():
                with way() as (site, pid):
                    asked = site + ("/page.html" if name.startswith("nginx") else path)
                    measured = figures(
                        asked, seconds=given.seconds, headers=headers, pid=pid
                    )
                    rounds[name].append(measured)
        show({name + words: median(found) for name, found in rounds.items()})


def show(rows: dict[str, Figures]) -> None:
    base = next(iter(rows.values()))
    for name, row in rows.items():
        print(
            f"{name:30}{row.rate:8.0f} {row.rate / base.rate:8.2f}× {row.per_cpu:10.0f}"
            f" {row.per_cpu / base.per_cpu:8.2f}× {row.p99:7.2f} {row.errors}"
        )


def furnish() -> None:
    """Give the bench's own database the demo's day, and pages their style sheets."""
    manage = [PYTHON, "manage.py"]
    for command in (["collectstatic", "--noinput", "--verbosity=0"], ["demo", "load"]):
        subprocess.run(
            [*manage, *command], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        )


def cold() -> None:
    """Print how long one client waits for a front page that is made each time."""
    code = (
        "import time, statistics, django; django.setup()\n"
        "from newsroom.asgi import django as app\n"
        "from newsroom.edge.page_renderer import Renderer\n"
        "render, took = Renderer(app, site='http://127.0.0.1:8000'), []\n"
        "for _ in range(220):\n"
        "    began = time.perf_counter(); page = render('/', '')\n"
        "    took.append((time.perf_counter() - began) * 1000)\n"
        "took = sorted(took[20:])\n"
        "print(f'made each time: {len(page.body)} bytes, p50 {took[100]:.2f} ms,'\n"
        "      f' p95 {took[190]:.2f} ms, status {page.status}')\n"
    )
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": "newsroom.settings"}
    subprocess.run(pinned(0, [PYTHON, "-c", code]), cwd=ROOT, env=environ, check=True)


@contextmanager
def served(command: list[str], environ: dict[str, str], path: str):
    """A server of ours on core 0; yields its address and process id."""
    port = free_port()
    site = f"http://127.0.0.1:{port}"
    told = {"PYTHONPATH": str(ROOT), "NEWSROOM_HTTPS": "0", "NEWSROOM_URL": site}
    process = subprocess.Popen(
        pinned(0, [part.format(port=port) for part in command]),
        cwd=ROOT,
        env={**os.environ, **told, **environ},
    )
    try:
        wait_for(f"{site}{path}")
        time.sleep(0.5)  # the listener is up: pages are trusted
        yield site, process.pid
    finally:
        process.terminate()
        process.wait(15)


@contextmanager
def static(body: bytes):
    """nginx on core 0 with the page as a file, and its gzip beside it."""
    port, folder = free_port(), Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    (folder / "page.html").write_bytes(body)
    subprocess.run(["gzip", "-6", "-k", str(folder / "page.html")], check=True)
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    command = [nginx, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    process = subprocess.Popen(pinned(0, command), stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/page.html")
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait(5)
        shutil.rmtree(folder)


def ask(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read()


def median(found: list[Figures]) -> Figures:
    middle = statistics.median_low([each.rate for each in found])
    per_cpu = statistics.median_low([each.per_cpu for each in found])
    p99 = statistics.median_low([each.p99 for each in found])
    errors = next((each.errors for each in found if each.errors), "")
    return Figures(middle, 0.0, p99, errors, per_cpu)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
