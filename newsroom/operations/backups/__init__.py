"""Backups: one file that holds the paper, and the way back from it."""

from newsroom.operations.backups.archive import DamagedBackup
from newsroom.operations.backups.making import backup
from newsroom.operations.backups.restoring import RestoreOptions, restore

__all__ = ["DamagedBackup", "RestoreOptions", "backup", "restore"]
