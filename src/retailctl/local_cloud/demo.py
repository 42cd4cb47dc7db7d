"""`retailctl demo`: from nothing to the two winners on the screen, every score checked, and nothing left."""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retailctl import progress, project
from retailctl.console import print_note, print_renderable
from retailctl.emulator import cloud as clouds
from retailctl.environments import outputs
from retailctl.errors import UserError
from retailctl.files import hold_lock
from retailctl.local_cloud import up_down
from retailctl.options import EnvironmentName, LocalCloudName, format_retailctl
from retailctl.progress import show_progress
from retailctl.scores import board, freshness
from retailctl.scores.recount import collect_event_ids, compare_scores, recount_scores
from retailctl.scores.stored import await_scores, read_stored_scores
from retailctl.simulation import api_load, load_report, watch
from retailctl.simulation.workshop import Workshop
from retailctl.stream.reader import read_payloads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from retailctl.emulator.cloud import Cloud
    from retailctl.project import Project
    from retailctl.scores.recount import Scores

CLOUD = "demo"
EVENTS = 2_000
RATE = 100.0
"""Events a second, where the front door of a local cloud takes as many; it takes 40 to 110, by the machine."""

CACHE_SECONDS = 10.0
"""How long the API may take until it shows the last scores: longer than it answers from its cache."""


def run_demo(
    *,
    seed: Annotated[int, typer.Option(help="The same seed plays the same workshop.")] = 1,
    events: Annotated[int, typer.Option(min=100, max=100_000, help="How many events.")] = EVENTS,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the local cloud up.")] = False,
    cloud: LocalCloudName = CLOUD,
    environment: EnvironmentName = "dev",
) -> None:
    """Bring a cloud up, play a workshop, check every score, take the cloud down; exit 0 if all are right."""
    here = project.find_project()
    started = time.monotonic()
    busy = f"Another demo is at work in the local cloud '{cloud}': wait for it, or take another --cloud."
    with (
        hold_lock(here, f"demo-{cloud}", or_else=busy),
        up_down.interrupt_on_termination(),
        _run_demo_cloud(here, cloud, environment, keep=keep) as running,
    ):
        run_demo_workshop(
            running, environment, Workshop(seed, products=120, people=48, start=datetime.now(UTC)), events
        )
    print_note(f"The demo took {time.monotonic() - started:.0f} s.")


@contextmanager
def _run_demo_cloud(here: Project, name: str, environment: str, *, keep: bool) -> Iterator[Cloud]:
    """Bring a local cloud up from nothing, and take it down again whatever happens.

    Raises:
        UserError: where a cloud of that name runs that is not the demo's own.

    """
    if here.cloud_folder(name).exists():
        before = clouds.read_cloud(here.cloud_folder(name))
        if name != CLOUD and before is not None and before.is_running():
            raise UserError(
                f"The local cloud '{name}' is in use, and a demo begins from nothing: take it down with "
                f"`{format_retailctl('down', cloud=name)}`, or take another --cloud."
            )
        up_down.stop_local_cloud(name)
    try:
        yield up_down.bring_up_cloud(here, name, environment)
    finally:
        if not keep:
            up_down.stop_local_cloud(name)
        elif here.cloud_folder(name).exists():
            print_note(
                f"The local cloud '{name}' is left up: `{format_retailctl('down', cloud=name)}` takes it down."
            )


def run_demo_workshop(running: Cloud, environment: str, workshop: Workshop, events: int) -> None:
    """Play a workshop through the API of an environment that is up, print who won, and check every score.

    Raises:
        UserError: where an event was refused, is not on the stream once, or a score is wrong in the end.

    """
    found = outputs.read_local_outputs(running, environment)
    kinesis = running.client("kinesis")
    stream, api_url = str(found["stream_name"]), str(found["api_url"])
    door = api_load.open_front_door(running, environment, found, workshop)
    print_note(
        f"A workshop of {events:,} events through the API, up to {RATE:.0f} a second (seed {workshop.seed})."
    )
    if "page_url" in found:
        print_note(f"Watch it in a browser: {found['page_url']}")
    with watch.display_board(transient=True) as show_board:
        watch.watch_board(
            lambda on_tick: door.send_events(workshop.generate_day(events), RATE, None, on_tick),
            lambda: board.read_board(api_url, watch.TOP),
            show_board,
            settle=False,
        )
    for line in door.report.format_lines():
        print_note(line)
    with show_progress("Counting the log on the stream, independently of the view"):
        payloads = read_payloads(kinesis, stream)
        expected = recount_scores(payloads)
    check_accepted_events(door.report, collect_event_ids(payloads))
    dynamodb = running.client("dynamodb")
    with show_progress("Waiting until every event counts"):
        await_scores(lambda: read_stored_scores(dynamodb, str(found["scores_table"])), expected)
    final = await_board(lambda: board.read_board(api_url, watch.TOP), expected)
    print_renderable(board.render_board(final))
    check_scores(read_stored_scores(dynamodb, str(found["scores_table"])), expected, len(payloads))
    check_board(final, expected)
    print_note(describe_freshness(running, found))
    print_note(describe_winners(final))


