"""Draw cost by window and by load as one SVG."""

from __future__ import annotations

from dataclasses import dataclass
from math import log10
from typing import TYPE_CHECKING

from retailctl.cost import model, original, workload
from retailctl.cost.model import BOUND

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from retailctl.cost.prices import Prices
    from retailctl.cost.units import Measured
    from retailctl.cost.workload import Workload

WINDOWS = (workload.FRESHEST, 60.0)
LOADS = (100_000.0, 100_000_000.0)
STEPS = 60
BANDS = (
    ("Kinesis", "kinesis"),
    ("DynamoDB", "dynamodb"),
    ("Lambda", "lambda"),
    ("logs, alarms, keys", "rest"),
)
"""What is drawn one on the other, from below: label and class."""
MUCH = 1_000.0
STYLE = """
    .card { fill: #fbfaf7; stroke: #d9d5cb; }
    .grid { stroke: #e2ded4; }
    .axis { stroke: #8b8577; }
    .kinesis { fill: #9fb0d8; } .dynamodb { fill: #8fc3b3; } .lambda { fill: #e8b98c; } .rest { fill: #cdc7b8; }
    .bound { stroke: #a33b2f; stroke-width: 1.5; stroke-dasharray: 6 4; }
    .mark { stroke: #5d584d; stroke-dasharray: 2 4; }
    .ours { fill: none; stroke: #2f7d68; stroke-width: 3; }
    .fresh { fill: none; stroke: #2f7d68; stroke-width: 1.75; stroke-dasharray: 7 4; }
    .other { fill: none; stroke: #b06a2c; stroke-width: 2; }
    .promise { fill: none; stroke: #b06a2c; stroke-width: 1.75; stroke-dasharray: 3 4; }
    .dot { fill: #23211c; }
    .name { fill: #23211c; font-size: 16px; font-weight: 600; }
    .what { fill: #5d584d; font-size: 12.5px; }
    .big { fill: #23211c; font-size: 14px; font-weight: 600; }
    @media (prefers-color-scheme: dark) {
      .card { fill: #1b1d20; stroke: #3a3d42; }
      .grid { stroke: #303338; }
      .axis { stroke: #8d9199; }
      .bound { stroke: #f08a7c; }
      .mark { stroke: #b3b7be; }
      .ours, .fresh { stroke: #58b59b; }
      .other, .promise { stroke: #dd9a5c; }
      .dot { fill: #f0f1f3; }
      .name, .big { fill: #f0f1f3; }
      .what { fill: #b3b7be; }
    }
"""


@dataclass(frozen=True, slots=True)
class Axis:
    """Maps a figure to a position, on a linear or logarithmic axis."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool

    def __call__(self, value: float) -> float:
        """Return the place of a figure."""
        if self.logarithmic:
            share = log10(value / self.low) / log10(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def draw_cost_chart(load: Workload, bench: Measured, price: Prices) -> str:
    """Return the chart of a workload's cost by window and by load."""
    now = model.compute_bill(load, bench, price).way.usd
    fonts = "system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"
    summary = (
        "On the left dollars a day against the window for which a batch is gathered, stacked by service: "
        f"{now:.2f} at {load.window_seconds:g} seconds, more the shorter it is. On the right dollars a day against "
        "events a day, both logarithmic, beside what the original promised and what its DynamoDB part was measured "
        "to take."
    )
    head = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 440" role="img" '
        f'aria-labelledby="title summary" font-family="{fonts}">'
    )
    return "\n".join(
        [
            head,
            '  <title id="title">What a day costs, by freshness and by load</title>',
            f'  <desc id="summary">{summary}</desc>',
            f"  <style>{STYLE}  </style>",
            '  <rect class="card" x="1" y="1" width="998" height="438" rx="12"/>',
            *_by_window(load, bench, price, now),
            *_by_load(load, bench, price, now),
            "</svg>\n",
        ]
    )


def _space_evenly(low: float, high: float) -> list[float]:
    """Return figures from low to high, evenly spaced on a logarithmic axis."""
    return [low * (high / low) ** (step / STEPS) for step in range(STEPS + 1)]


def _bands(load: Workload, bench: Measured, price: Prices) -> list[float]:
    """Return the dollars a day of each band."""
    services = model.compute_bill(load, bench, price).way.sum_by_service()
    dollars = [services.pop(name, 0.0) for name, _ in BANDS[:-1]]
    return [*dollars, sum(services.values())]


