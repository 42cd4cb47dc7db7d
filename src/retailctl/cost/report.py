"""`retailctl cost`: estimate a day's cost from measured units and prices."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Group
from rich.text import Text

from retailctl import project
from retailctl.console import DataTable, create_console, print_document, print_note, print_renderable
from retailctl.cost import chart, model, original, prices, studio, workload
from retailctl.cost import orders as shop_orders
from retailctl.cost import units as measured
from retailctl.errors import UserError
from retailctl.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailctl.cost.bill import Bill, Line, Part
    from retailctl.cost.prices import Prices
    from retailctl.cost.units import Measured
    from retailctl.cost.workload import Workload

WIDE = 168
"""Columns that the table takes where the output is no terminal."""
CENT_OF_A_CENT = 0.0001
TIMES = (1, 10, 100)
"""By how much the load is multiplied to see how the whole day grows."""


MOST = 1e15
"""Largest number of anything; no bill is made of infinity, or of what is not a number."""


def estimate_cost(  # noqa: PLR0913 - one for each figure of a workload
    *,
    events: Annotated[float, typer.Option(help="Events a day.")] = 10_000_000,
    peak: Annotated[
        float | None, typer.Option(help="Events a second at the peak; else 1.728 times the average.")
    ] = None,
    contributors: Annotated[int, typer.Option(help="Merchants and photographers together.")] = 120,
    reads: Annotated[float, typer.Option(help="Reads of the board a day.")] = 1_000,
    window: Annotated[float, typer.Option(help="Seconds for which a batch is gathered.")] = 5,
    shards: Annotated[
        int | None, typer.Option(help="Shards of the stream; else one for each 100 a second at the peak.")
    ] = None,
    batch_size: Annotated[int, typer.Option(help="Most records in a batch.")] = 1_000,
    memory: Annotated[int, typer.Option(help="Memory of the functions, in MB.")] = 512,
    bad: Annotated[float, typer.Option(help="Bad records a day.")] = 100,
    log_days: Annotated[int, typer.Option(help="Days for which logs are kept.")] = 365,
    access_log_days: Annotated[int, typer.Option(help="Days for which the API's access log is kept.")] = 90,
    stream_days: Annotated[int, typer.Option(help="Days for which the stream keeps events, up to 7.")] = 1,
    archive_window: Annotated[float, typer.Option(help="Seconds in an object of the archive.")] = 60,
    archive_days: Annotated[int, typer.Option(help="Days for which the archive is kept.")] = 365,
    archive_fan_out: Annotated[
        bool, typer.Option(help="Whether the archive reads the stream by enhanced fan-out.")
    ] = True,
    offers: Annotated[float, typer.Option(help="New products a day, with price, stock and picture.")] = 1_000,
    waiting: Annotated[float, typer.Option(help="Products that wait all day for a photographer.")] = 0,
    texts: Annotated[bool, typer.Option(help="Whether each photographer is sent a text.")] = False,
    orders: Annotated[float, typer.Option(help="Orders of two lines a day.")] = 1_000,
    free_tier: Annotated[bool, typer.Option("--free-tier", help="Take the free tiers off the bill.")] = False,
    price_list: Annotated[
        Path,
        typer.Option("--prices", help="Another price list.", show_default="the price list of this clone"),
    ] = prices.FILE,
    units: Annotated[
        Path | None, typer.Option("--measured", help="A bench's figures; else build/bench.json.")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Where to draw cost against freshness and load; else build/cost.svg.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what a day costs, line by line, and draw it.

    It also says what a dollar more would buy.
    """
    here = project.find_project()
    for number in (
        events,
        peak,
        contributors,
        reads,
        window,
        shards,
        batch_size,
        memory,
        bad,
        archive_window,
        offers,
        waiting,
        orders,
    ):
        if number is not None and not abs(number) <= MOST:
            raise UserError(f"{number} cannot be computed with: give numbers up to {MOST:.0e}.")
    load = workload.build_workload(
        events_per_day=events,
        peak_per_second=peak,
        shards=shards,
        window_seconds=window,
        batch_size=batch_size,
        memory_mb=memory,
        contributors=contributors,
        reads_per_day=reads,
        bad_records_per_day=bad,
        log_days=log_days,
        access_log_days=access_log_days,
        stream_days=stream_days,
        archive_window_seconds=archive_window,
        archive_days=archive_days,
        archive_fan_out=archive_fan_out,
        offers_per_day=offers,
        waiting_products=waiting,
        texts=texts,
        orders_per_day=orders,
    )
    price = prices.read_price_list(price_list)
    bench = (
        measured.read_figures(units)
        if units
        else measured.read_latest_figures(here.root / "build" / "bench.json")
    )
    answer = model.compute_bill(load, bench, price, free_tier=free_tier)
    if as_json:
        print_document(json.dumps(build_cost_document(answer, bench, price), indent=2))
    else:
        width = None if create_console().is_terminal else WIDE
        print_renderable(render_bill(answer, bench, price), width)
    if picture or not as_json:
        file = picture or here.root / "build" / "cost.svg"
        write_atomically(file, chart.draw_cost_chart(load, bench, price))
        print_note(f"Drawn in {project.format_path(file.resolve())}.")


