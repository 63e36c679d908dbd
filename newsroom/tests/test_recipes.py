"""CONTRIBUTING names what is there, and what its recipes promise to be compared is."""

import ast
import re
from pathlib import Path

from django.urls import get_resolver

from articles.models.taxonomy import RESERVED

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text()
PATH = re.compile(r"`([\w/]+(?:\.(?:py|html|md|toml)|/))`")
NAMED = re.compile(r"`([A-Z_]{3,})`, `([\w/]+\.py)`")


def missing_paths(page):
    """Return the files and folders the page names that are not there.

    A name without a folder is found beside the one before it.
    """
    gone, folder = [], ROOT
    for name in PATH.findall(page):
        here = [ROOT / name, folder / name]
        if not any(path.exists() for path in here):
            gone.append(name)
        elif here[0].exists():
            folder = here[0].parent
    return gone


def test_every_file_a_recipe_names_is_there():
    assert missing_paths(PAGE) == []
    assert len(PATH.findall(PAGE)) > 30  # the pattern still finds them


def test_a_file_that_is_gone_would_be_found():
    assert missing_paths("see `articles/moving.py`") == ["articles/moving.py"]


def assigned(path):
    """Return the names a module gives values to."""
    return {
        target.id
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }


def test_every_table_a_recipe_names_is_in_its_module():
    found = NAMED.findall(PAGE)
    assert len(found) >= 6
    for name, path in found:
        assert name in assigned(ROOT / path), f"{path} has no {name}"


def test_no_section_can_take_the_address_of_a_page():
    firsts = set()
    for entry in get_resolver().url_patterns:
        first = str(entry.pattern).lstrip("^").partition("/")[0]
        if re.fullmatch(r"[a-z-]+", first):
            firsts.add(first)
    assert {"wire", "markets", "admin", "api"} <= firsts
    assert firsts <= RESERVED
