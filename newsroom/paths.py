"""Where this installation keeps its state, and under which addresses.

postgres/  the database        run/  the sockets (elsewhere if the path is too long)
valkey/    the broker          log/  what the servers say
"""

import hashlib
import os
import re
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

NAME = "newsroom"  # of the database, and of the role that owns it
APPLICATION = "newsroom_app"  # the role of the paper: it owns nothing
SOCKET_PATH_LIMIT = 107  # bytes, of sockaddr_un on Linux
POSTGRES_SOCKET = ".s.PGSQL.5432"
VALKEY_SOCKET = "valkey.sock"


def var_dir() -> Path:
    """Return the folder of this installation's state; it may not exist yet."""
    default = Path(__file__).resolve().parents[1] / "var"
    return Path(os.environ.get("NEWSROOM_VAR") or default).expanduser().absolute()


def run_dir(var: Path | None = None) -> Path:
    """Return the folder of the sockets: `var/run`, or a short one for a long path.

    The short one is named after the hash of the long one, in the system's folder for
    temporary files. Paths with characters that addresses would have to escape go there
    too.
    """
    natural = (var or var_dir()) / "run"
    longest = os.fsencode(natural / POSTGRES_SOCKET)
    plain = re.fullmatch(r"[A-Za-z0-9/._+-]+", str(natural))
    if len(longest) <= SOCKET_PATH_LIMIT and plain:
        return natural
    digest = hashlib.sha256(os.fsencode(natural)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"{NAME}-{digest}"


def database_url(var: Path | None = None) -> str:
    """Return the address of the embedded PostgreSQL, running or not, for the paper."""
    return f"postgresql://{APPLICATION}@/{NAME}?host={run_dir(var)}"


def owner_url(var: Path | None = None) -> str:
    """Return the same for the owner of the tables, who may do anything."""
    return f"postgresql://{NAME}@/{NAME}?host={run_dir(var)}"


def redis_url(var: Path | None = None) -> str:
    """Return the address of the embedded Valkey as redis-py writes it."""
    return f"unix://{run_dir(var)}/{VALKEY_SOCKET}?db=0"


def celery_url(url: str) -> str:
    """Return `url`, an address as redis-py writes it, as Celery writes it."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={database}"
