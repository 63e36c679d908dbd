"""Start or stop the embedded servers by hand, or tell whether they run."""

import sys

from newsroom.launcher.embedded import OperatorError, postgres, start, stop, valkey
from newsroom.paths import database_url, redis_url, var_dir
from newsroom.private_files import set_private_umask


def main(arguments: list[str]) -> int:
    """Start or stop the servers by hand, or tell whether they run."""
    set_private_umask()
    verb = arguments[0] if len(arguments) == 1 else ""
    try:
        if verb == "start":
            start(say=_print)
        elif verb == "stop":
            stop()
        elif verb != "status":
            _print("Usage: python -m newsroom.launcher.embedded start|stop|status")
            return 2
    except OperatorError as refusal:
        _print(str(refusal))
        return 1
    var = var_dir()
    for name, server, url in (
        ("PostgreSQL", postgres, database_url()),
        ("Valkey", valkey, redis_url()),
    ):
        _print(f"{name} {'no' if server.connection_error(var) else 'runs'}: {url}")
    return 0


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
