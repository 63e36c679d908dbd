"""Backups: one file that holds the paper, and the way back from it."""

from newsroom.backups.archive import Damaged
from newsroom.backups.making import backup
from newsroom.backups.restoring import Wish, restore

__all__ = ["Damaged", "Wish", "backup", "restore"]
