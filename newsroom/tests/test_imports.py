"""Modules import each other in one direction: no circle in any app."""

from graphlib import CycleError, TopologicalSorter

import grimp
import pytest

APPS = [
    "articles",
    "demo",
    "foundation",
    "markets",
    "newsroom",
    "outgoing",
    "staff",
    "wire",
]


@pytest.mark.parametrize("app", APPS)
def test_no_app_imports_in_a_circle_when_it_runs(app):
    graph = grimp.build_graph(app, exclude_type_checking_imports=True, cache_dir=None)
    assert len(graph.modules) > 3
    assert circle(graph) is None


@pytest.mark.parametrize("app", APPS)
def test_only_models_name_each_others_types(app):
    graph = grimp.build_graph(app, cache_dir=None)
    if f"{app}.models" in graph.modules:
        graph.squash_module(f"{app}.models")
    assert circle(graph) is None


def test_a_circle_is_found():
    graph = grimp.ImportGraph()
    for name in ("a", "b", "c"):
        graph.add_module(name)
    for one, other in ("ab", "bc", "cb"):
        graph.add_import(importer=one, imported=other)
    assert set(circle(graph)) == {"b", "c"}


def circle(graph) -> list[str] | None:
    """Return the modules of one circle, the first again at the end; None without one."""
    imports = {
        module: graph.find_modules_directly_imported_by(module) - {module}
        for module in graph.modules
    }
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return error.args[1]
    return None
