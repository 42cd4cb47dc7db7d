"""Writing files so that nobody ever sees half of one."""

from __future__ import annotations

import fcntl
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from retailctl.errors import UserError
from retailctl.project import format_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from retailctl.project import Project


LONGEST_FILE = 64 * 2**20
"""Maximum bytes of a file that an option names and that is read whole."""


def check_overwritable(path: Path, option: str, kind: str, is_of_kind: Callable[[Path], bool]) -> None:
    """Check that writing the file that ``option`` names overwrites nothing but an earlier one of its kind.

    Raises:
        UserError: where it is a folder, or a file with other contents; an empty file may be overwritten.

    """
    if path.is_dir():
        raise UserError(f"{format_path(path)}, which {option} names, is a folder: name a file.")
    if path.is_file() and path.stat().st_size and not is_of_kind(path):
        raise UserError(
            f"{format_path(path)}, which {option} names, exists and is not {kind}: name another file."
        )


def write_atomically(path: Path, content: str | bytes, *, mode: int = 0o644) -> bool:
    """Write ``content`` to ``path`` unless it is there; say whether it was written."""
    data = content.encode() if isinstance(content, str) else content
    if path.is_file() and path.read_bytes() == data:
        return False
    if (
        path.exists() and not path.is_file()
    ):  # a pipe or a device, such as /dev/stdout, which nothing may replace
        path.write_bytes(data)
        return True
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:  # it names the temporary file
        raise OSError(error.errno, error.strerror, str(path)) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except OSError as error:  # a full disk is told without the file's name
        Path(name).unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return True


def read_limited(path: Path) -> bytes:
    """Return the content of a file or pipe that ends.

    A device may have no end.

    Raises:
        UserError: where it holds more than ``LONGEST_FILE``.

    """
    with path.open("rb") as file:
        data = file.read(LONGEST_FILE + 1)
    if len(data) > LONGEST_FILE:
        raise UserError(f"{path} holds more than {LONGEST_FILE >> 20} MiB: name the file that was meant.")
    return data


@contextmanager
def hold_lock(project: Project, name: str, *, or_else: str | None = None) -> Iterator[None]:
    """Hold the lock ``name`` of the clone.

    Args:
        project: the clone.
        name: what only one may do at a time.
        or_else: the sentence for whom finds it held; without one, wait.

    Raises:
        UserError: with ``or_else``, where another command holds the lock.

    """
    folder = project.scratch / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (fcntl.LOCK_NB if or_else else 0))
        except BlockingIOError:
            raise UserError(or_else or "") from None
        yield