def check_accepted_events(report: load_report.LoadReport, on_stream: set[str]) -> None:
    """See that every event was accepted, and that the stream has those and no other.

    Raises:
        UserError: where one was given up, or the stream has another number of events.

    """
    if report.failed:
        raise UserError(f"{report.failed.total():,} events were not accepted.")
    if len(on_stream) != report.accepted:
        raise UserError(
            f"{report.accepted:,} events were accepted, and {len(on_stream):,} are on the stream."
        )


def list_best_sales(expected: Scores) -> dict[str, list[int]]:
    """Return the sales that the board's best must have, per role; ``UNKNOWN`` is nobody and not on it."""
    return {
        role: sorted((sales for user, sales in scores.items() if user != "UNKNOWN"), reverse=True)[
            : watch.TOP
        ]
        for role, scores in expected.items()
    }


def list_shown_sales(found: board.Board) -> dict[str, list[int]]:
    """Return the sales of a board's lines, per role."""
    return {role: [row.score for row in rows] for role, rows in found.items()}


def await_board(
    read: Callable[[], board.Board], expected: Scores, clock: progress.Clock = progress.REAL
) -> board.Board:
    """Return the board once it shows what it must, or what it shows after ``CACHE_SECONDS``."""
    deadline = clock.now() + CACHE_SECONDS
    found = read()
    while list_shown_sales(found) != list_best_sales(expected) and clock.now() < deadline:
        clock.pause(0.2)
        found = read()
    return found


def check_board(found: board.Board, expected: Scores) -> None:
    """See that the API shows the scores.

    Raises:
        UserError: where it shows others.

    """
    if list_shown_sales(found) != list_best_sales(expected):
        raise UserError("The API's board is not the scores'.")


def describe_winners(found: board.Board) -> str:
    """Return who won, in words."""
    best = [
        f"{board.choose_shown_name(rows[0])} ({'merchant' if role == 'creator' else role}, {rows[0].score:,} sales)"
        for role, rows in found.items()
        if rows
    ]
    return f"The winners: {' and '.join(best) or 'nobody yet'}."


def check_scores(found: Scores, expected: Scores, events: int) -> None:
    """Say that every score is right.

    Raises:
        UserError: where one is wrong, with the first.

    """
    wrong = compare_scores(expected, found)
    total = sum(map(len, expected.values()))
    if wrong:
        raise UserError(f"{len(wrong)} of {total} scores are wrong. The first: {wrong[0]}")
    print_note(f"All {total} scores are right: the same as the one-pass count over {events:,} records.")


def describe_freshness(running: Cloud, found: Mapping[str, Any]) -> str:
    """Return in words how long events took from their arrival until they counted."""
    function = found["functions"]["winner_view"]
    waits = freshness.parse_waits(freshness.read_log_lines(running.client("logs"), function))
    if not waits:
        return "How long events took until they counted is unknown: the winner view's log has no metric."
    middle, last = freshness.compute_percentile(waits, 50), freshness.compute_percentile(waits, 99)
    return (
        f"Events counted {middle:.0f} ms (P50) and {last:.0f} ms (P99) after their arrival. The local cloud has "
        f"no batching window: on AWS, up to {_window_seconds(running, function)} s come on top."
    )


def _window_seconds(running: Cloud, function: str) -> int:
    mappings = running.client("lambda").list_event_source_mappings(FunctionName=f"{function}:live")
    windows = [
        mapping.get("MaximumBatchingWindowInSeconds", 0) for mapping in mappings["EventSourceMappings"]
    ]
    return max(windows, default=0)
