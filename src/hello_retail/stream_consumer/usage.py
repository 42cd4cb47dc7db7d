"""What an invocation of a view consumed, and what failed on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

from botocore.exceptions import ClientError


@dataclass(slots=True)
class Usage:
    """Capacity units that an invocation consumed, and failures by error code."""

    write_units: float = 0.0
    read_units: float = 0.0
    failures: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def add_write_units(self, units: float) -> None:
        """Add write units; calls run side by side."""
        with self._lock:
            self.write_units += units

    def note_failure(self, error: Exception) -> None:
        """Note a failed AWS call by its code, never by its message: messages quote keys."""
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        self.failures.append(code)
