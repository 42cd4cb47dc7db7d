"""Measure the time from arrival to counting, by the view's metric."""

from __future__ import annotations

import json
from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

METRIC = "Freshness"
WEIGHT = "EventsApplied"


@dataclass(frozen=True, slots=True)
class Wait:
    """Milliseconds that ``events`` events waited.

    A metric gives some quantiles of a batch, not every event.
    """

    milliseconds: float
    events: float


def parse_waits(lines: Iterable[str]) -> list[Wait]:
    """Return the metrics (embedded metric format) in log lines, in order."""
    waits: list[Wait] = []
    for line in lines:
        if f'"{METRIC}"' not in line:
            continue
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and "_aws" in entry and METRIC in entry:
            values = _list(entry[METRIC])
            events = sum(_list(entry.get(WEIGHT, len(values))))
            waits += [Wait(value, events / len(values)) for value in values]
    return waits


def _list(value: Any) -> list[float]:  # noqa: ANN401 - a number or a list of them
    return [float(number) for number in (value if isinstance(value, list) else [value])]


def compute_percentile(waits: Sequence[Wait], percent: float) -> float:
    """Return the milliseconds within which ``percent`` of the events counted.

    Raises:
        ValueError: where there is none.

    """
    if not waits:
        raise ValueError("There is no wait to take a percentile of.")
    ordered = sorted(waits, key=lambda wait: wait.milliseconds)
    up_to = list(accumulate(wait.events for wait in ordered))
    return ordered[bisect_left(up_to, up_to[-1] * percent / 100)].milliseconds


def read_log_lines(logs: Any, function: str) -> list[str]:  # noqa: ANN401 - a boto3 client made at run time
    """Return all messages that a function has logged, given a CloudWatch Logs client."""
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{function}")
    return [line for page in pages for event in page["events"] for line in event["message"].splitlines()]
