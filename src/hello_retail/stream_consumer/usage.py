"""What an invocation of a view consumed, and what failed on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

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
        """Note a failed AWS call by its code: messages quote keys.

        A cancelled transaction has a code for each of its items, which tells what happened.
        """
        if not isinstance(error, ClientError):
            self.failures.append(type(error).__name__)
            return
        response: Mapping[str, Any] = error.response
        reasons = {reason.get("Code", "None") for reason in response.get("CancellationReasons", ())} - {
            "None"
        }
        self.failures += sorted(reasons) or [response["Error"]["Code"]]
