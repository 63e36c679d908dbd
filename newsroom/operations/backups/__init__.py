"""Backups: one file that holds the paper, and the way back from it."""

from newsroom.operations.backups.archive import Damaged
from newsroom.operations.backups.making import backup
from newsroom.operations.backups.restoring import Wish, restore

__all__ = ["Damaged", "Wish", "backup", "restore"]
