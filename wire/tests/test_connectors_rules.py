"""Rules for the code of connectors that no type checker knows."""

import ast
from pathlib import Path

CONNECTORS = Path(__file__).parents[1] / "connectors"
# What lxml must never be told: to resolve entities, to load or fetch a document type,
# to give up its limits, to repair silently.
REQUIRED = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
}
NEVER = {"dtd_validation", "attribute_defaults", "recover", "schema"}


def test_every_xml_parser_is_told_the_safe_settings():
    seen = 0
    for path in CONNECTORS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
                "XMLParser"
            ):
                seen += 1
                told = {k.arg: ast.literal_eval(k.value) for k in node.keywords}
                assert {key: told.get(key) for key in REQUIRED} == REQUIRED, path
                assert not told.keys() & NEVER, path
    assert seen == 1


def test_no_tree_is_made_with_the_default_parser():
    for path in CONNECTORS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                "etree.fromstring",
                "etree.XML",
                "etree.parse",
            ):
                assert len(node.args) == 2, f"{path}: no parser given"
