"""What an operator is told when something of the machine stands in the way."""

import errno
import os
import pwd
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class OperatorError(Exception):
    """Something stands in the way; the message is one sentence for the operator."""


@contextmanager
def refusing_os_errors(path: Path) -> Iterator[None]:
    """Raise what the system refuses about `path` as an `OperatorError`."""
    try:
        yield
    except OSError as error:
        where = error.filename or path
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise OperatorError(f"The disk that holds {path} is full.") from error
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
            user = user_name(os.geteuid())
            raise OperatorError(
                f"{where} is not open to {user}: give it to {user}, or set NEWSROOM_VAR"
                " to a folder that is."
            ) from error
        raise OperatorError(f"{where}: {error.strerror or error}.") from error


def user_name(uid: int) -> str:
    """Return the name of a user of the system; "user 1000" for one without a name."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # usual in containers
        return f"user {uid}"


def require_disk_space(folder: Path, wanted: int) -> None:
    """Raise `OperatorError` unless the disk of `folder` has `wanted` bytes free."""
    if shutil.disk_usage(folder).free < wanted:
        raise OperatorError(
            f"The disk that holds {folder} is full: free {wanted // 1024**2} MB of it."
        )
