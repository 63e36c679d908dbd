"""Do the rows that people fill in hold what their fields may hold?

The forms judge what is typed; a row from before they did, or one written past them, is
found here, by the same rules.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import Field, Model

from articles.models import Author, Section, Topic
from markets.models import Exchange, Feed, Instrument
from newsroom.operations.doctor.finding import NAMED, Finding, Level, named
from staff.models import User
from wire.models import Publisher, Source

ROWS: tuple[type[Model], ...] = (
    *(Exchange, Instrument, Feed, Publisher, Source),
    *(Section, Topic, Author, User),
)


def values() -> Finding:
    """Is every such field as its validators want it? A query for each kind of row."""
    wrong: list[str] = []
    count = 0
    for model in ROWS:
        # A password is a hash, and what the machine writes nobody typed.
        left_out = {
            field.name
            for field in model._meta.get_fields()
            if not getattr(field, "editable", False) or field.name == "password"
        }
        for row in model._default_manager.order_by("pk").iterator():
            count += 1
            wrong += _faults(row, left_out)
    if not wrong:
        return Finding(Level.OK, "values", f"All {count:,} rows hold what they may.")
    return Finding(
        Level.WARNING,
        "values",
        f"Not what a field may hold: {named(wrong[:NAMED], len(wrong))}",
        "Open the row at the desk, put it right and save it.",
    )


def _faults(row: Model, left_out: set[str]) -> list[str]:
    """Return what is wrong with each field of a row, and what would be right."""
    try:
        row.clean_fields(exclude=left_out | _related(row))
        row.clean()
    except ValidationError as error:
        what = f"{row._meta.verbose_name} {row}"
        return [
            f"{what}, {field}: {' '.join(words)}"
            for field, words in error.message_dict.items()
        ]
    return []


def _related(row: Model) -> set[str]:
    """The fields that name other rows: the database holds them itself."""
    fields: list[Field] = [f for f in row._meta.concrete_fields if f.is_relation]
    return {field.name for field in fields}
