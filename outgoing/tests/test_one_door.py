"""There is one HTTP client in the whole code base, and one door to it in each app (W20)."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# What opens connections of its own. Modules, or names inside a module.
CLIENTS = {
    "aiohttp", "curl_cffi", "ftplib", "http.client", "httpcore", "httpcore2", "httplib2",
    "httpx", "httpx2", "niquests", "pycurl", "requests", "smtplib", "socket.create_connection",
    "telnetlib", "tornado.httpclient", "urllib.request", "urllib3", "websocket", "websockets",
    "xmlrpc.client",
}  # fmt: skip
DOORS = {"outgoing"}  # the package that holds the guard
NOT_THE_PAPER = {"demo", "benchmarks", "var", "tests"}  # loopback, by their nature
# Import of the guard itself: through an app's http.py, or for its errors and answers.
MAKES_A_CLIENT = "outgoing.client"


@cache
def modules() -> dict[str, ast.Module]:
    return dict(_modules())


def _modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).parts
        if parts[0] in NOT_THE_PAPER | DOORS or any(p.startswith(".") for p in parts):
            continue
        if "tests" in parts or parts[-1] == "conftest.py":
            continue
        yield "/".join(parts), ast.parse(path.read_bytes())


def imported(tree: ast.AST) -> set[str]:
    """Every module a tree imports, and every name it takes from one, as dotted paths."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.add(f"{node.value.id}.{node.attr}")
        elif isinstance(node, ast.Call) and _is_import_by_name(node):
            found |= {a.value for a in node.args if isinstance(a, ast.Constant)}
    return found


def _is_import_by_name(call: ast.Call) -> bool:
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    return name in {"import_module", "__import__"}


def offences(tree: ast.AST) -> set[str]:
    return {
        client
        for client in CLIENTS
        for name in imported(tree)
        if name == client or name.startswith(f"{client}.")
    }


@pytest.mark.slow
def test_no_module_but_the_guard_opens_connections():
    found = {path: offences(tree) for path, tree in modules().items()}
    assert {path: names for path, names in found.items() if names} == {}


def test_only_the_doors_make_a_client():
    makers = {
        path
        for path, tree in modules().items()
        if any(name.startswith(MAKES_A_CLIENT) for name in imported(tree))
    }
    assert {path for path in makers if not path.endswith("/http.py")} == set()
    assert {"wire/http.py", "markets/http.py"} <= makers


def test_the_guard_knows_no_framework_and_no_app():
    above = {"django", "celery", "newsroom", "articles", "wire", "markets", "staff"}
    for path in (ROOT / "outgoing").glob("*.py"):
        roots = {name.split(".")[0] for name in imported(ast.parse(path.read_bytes()))}
        assert not roots & above, path


@pytest.mark.parametrize(
    "code",
    [
        "import httpx2",
        "import httpx2 as h",
        "import urllib.request",
        "from urllib import request",
        "from urllib.request import urlopen",
        "from http import client",
        "import http.client as c",
        "def f():\n    import requests.sessions",
        "import socket\nsocket.create_connection(('a', 1))",
        "from socket import create_connection",
        "import importlib\nimportlib.import_module('aiohttp')",
        "__import__('urllib3')",
    ],
)
def test_every_way_to_another_client_is_seen(code):
    assert offences(ast.parse(code))


@pytest.mark.parametrize(
    "code", ["import socket", "import urllib.parse", "from http import HTTPStatus"]
)
def test_what_opens_nothing_is_not_an_offence(code):
    assert not offences(ast.parse(code))
