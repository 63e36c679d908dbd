"""Places in append-only ledgers, as programs hand them back to go on from there.

A cursor names one row, and something that tells this row from another of the same id: so
a database restored from a backup does not pass for the one that gave the cursor.
"""

import re
from dataclasses import dataclass
from typing import ClassVar, Self

MAX_ID = 2**63 - 1  # `bigint`
MAX_XID = 2**63 - 1  # half of `xid8`; what a `bigint` column can keep
HASH_LENGTH = 16  # hex digits: eight bytes of a row's hash


@dataclass(frozen=True, slots=True, order=True)
class TransactionCursor:
    """A row of a ledger without hashes: `<xid>-<id>`, "3354-76".

    A server counts its transactions and never uses a number twice, so the pair tells the
    row from one that gets its id after a restore on the same server. Compared, cursors are
    in the order in which the rows are read.
    """

    xid: int
    id: int

    START: ClassVar["TransactionCursor"]  # before all rows

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the form that `str` gives. Raises `ValueError` with the text."""
        found = re.fullmatch(r"([0-9]{1,19})-([0-9]{1,19})", text)
        if not found or int(found[1]) > MAX_XID or int(found[2]) > MAX_ID:
            raise _malformed(text, "<transaction>-<id>")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.xid}-{self.id}"


@dataclass(frozen=True, slots=True)
class ChainCursor:
    """A row of a ledger chained by hash: its id and the first eight bytes of its hash.

    "123-9f3a5c0d11e2b784". The hash covers all rows before, so it tells the row, and the
    history that led to it, from any other of the same id, on whatever server.
    """

    id: int
    hash: str  # `HASH_LENGTH` hex digits

    START: ClassVar["ChainCursor"]  # before all rows

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the form that `str` gives. Raises `ValueError` with the text."""
        found = re.fullmatch(rf"([0-9]{{1,19}})-([0-9a-f]{{{HASH_LENGTH}}})", text)
        if not found or int(found[1]) > MAX_ID:
            raise _malformed(text, f"<id>-<{HASH_LENGTH} hex digits>")
        return cls(int(found[1]), found[2])

    def __str__(self) -> str:
        return f"{self.id}-{self.hash}"


TransactionCursor.START = TransactionCursor(0, 0)
ChainCursor.START = ChainCursor(0, "0" * HASH_LENGTH)


class CursorReset(Exception):
    """The ledger has no such row: the database was restored, or the cursor made up.

    Take the present state of everything, and go on from the ledger's `head()`.
    """

    def __init__(self, cursor: TransactionCursor | ChainCursor) -> None:
        super().__init__(f"This ledger has no row “{cursor}”.")


def _malformed(text: str, form: str) -> ValueError:
    return ValueError(f"“{text[:60]}” is no cursor of this ledger: it reads {form}.")
