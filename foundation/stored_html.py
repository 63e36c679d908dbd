"""HTML that is stored beside its data, and rendered again when what renders it changed.

Each stored piece has a column `rendered_with`: a stamp of the templates and modules that
rendered it. A row with another stamp than the present one is old. A new kind of stored
HTML is one `Kind` and one line in `newsroom/stored_html.py`.
"""

from __future__ import annotations

import hashlib
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.template.loader import get_template

LENGTH = 16  # characters of a stamp
LOCKED_PATIENCE = 5.0  # seconds to wait for rows that others hold before giving up
LOCKED_PAUSE = 0.2  # seconds between two looks at them
_INCLUDED = re.compile(r"""{%\s*(?:include|extends)\s+["']([^"'#]+)""")


class StampField(models.CharField):
    """What a row's HTML was rendered with; empty where nobody knows.

    The default is the database's and constant: adding the column rewrites no row.
    """

    def __init__(self, **options: Any) -> None:  # noqa: ANN401
        super().__init__(
            **{
                "max_length": LENGTH,
                "db_default": "",
                "blank": True,
                "editable": False,
                **options,
            }
        )


def stamp(
    *,
    modules: Iterable[ModuleType | str] = (),
    templates: Iterable[str] = (),
    values: Iterable[object] = (),
) -> str:
    """Return a stamp that changes with the text of these files and with these values.

    Templates count with all that they include or extend, as long as those are named by a
    plain string. Read files are not kept: call it once a process.
    """
    state = hashlib.sha256()
    for module in modules:
        found = sys.modules[module] if isinstance(module, str) else module
        state.update(Path(str(found.__file__)).read_bytes() + b"\x00")
    for name, source in sorted(_with_included(templates).items()):
        state.update(f"{name}\x00{source}\x00".encode())
    for value in values:
        state.update(f"{value}\x00".encode())
    return state.hexdigest()[:LENGTH]


def _with_included(names: Iterable[str]) -> dict[str, str]:
    """Return the source of each template and of those it includes, by name."""
    found: dict[str, str] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _source(name)
            waiting += _INCLUDED.findall(found[name])
    return found


def _source(name: str) -> str:
    return str(get_template(name).template.source)  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of stored HTML: where it is, what it is rendered with, how it is made."""

    name: str  # as a sentence says it, plural: "rail rows"
    rows: Callable[[], QuerySet[Any]]  # all rows that hold such HTML
    stamp: Callable[[], str]
    # Lock those of the rows that nobody else holds (`skip_locked`), render them from what
    # is locked, store that, and purge the pages that show it. Return how many. Runs inside
    # a transaction; the caller has chosen the rows.
    render: Callable[[QuerySet[Any]], int]
    batch_size: int = 200  # rows of one transaction

    def old(self) -> QuerySet[Any]:
        """The rows rendered with something else than would render them now."""
        present = self.stamp()  # `<` or `>`, for an index cannot look up `<>`
        return self.rows().filter(
            Q(rendered_with__lt=present) | Q(rendered_with__gt=present)
        )

    def count_old(self, most: int) -> int:
        """Count old rows up to `most`, so that the count stays cheap."""
        return self.old().order_by()[:most].count()


@dataclass(slots=True, kw_only=True)
class Outcome:
    """How far rendering came."""

    rendered: int = 0
    left: int = (
        0  # old rows that others held all the time, or that the time ended before
    )


def render(
    kind: Kind,
    *,
    everything: bool = False,
    seconds: float | None = None,
    watch: Callable[[int], object] = lambda rendered: None,
) -> Outcome:
    """Render old rows again (all rows with `everything`), a batch a transaction.

    Ends when none is old, or after about `seconds`. Whatever is rendered stays so if it is
    killed; the next run goes on there. Rows somebody else is writing are passed over and
    looked at again: they are left in the end only if held for `LOCKED_PATIENCE` seconds.
    """
    ends = None if seconds is None else time.monotonic() + seconds
    outcome = Outcome()
    patience = time.monotonic() + LOCKED_PATIENCE
    rows = kind.rows() if everything else kind.old()
    while True:
        rendered = 0
        for batch in _batches(rows, kind.batch_size):
            with transaction.atomic():
                rendered += kind.render(batch)
            watch(outcome.rendered + rendered)
            if ends is not None and time.monotonic() > ends:
                break
        outcome.rendered += rendered
        rows = kind.old()
        now = time.monotonic()
        patience = now + LOCKED_PATIENCE if rendered else patience
        done = not rows.exists()
        if done or now > (patience if ends is None else ends):
            outcome.left = 0 if done else rows.count()
            return outcome
        time.sleep(0 if rendered else LOCKED_PAUSE)


def _batches(rows: QuerySet[Any], size: int) -> Iterator[QuerySet[Any]]:
    """Part `rows` into batches by their keys; a batch keeps the question of `rows`."""
    last = 0
    while True:
        found = rows.filter(pk__gt=last).order_by("pk")
        keys = list(found.values_list("pk", flat=True)[:size])
        if not keys:
            return
        yield rows.filter(pk__in=keys).order_by("pk")
        last = keys[-1]
