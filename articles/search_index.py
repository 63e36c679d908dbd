"""The words of a public text, as PostgreSQL's search keeps them."""

from __future__ import annotations

from django.contrib.postgres.search import SearchVector
from django.db.models import Value
from django.db.models.expressions import Combinable

from articles import body
from articles.models import Revision


def search_vector(revision: Revision) -> Combinable:
    """Return what a search looks through: the headline weighs most, then standfirst."""
    names = " ".join(byline["name"] for byline in revision.bylines)
    parts = (
        ("A", revision.headline),
        ("B", f"{revision.standfirst} {names}"),
        ("C", body.words(revision.body)),
    )
    vectors = [
        SearchVector(Value(text), weight=weight, config="english")
        for weight, text in parts
    ]
    return vectors[0] + vectors[1] + vectors[2]
