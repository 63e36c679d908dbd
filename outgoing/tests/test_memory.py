"""No bomb makes a process grow by more than 64 MB (W14, W16, G5)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
BOMBS = [
    "gzip_bomb",
    "gzip_bomb_in_gzip",
    "padding_bomb_in_gzip",
    "deflate_bomb",
    "brotli_bomb",
    "zstd_bomb",
    "zstd_with_a_window_of_128_mb",
    "gzip_of_5000_members",
    "body_without_end",
    "chunks_without_end",
    "one_byte_chunks_without_end",
    "headers_without_end",
    "header_of_one_megabyte",
    "ten_thousand_headers",
    "trailers_without_end",
    "redirect_with_a_body_without_end",
]
SCRIPT = """
import json, re, sys
from outgoing.client import Client
from outgoing.errors import FetchError

def memory(field):
    # Not getrusage: its peak is handed down from the process that started this one.
    with open("/proc/self/status") as status:
        return int(re.search(rf"{field}:\\s+(\\d+) kB", status.read())[1]) / 1024  # MB

port, bomb = sys.argv[1:]
client = Client(user_agent="tests", allow=[f"127.0.0.1:{port}"])
for warm in ("well", "gzip_twice", "brotli", "zstd_in_two_frames"):
    client.fetch(f"http://127.0.0.1:{port}/{warm}")
before = memory("VmRSS")
try:
    outcome = client.fetch(f"http://127.0.0.1:{port}/{bomb}", deadline=3).status
except FetchError as error:
    outcome = error.reason
print(json.dumps([outcome, memory("VmHWM") - before]))
"""


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="needs Linux's /proc"
)
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_costs_less_than_64_mb(bomb, server):
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(server.port), bomb],
        cwd=ROOT,
        timeout=60,
        capture_output=True,
        check=True,
    )
    outcome, growth = json.loads(run.stdout)
    assert outcome in {"too_large", "bad_content", "not_http", "timeout", 200}
    assert growth < 64, f"{growth:.0f} MB"
