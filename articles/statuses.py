"""The statuses of an article, and what each means for saving, board and colour. Pure.

The one table: `revisions` asks it what may be edited, the desk's board which columns there
are. Tests compare it with the stylesheet, with docs/workflow.md, with the moves' table and
with the trigger in the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from django.db import models


class Status(models.TextChoices):
    """Where an article is in the workflow; changed by moves alone."""

    DRAFT = "draft", "Draft"
    IN_EDIT = "in_edit", "In edit"
    READY = "ready", "Ready"
    LIVE = "live", "Live"
    KILLED = "killed", "Killed"


class Shows(Enum):
    """Which articles of a status a column of the board shows."""

    ALL = auto()
    SCHEDULED = auto()  # readers will see them later
    LAST_DAY = auto()  # readers have seen them for less than 24 hours


@dataclass(frozen=True, slots=True)
class BoardColumn:
    """One column of the desk's board."""

    title: str
    shows: Shows = Shows.ALL


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRow:
    """What a status means; its label is that of `Status`."""

    colour: str  # of its name at the desk: a token of tokens.css, without the dashes
    struck_through: bool = False  # its name at the desk
    board: tuple[BoardColumn, ...] = ()  # the columns with such articles, in order
    closed: str = (
        ""  # the sentence for who tries to edit the text; empty: it may be edited
    )

    @property
    def may_be_edited(self) -> bool:
        return not self.closed


STATUSES = {
    Status.DRAFT: StatusRow(colour="ink-2", board=(BoardColumn("Draft"),)),
    Status.IN_EDIT: StatusRow(colour="down", board=(BoardColumn("In edit"),)),
    Status.READY: StatusRow(
        colour="up",
        board=(BoardColumn("Ready"),),
        closed="This text was approved as it is: send it back to change it.",
    ),
    Status.LIVE: StatusRow(
        colour="accent",
        board=(
            BoardColumn("Goes live by itself", Shows.SCHEDULED),
            BoardColumn("Live, last 24 h", Shows.LAST_DAY),
        ),
    ),
    Status.KILLED: StatusRow(
        colour="ink-2",
        struck_through=True,
        closed="This article was killed; its text stays as it was.",
    ),
}

#: The statuses in which the working text may be changed.
EDITABLE = tuple(status for status, row in STATUSES.items() if row.may_be_edited)