def _by_window(load: Workload, bench: Measured, price: Prices, now: float) -> Iterable[str]:
    across = Axis(*WINDOWS, 64, 490, logarithmic=True)
    poll = workload.SHORTEST_POLL
    seconds = sorted({*_space_evenly(WINDOWS[0], poll - 1e-6), *_space_evenly(poll, WINDOWS[1])})
    stacks = [
        _bands(workload.change_workload(load, window_seconds=second), bench, price) for second in seconds
    ]
    most = _round_up(max(sum(stack) for stack in stacks))
    up = Axis(0, most, 372, 80, logarithmic=False)
    yield '  <text class="name" x="24" y="34">Cost against freshness</text>'
    yield '  <text class="what" x="24" y="54">$ a day from stream to board</text>'
    yield from _grid(across, up, [most * step / 4 for step in range(5)], [0.2, 0.5, 1, 2, 5, 10, 20, 60])
    for band, (_, kind) in enumerate(BANDS):
        bottom = [
            (across(second), up(sum(stack[:band]))) for second, stack in zip(seconds, stacks, strict=True)
        ]
        top = [
            (across(second), up(sum(stack[: band + 1])))
            for second, stack in zip(seconds, stacks, strict=True)
        ]
        yield f'  <path class="{kind}" d="{_path([*top, *reversed(bottom)])}Z"/>'
    for row, (name, kind) in enumerate(reversed(BANDS)):
        yield f'  <rect class="{kind}" x="330" y="{112 + 20 * row}" width="14" height="12"/>'
        yield _text("what", 352, 122 + 20 * row, name)
    yield f'  <path class="mark" d="M{across(poll):.1f} 80V372"/>'
    yield _text("what", across(poll) + 6, 92, "below 1 s: pushed (enhanced fan-out)")
    if most >= BOUND:
        yield f'  <path class="bound" d="M64 {up(BOUND):.1f}H490"/>'
        yield _text("what", 488, up(BOUND) - 7, f"${BOUND:.2f}", "end")
    x, y = across(_clamp_to_axis(load.window_seconds, across)), up(_clamp_to_axis(now, up))
    yield f'  <circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'
    yield _text("big", x + 4, y - 24, f"${now:.2f} at {load.window_seconds:g} s")
    yield _text("what", 277, 420, "window, seconds: the longest that a sale waits for its batch", "middle")


def _by_load(load: Workload, bench: Measured, price: Prices, now: float) -> Iterable[str]:
    across = Axis(*LOADS, 566, 958, logarithmic=True)
    up = Axis(0.1, MUCH, 372, 80, logarithmic=True)
    events = _space_evenly(*LOADS)
    swing = load.peak_per_second / load.average

    def price_way(number: float, window: float) -> float:
        changed_load = workload.change_workload(
            load,
            events_per_day=number,
            peak_per_second=number / workload.DAY * swing,
            shards=None,
            window_seconds=window,
        )
        return model.compute_bill(changed_load, bench, price).way.usd

    promised = sum(usd for _, usd in original.PROMISED) / original.PROMISED_EVENTS
    measured_each = original.price_original(load, price).usd / load.events_per_day
    fresh = workload.SHORTEST_POLL
    yield '  <text class="name" x="524" y="34">Cost against load</text>'
    yield '  <text class="what" x="524" y="54">$ a day, a shard for each 100 events a second at the peak</text>'
    yield from _grid(across, up, [0.1, 1, 10, 100, 1000], [1e5, 1e6, 1e7, 1e8])
    lines = (
        ("other", "the original, DynamoDB as measured", [measured_each * number for number in events]),
        ("promise", "the original, as promised", [promised * number for number in events]),
        ("fresh", f"ours, a window of {fresh:g} s", [price_way(number, fresh) for number in events]),
        (
            "ours",
            f"ours, {load.window_seconds:g} s",
            [price_way(number, load.window_seconds) for number in events],
        ),
    )
    for kind, _, values in lines:
        places = [
            (across(number), up(value))
            for number, value in zip(events, values, strict=True)
            if value >= up.low
        ]
        yield f'  <path class="{kind}" d="{_path(places)}"/>'
    for line, (kind, name, _) in enumerate(lines):
        row = 98 + 18 * line
        yield f'  <path class="{kind}" d="M580 {row - 4}H608"/>'
        yield _text("what", 616, row, name)
    x, y = across(_clamp_to_axis(load.events_per_day, across)), up(_clamp_to_axis(now, up))
    yield f'  <circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'
    yield _text("what", 762, 420, "events a day", "middle")


def _grid(across: Axis, up: Axis, dollars: Sequence[float], figures: Sequence[float]) -> Iterable[str]:
    for usd in dollars:
        yield f'  <path class="grid" d="M{across.start:g} {up(usd):.1f}H{across.end:g}"/>'
        yield _text("what", across.start - 8, up(usd) + 4, f"{usd:,g}", "end")
    for figure in figures:
        yield f'  <path class="axis" d="M{across(figure):.1f} 372v5"/>'
        yield _text(
            "what", across(figure), 394, f"{figure:,g}" if figure < MUCH else _short(figure), "middle"
        )
    yield f'  <path class="axis" d="M{across.start:g} 372H{across.end:g}"/>'


def _short(figure: float) -> str:
    return f"{figure / 1e6:g} M" if figure >= 1e6 else f"{figure / 1e3:g},000"  # noqa: PLR2004 - a million


def _clamp_to_axis(figure: float, axis: Axis) -> float:
    """Return the figure, or the end of the axis that it lies beyond."""
    return min(max(figure, axis.low), axis.high)


def _round_up(figure: float) -> float:
    """Return the next figure that four lines of a grid divide well."""
    step = 10.0 ** int(log10(figure))
    return next(step * times for times in (1, 1.2, 1.6, 2, 4, 6, 8, 10, 20) if step * times >= figure)


def _path(places: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)


def _text(kind: str, x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'  <text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{words}</text>'
