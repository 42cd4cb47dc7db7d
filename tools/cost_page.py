"""The generated parts of docs/cost.md: its tables, and its picture in docs/images/cost.svg.

All are of the default workload, from the committed units, so that they are the same in every clone.
`python -m tools.cost_page` writes them; with `--check` it only says whether they are stale.
"""

from __future__ import annotations

import sys
from math import ceil
from typing import TYPE_CHECKING

from retailctl import project
from retailctl.cost import chart, model, prices, report, units, workload
from retailctl.errors import UserError
from retailctl.files import write_atomically
from retailctl.terraform.tfvars import read_values
from tools.module_readmes import insert_content

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from retailctl.cost.bill import Part
    from retailctl.cost.prices import Prices
    from retailctl.cost.report import MultipliedDay
    from retailctl.cost.workload import Workload

MARK = "COST"
CENT = 0.01
LOAD_HEADINGS = (
    "Load", "Events a day", "At the peak, a second", "Shards", "Front door, $", "Stream to board, $",
    "Sum, $ a day", "$ a million events", "The original, $ a day",
)  # fmt: skip
COMMAND = "`.venv/bin/python -m tools.cost_page`"


def generate_files(root: Path) -> dict[Path, str]:
    """Return each generated file's path and what it should hold.

    Raises:
        UserError: where docs/cost.md does not say where its tables go.

    """
    page = root / "docs" / "cost.md"
    load, bench, price = workload.build_workload(), units.read_committed_figures(), prices.read_price_list()
    text = insert_content(page.read_text(encoding="utf-8"), MARK, "\n".join(["", *render_tables(root), ""]))
    if text is None:
        raise UserError(
            f"{page} does not say where its tables go: add BEGIN_{MARK} and END_{MARK} as comments."
        )
    return {page: text, root / "docs" / "images" / "cost.svg": chart.draw_cost_chart(load, bench, price)}


def render_tables(root: Path) -> Iterator[str]:
    """Yield the generated part of the cost page as Markdown lines."""
    load, bench, price = workload.build_workload(), units.read_committed_figures(), prices.read_price_list()
    answer = model.compute_bill(load, bench, price)
    yield f"{report.format_heading(load)}:"
    yield ""
    yield from _table(answer.way)
    for part in answer.apart:
        yield from ("", f"Apart: {part.name[0].lower()}{part.name[1:]}", "")
        yield from _table(part)
    yield ""
    for sentence in report.explain_bill(answer, bench, price):
        yield f"- {sentence}"
    yield from ("", "## The whole day, from the front door to the board", "")
    yield from _whole_day(report.multiply_day(answer, bench, price))
    yield from ("", "## The same day in each environment", "")
    yield "With the values of `environments/` as they are:"
    yield ""
    yield from _environments(root, price)
    yield from ("", "## The prices", "")
    yield from _prices(price)


def _table(part: Part) -> Iterator[str]:
    yield f"| {' | '.join(report.HEADINGS)} |"
    yield "|---|---|--:|---|--:|---|"
    for row in report.format_rows(part):
        yield f"| {' | '.join(row)} |"
    yield f"| **{part.name}** | | | | **{part.usd:.2f}** | |"


def _whole_day(days: list[MultipliedDay]) -> Iterator[str]:
    """Yield the cost from API to board, beside the original's, by load."""
    first = days[0]
    ours = {first.bill.front_door.name: first.bill.front_door.sum_by_service()}
    ours[first.bill.way.name] = first.bill.way.sum_by_service()
    theirs = first.original.sum_by_service()
    services = list(dict.fromkeys(name for part in (*ours.values(), theirs) for name in part))
    yield f"| Service | {' | '.join(ours)} | Sum | The original |"
    yield "|---|--:|--:|--:|--:|"
    for name in services:
        parts = [part.get(name, 0.0) for part in ours.values()]
        yield f"| {name} | {' | '.join(_cents(usd) for usd in (*parts, sum(parts), theirs.get(name, 0.0)))} |"
    sums = (first.bill.front_door.usd, first.bill.way.usd, first.bill.front_door_to_board, first.original.usd)
    yield f"| **$ a day** | {' | '.join(f'**{usd:.2f}**' for usd in sums)} |"
    yield ""
    yield "Line by line, the original's:"
    yield ""
    yield from _table(first.original)
    yield ""
    yield "The same day with more load, on as many more shards. AWS's discounts for volume are not counted:"
    yield ""
    yield f"| {' | '.join(LOAD_HEADINGS)} |"
    yield f"|{'--:|' * len(LOAD_HEADINGS)}"
    for day in days:
        load, whole = day.bill.workload, day.bill.front_door_to_board
        yield (
            f"| {day.times} | {load.events_per_day:,.0f} | {load.peak_per_second:,.0f} | {load.shards} "
            f"| {day.bill.front_door.usd:,.2f} | {day.bill.way.usd:,.2f} | **{whole:,.2f}** "
            f"| {whole / load.events_per_day * 1e6:.2f} | {day.original.usd:,.2f} |"
        )


def _cents(usd: float) -> str:
    return f"{usd:.2f}" if usd >= CENT or usd == 0 else f"< {CENT}"


def _environments(root: Path, price: Prices) -> Iterator[str]:
    yield "| Environment | Shards | Window, s | Log, days | $ a day from stream to board | From the front door |"
    yield "|---|--:|--:|--:|--:|--:|"
    for file in sorted(root.glob("environments/*/terraform.tfvars")):
        load = read_workload(file)
        answer = model.compute_bill(load, units.read_committed_figures(), price)
        yield (
            f"| {file.parent.name} | {load.shards} | {load.window_seconds:g} | {load.stream_days} "
            f"| {answer.way.usd:.2f} | {answer.front_door_to_board:.2f} |"
        )


def read_workload(file: Path) -> Workload:
    """Return the default workload with an environment's values.

    A window of 0 is the shortest that a mapping without enhanced fan-out has.
    """
    values = read_values(file)
    view, stream = values["winner_view"], values["stream"]
    return workload.build_workload(
        shards=stream["shard_count"],
        stream_days=ceil(stream["retention_hours"] / 24),
        window_seconds=max(workload.SHORTEST_POLL, view["batching_window_seconds"]),
        batch_size=view["batch_size"],
        memory_mb=view["memory_mb"],
        log_days=values["log_retention_days"],
        access_log_days=values["access_log_retention_days"],
        archive_fan_out=values["archive"]["fan_out"],
    )


def _prices(price: Prices) -> Iterator[str]:
    yield "| Service | Unit | $ | Region | Checked | Source |"
    yield "|---|---|--:|---|---|---|"
    for _, each in sorted(price.by_item.items()):
        per = f"{each.per:,.0f} " if each.per != 1 else ""
        when = each.checked.isoformat()
        yield (
            f"| {each.service} | {per}{each.unit} | {each.usd:g} | {each.region} | {when} | {each.source} |"
        )


def main(arguments: Sequence[str], root: Path | None = None) -> int:
    """Write what is generated, or with `--check` in ``arguments`` only compare it.

    Returns:
        The exit status: 1 where something is stale and was not written.

    """
    status = 0
    for path, text in generate_files(root or project.find_project().root).items():
        if "--check" in arguments:
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                sys.stderr.write(f"{path.name} is stale: run {COMMAND}.\n")
                status = 1
        elif write_atomically(path, text):
            sys.stderr.write(f"{path.name} was written anew.\n")
    return status


if __name__ == "__main__":  # pragma: no cover - one line
    sys.exit(main(sys.argv[1:]))
