"""A front door for simulated people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from retailctl.simulation.load_report import LoadReport

if TYPE_CHECKING:
    from collections.abc import Iterable


class Door:
    """A front door that takes everything."""

    api_url, guests = "http://x", None

    def __init__(self) -> None:
        self.report = LoadReport()
        self.sent: list[Any] = []

    def send_events(self, entries: Iterable[Any], _rate: float, _until: Any, _on_tick: Any) -> int:
        self.sent = list(entries)
        self.report.latencies = [0.1] * len(self.sent)
        return len(self.sent)

    def format_lines(self) -> list[str]:
        return self.report.format_lines()