def build_cost_document(answer: Bill, bench: Measured, price: Prices) -> dict[str, Any]:
    """Return the bill for JSON; ``total_per_day`` is from stream to board."""
    oldest, newest = price.checked
    return {
        "total_per_day": answer.way.usd,
        "currency": "USD",
        "workload": asdict(answer.workload),
        "measured": bench.source,
        "prices": {"file": price.file, "oldest": oldest.isoformat(), "newest": newest.isoformat()},
        "services": answer.way.sum_by_service(),
        "lines": [_line(line) for line in answer.way.lines],
        "apart": [
            {"name": part.name, "total_per_day": part.usd, "lines": [_line(line) for line in part.lines]}
            for part in answer.apart
        ],
        "front_door_to_board": [
            {
                "times_the_load": day.times,
                "total_per_day": day.bill.front_door_to_board,
                "front_door": day.bill.front_door.usd,
                "stream_to_board": day.bill.way.usd,
                "original": day.original.usd,
            }
            for day in multiply_day(answer, bench, price)
        ],
        "original": {
            "promised": dict(original.PROMISED),
            "measured": original.price_original(answer.workload, price).usd,
        },
        "studio_per_thousand": [
            {"what": cost.what, "steps": cost.steps, "usd": cost.ours, "original_usd": cost.original}
            for cost in studio.list_machine_costs(price)
        ],
        "orders_per_thousand": [
            {"what": cost.what, "steps": cost.steps, "usd": cost.ours}
            for cost in shop_orders.list_machine_costs(price)
        ],
        "dollars_more": [
            {"total_per_day": dollars, "window_seconds": window}
            for dollars, window in list_affordable_windows(answer, bench, price)
        ],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "service": line.price.service,
        "item": line.price.item,
        "what": line.what,
        "quantity_per_day": line.quantity,
        "billed_per_day": line.billed,
        "unit": line.price.unit,
        "unit_price": line.price.each,
        "usd_per_day": line.usd,
        "origin": line.origin,
        "price_source": line.price.source,
        "price_checked": line.price.checked.isoformat(),
        "price_region": line.price.region,
    }


@dataclass(frozen=True, slots=True)
class MultipliedDay:
    """A day at a multiple of the load, beside the original's cost."""

    times: int
    bill: Bill
    original: Part


def multiply_day(answer: Bill, bench: Measured, price: Prices) -> list[MultipliedDay]:
    """Return the day at 1, 10 and 100 times its load."""
    loads = {times: workload.multiply_workload(answer.workload, times) for times in TIMES}
    return [
        MultipliedDay(
            times,
            answer if times == 1 else model.compute_bill(load, bench, price),
            original.price_original_day(load, price, model.WRITER_SECONDS),
        )
        for times, load in loads.items()
    ]


def list_affordable_windows(answer: Bill, bench: Measured, price: Prices) -> list[tuple[float, float]]:
    """Return the window (seconds) for each additional dollar a day."""
    load = answer.workload
    total = model.build_total_function(load, bench, price)
    now, most = total(load.window_seconds), total(workload.FRESHEST)
    steps = range(1, ceil(max(0.0, most - now)) + 1)
    return [
        (min(now + step, most), model.find_window(now + step, total, load.window_seconds)) for step in steps
    ]


def format_dollars(usd: float) -> str:
    """Return dollars as text; an amount above zero is never shown as zero."""
    return "< 0.0001" if 0 < usd < CENT_OF_A_CENT else f"{usd:.4f}"


def format_quantity(number: float) -> str:
    """Return a number of units as a table shows it."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"  # noqa: PLR2004 - from where digits bore


def format_unit_price(line: Line) -> str:
    """Return what how many units cost."""
    per = f"{line.price.per:,.0f} " if line.price.per != 1 else ""
    return f"{line.price.usd:g} per {per}{line.price.unit}"


def format_rows(part: Part) -> Iterator[tuple[str, str, str, str, str, str]]:
    """Yield each line's cells as text."""
    for line in part.lines:
        yield (
            line.price.service,
            line.what,
            format_quantity(line.quantity),
            format_unit_price(line),
            format_dollars(line.usd),
            line.origin,
        )


HEADINGS = ("Service", "What", "Units a day", "Price, $", "$ a day", "The number is from")


def render_bill(answer: Bill, bench: Measured, price: Prices) -> Group:
    """Return the bill for Rich to print."""
    table = DataTable(title=format_heading(answer.workload), title_justify="left", title_style="bold")
    for number, title in enumerate(HEADINGS):
        table.add_column(title, justify="right" if number in (2, 4) else "left", no_wrap=number in (0, 4))
    for row in format_rows(answer.way):
        table.add_row(*row)
    table.add_section()
    table.add_row(answer.way.name, "", "", "", Text(f"{answer.way.usd:.2f}", "bold"), format_verdict(answer))
    table.add_section()
    for part in answer.apart:
        services = ", ".join(f"{name} {usd:.2f}" for name, usd in part.sum_by_service().items())
        table.add_row("apart", part.name, "", "", f"{part.usd:.2f}", services)
    table.add_section()
    whole, parts = Text(f"{answer.front_door_to_board:.2f}", "bold"), f"{answer.front_door.name} and the way"
    table.add_row("From front door to board", "", "", "", whole, parts)
    return Group(table, *(Text(sentence) for sentence in explain_bill(answer, bench, price)))


