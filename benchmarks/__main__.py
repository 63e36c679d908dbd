"""Run the benchmarks one after another: `make bench`, or `make bench ARGS="front parse"`.

Each `benchmarks/bench_<name>.py` answers one question, prints one table and runs alone
too: `python -m benchmarks.bench_<name>`. They find migrated servers of their own under
`NEWSROOM_VAR` (default var/bench).
"""

import os
import secrets
import subprocess
import sys
import time
from pathlib import Path

from newsroom import paths

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


def main(wanted: list[str]) -> int:
    names = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    if unknown := set(wanted) - set(names):
        print(
            f"No benchmark {', '.join(sorted(unknown))}; there are: {', '.join(names)}"
        )
        return 2
    prepare()
    failed = []
    for name in wanted or names:
        print(f"\n== {name}", flush=True)
        began = time.monotonic()
        script = [sys.executable, "-m", f"benchmarks.bench_{name}"]
        if subprocess.run(script, cwd=ROOT).returncode:
            failed.append(name)
        print(f"   ({time.monotonic() - began:.0f} s)", flush=True)
    if failed:
        print(f"\nFailed: {', '.join(failed)}")
    return bool(failed)


def prepare() -> None:
    """Start the servers, tied to this process, and migrate; as in production."""
    os.environ.setdefault("NEWSROOM_VAR", str(ROOT / "var" / "bench"))
    os.environ.setdefault("NEWSROOM_SECRET_KEY", secrets.token_urlsafe(50))
    os.environ.setdefault("NEWSROOM_HTTPS", "0")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    from newsroom.launcher import embedded

    embedded.start(
        postgres="DATABASE_URL" not in os.environ,
        valkey="REDIS_URL" not in os.environ,
        tied=True,
        say=print,
    )
    # Benchmarks make tables of their own and vacuum ours: as the owner.
    os.environ.setdefault("DATABASE_URL", paths.owner_url())
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(migrate, cwd=ROOT, check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
