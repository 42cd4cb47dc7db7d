"""What sending through the API came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

MAXIMUM_KINDS = 12


def pick_percentile(ordered: Sequence[float], percent: int) -> float:
    """Return the lowest value that ``percent`` of the ascending values do not exceed; 0 of none."""
    return ordered[max(-(-len(ordered) * percent // 100) - 1, 0)] if ordered else 0.0


@dataclass(slots=True)
class LoadReport:
    """How a run went.

    Attributes:
        latencies: seconds from an event's first attempt to its 202, the pauses in between included.
        failed: events given up, by kind: a status with the sentence of its problem document, where it has one and
            there are not more than ``MAXIMUM_KINDS`` yet; or the name of a network error.
        repeated: attempts after which another one was made, by kind without a sentence.
        seconds: from the first event to the last answer.

    """

    latencies: list[float] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def accepted(self) -> int:
        """Return how many events were accepted."""
        return len(self.latencies)

    def count_failure(self, kind: str, words: str) -> None:
        """Count an event that was given up."""
        label = f"{kind} ({words})" if words else kind
        self.failed[label if label in self.failed or len(self.failed) < MAXIMUM_KINDS else kind] += 1

    def compute_figures(self) -> dict[str, float]:
        """Return ``accepted``, ``failed``, ``accepted_per_second`` and ``p50_ms``, ``p95_ms``, ``p99_ms``."""
        waits = sorted(self.latencies)
        quantiles = {f"p{share}_ms": pick_percentile(waits, share) * 1000 for share in (50, 95, 99)}
        rate = self.accepted / self.seconds if self.seconds else 0.0
        return {
            "accepted": self.accepted,
            "failed": self.failed.total(),
            "accepted_per_second": rate,
            **quantiles,
        }

    def format_lines(self) -> list[str]:
        """Return the report in words."""
        figures = self.compute_figures()
        rate = f"{figures['accepted_per_second']:.1f} a second"
        lines = [
            f"{self.accepted:,} events accepted in {self.seconds:.1f} s, {rate}.",
            "Latency: " + ", ".join(f"{figures[f'p{n}_ms']:.0f} ms (P{n})" for n in (50, 95, 99)) + ".",
        ]
        for title, kinds in (("Given up", self.failed), ("Sent again", self.repeated)):
            if kinds:
                lines.append(
                    f"{title}: " + "; ".join(f"{n:,} of {kind}" for kind, n in kinds.most_common()) + "."
                )
        return lines