def format_heading(load: Workload) -> str:
    """Return the workload in words."""
    return (
        f"A day of {load.events_per_day:,.0f} events ({load.average:,.0f} a second, {load.peak_per_second:,.0f} at "
        f"the peak), {load.contributors:,} contributors, {load.reads_per_day:,.0f} reads, "
        f"{load.shards} {'shard' if load.shards == 1 else 'shards'}, a window of {load.window_seconds:g} s, "
        f"a log of {load.stream_days} {'day' if load.stream_days == 1 else 'days'}"
    )


def format_verdict(answer: Bill) -> str:
    """Return the total compared with the bound of the default workload."""
    if answer.workload != workload.build_workload():
        return "by service: " + ", ".join(
            f"{name} {usd:.2f}" for name, usd in answer.way.sum_by_service().items()
        )
    return f"{'at most' if answer.way.usd <= model.BOUND else 'ABOVE'} the bound of {model.BOUND:.2f}"


def explain_bill(answer: Bill, bench: Measured, price: Prices) -> Iterator[str]:
    """Yield notes that explain the figures."""
    load = answer.workload
    first, *more = multiply_day(answer, bench, price)
    grown = ", ".join(
        f"{day.bill.front_door_to_board:,.2f} at {day.times} times the load (the original: {day.original.usd:,.2f})"
        for day in more
    )
    yield (
        f"From the front door to the board this day is {answer.front_door_to_board:,.2f} (the original: "
        f"{first.original.usd:,.2f}). It would be {grown}."
    )
    promised = ", ".join(f"{name} {usd:g}" for name, usd in original.PROMISED)
    yield (
        f"The original promised {sum(usd for _, usd in original.PROMISED):.2f} for {original.PROMISED_EVENTS:,} "
        f"events a day and 1,000 reads ({promised}; Kinesis not counted). As measured, its DynamoDB part alone "
        f"takes {original.price_original(load, price).usd:,.2f} for this day."
    )
    bought = list_affordable_windows(answer, bench, price)
    if bought:
        steps = [f"{window:.2g} s for {total:.2f}" for total, window in [*bought[:-1][:5], bought[-1]]]
        yield (
            f"What each further dollar a day would buy, instead of a window of {load.window_seconds:g} s: "
            f"{', '.join(steps)}. Below {workload.SHORTEST_POLL:g} s records have to be pushed (enhanced fan-out, "
            "in the sum)."
        )
    extra = _price_difference(answer, bench, price, shards=load.shards + 1)
    yield (
        f"A shard more would be {extra:.2f} a day: its own price, and "
        f"smaller batches, which write more. {_describe_longer_log(answer, bench, price)}"
        + " ".join(f"{part.name}: {part.usd:.2f}." for part in answer.apart)
    )
    yield (
        "The day swings as a cosine between its peak and as far below its average. The same events without a "
        f"swing would cost {price_even_day(load, bench, price):.2f}."
    )
    yield _compare_machines(price)
    oldest, newest = price.checked
    yield (
        f"Units: {bench.source}. Prices: {price.file}, checked {oldest.isoformat()} to {newest.isoformat()}, in US "
        "dollars before tax; no free tier unless asked for."
    )


def _compare_machines(price: Prices) -> str:
    """Return what the machines cost, and the original's."""
    costs = ", ".join(
        f"{format_span(cost.ours)} for {cost.what}"
        + (f" (the original: {format_span(cost.original)})" if cost.original else "")
        for cost in (*studio.list_machine_costs(price), *shop_orders.list_machine_costs(price))
    )
    return f"A thousand cost in Step Functions: {costs}."


def format_span(usd: tuple[float, float]) -> str:
    """Return dollars from the lower to the upper figure, or the one where both are the same."""
    low, high = (f"{each:,.3f}".rstrip("0").rstrip(".") for each in usd)
    return low if low == high else f"{low} to {high}"


def _describe_longer_log(answer: Bill, bench: Measured, price: Prices) -> str:
    """Return the added cost of the longest retention, unless included."""
    most = workload.DAYS_KEPT_BY_THE_HOUR
    more = _price_difference(answer, bench, price, stream_days=most)
    return f"A log of {most} days would be {more:.2f} more. " if more else ""


def _price_difference(answer: Bill, bench: Measured, price: Prices, **changes: int) -> float:
    """Return the dollars a day by which a changed workload is dearer."""
    return (
        model.compute_bill(workload.change_workload(answer.workload, **changes), bench, price).way.usd
        - answer.way.usd
    )


def price_even_day(load: Workload, bench: Measured, price: Prices) -> float:
    """Return what the same events cost where as many come in every second."""
    flat = workload.change_workload(load, peak_per_second=load.average)
    return model.compute_bill(flat, bench, price).way.usd
