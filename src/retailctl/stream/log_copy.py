"""Copy an event log, so that what is checked is sent.

The file may be a pipe, or may still be written.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from retailctl.errors import UserError
from retailctl.stream import log_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailctl.stream.lines import LineSelection
    from retailctl.stream.log_file import LogEntry


@dataclass(frozen=True, slots=True)
class LogCopy:
    """An event log as it was when it was read.

    Attributes:
        source: where it was read.
        content: the copy.
        size: of the copy, in bytes.
        is_pipe: whether the source can be read once only.

    """

    source: Path
    content: IO[bytes]
    size: int
    is_pipe: bool

    def read_entries(self, selection: LineSelection) -> Iterator[LogEntry]:
        """Yield the selected records, in the order of their lines.

        Raises:
            BrokenLog: at the first broken line, a selected one or not.

        """
        self.content.seek(0)
        for entry in log_file.parse_event_log(self.content, str(self.source)):
            if entry.line in selection:
                yield entry

    def check_entries(self, selection: LineSelection) -> int:
        """Return the number of selected records, having read all lines.

        Raises:
            UserError: where a line is broken.

        """
        try:
            return sum(1 for _ in self.read_entries(selection))
        except log_file.BrokenLog as error:
            raise UserError(f"{error} Nothing was sent.") from error

    def has_grown(self) -> bool:
        """Whether the source is a file that is longer now than its copy."""
        try:
            return not self.is_pipe and self.source.stat().st_size > self.size
        except OSError:
            return False

    def count_lines(self) -> int:
        """Return the number of lines, blank ones included."""
        self.content.seek(0)
        return sum(1 for _ in self.content)


def _is_endless(descriptor: int) -> bool:
    """Say whether a file is an endless device such as /dev/zero."""
    status = os.fstat(descriptor)
    is_device = stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode)
    return is_device and not os.isatty(descriptor) and status.st_rdev != Path(os.devnull).stat().st_rdev


@contextmanager
def copy_log(source: Path) -> Iterator[LogCopy]:
    """Copy an event log or pipe to a file for the block.

    Raises:
        UserError: where it cannot be read or copied.

    """
    with tempfile.TemporaryFile() as content:
        try:
            with source.open("rb") as original:
                is_pipe = not stat.S_ISREG(os.fstat(original.fileno()).st_mode)
                if _is_endless(original.fileno()):
                    raise OSError(errno.EINVAL, "it is a device that may have no end")  # noqa: TRY301 - told below
                shutil.copyfileobj(original, content)
            content.flush()
        except OSError as error:
            raise UserError(
                f"{source} cannot be read or copied to {tempfile.gettempdir()} ({error.strerror}): name an event "
                "log, or a folder with room for a copy in TMPDIR. Nothing was sent."
            ) from error
        yield LogCopy(source, content, content.tell(), is_pipe)
