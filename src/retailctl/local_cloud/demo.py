"""`retailctl demo`: play a workshop in a local cloud and check it.

It checks scores, catalog, pictures and orders, then stops the cloud.
"""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retailctl import interrupts, progress, project
from retailctl.catalog.recount import compare_catalogs, recount_catalog
from retailctl.catalog.stored import await_catalog, read_stored_catalog
from retailctl.checks import PATIENCE_SECONDS
from retailctl.console import print_note, print_renderable
from retailctl.emulator import cloud as clouds
from retailctl.environments import outputs
from retailctl.environments.target import Target
from retailctl.errors import UserError
from retailctl.files import hold_lock
from retailctl.local_cloud import up_down
from retailctl.options import EnvironmentName, LocalCloudName, format_retailctl
from retailctl.orders import check as orders_check
from retailctl.orders.confirmations import ACTION as ORDER_ACTION
from retailctl.orders.stored import CONFIRMED
from retailctl.photos import check as photos_check
from retailctl.photos.pictures import ACTION as PICTURE_ACTION
from retailctl.photos.stored import PICTURED
from retailctl.progress import show_progress
from retailctl.scores import board, freshness
from retailctl.scores.recount import collect_event_ids, compare_scores, recount_scores
from retailctl.scores.stored import await_scores, read_stored_scores
from retailctl.simulation import api_load, load_report, watch
from retailctl.simulation.habits import OrderHabits
from retailctl.simulation.orders_day import OrdersDay
from retailctl.simulation.studio_day import StudioDay, take_out_pictures
from retailctl.simulation.workshop import Workshop
from retailctl.stream.reader import read_payloads

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from retailctl.catalog.recount import Catalog
    from retailctl.emulator.cloud import Cloud
    from retailctl.project import Project
    from retailctl.scores.recount import Scores

CLOUD = "demo"
EVENTS = 2_000
RATE = 100.0
"""Events per second, at most; a local cloud's API takes 40 to 110, depending on the machine."""

ORDER_HABITS = OrderHabits(decline=0.05, flaky=0.05, changed_price=0.05, out_of_stock=0.05)
CACHE_SECONDS = 10.0
"""How long to wait until the API shows the last scores: longer than its cache lives."""


def run_demo(
    *,
    seed: Annotated[int, typer.Option(help="The same seed plays the same workshop.")] = 1,
    events: Annotated[
        int,
        typer.Option(
            min=100,
            max=100_000,
            help="How many offers and sales, about; a price and a stock follow each first offer.",
        ),
    ] = EVENTS,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the local cloud up.")] = False,
    cloud: LocalCloudName = CLOUD,
    environment: EnvironmentName = "dev",
) -> None:
    """Play a checked workshop in a local cloud, then stop it.

    It checks scores, catalog, pictures and orders; the exit status is 0 if all are right.
    """
    here = project.find_project()
    started = time.monotonic()
    busy = f"Another demo is running in the local cloud '{cloud}': wait for it, or use another --cloud."
    with (
        hold_lock(here, f"demo-{cloud}", or_else=busy),
        _run_demo_cloud(here, cloud, environment, keep=keep) as running,
    ):
        run_demo_workshop(
            running, environment, Workshop(seed, products=120, people=48, start=datetime.now(UTC)), events
        )
    print_note(f"The demo took {time.monotonic() - started:.0f} s.")


@contextmanager
def _run_demo_cloud(here: Project, name: str, environment: str, *, keep: bool) -> Iterator[Cloud]:
    """Start a new local cloud, and stop it again whatever happens.

    Raises:
        UserError: where another cloud of that name is running.

    """
    if here.cloud_folder(name).exists():
        before = clouds.read_cloud(here.cloud_folder(name))
        if name != CLOUD and before is not None and before.is_running():
            raise UserError(
                f"The local cloud '{name}' is running, and a demo needs a new one: stop it with "
                f"`{format_retailctl('down', cloud=name)}`, or use another --cloud."
            )
        up_down.stop_local_cloud(name)
    try:
        yield up_down.bring_up_cloud(here, name, environment)
    finally:
        if not keep:
            with interrupts.defer_interrupts():  # a second Ctrl-C must not stop the clean-up
                up_down.stop_local_cloud(name)
        elif here.cloud_folder(name).exists():
            print_note(
                f"The local cloud '{name}' stays up: `{format_retailctl('down', cloud=name)}` stops it."
            )


def run_demo_workshop(running: Cloud, environment: str, workshop: Workshop, events: int) -> None:
    """Play a workshop through an environment's API and check it.

    It prints the winners, and checks scores, catalog, pictures and orders.

    Raises:
        UserError: where an event was refused or is not on the stream exactly once, or a score, the catalog, a
            picture or an order is wrong.

    """
    values = outputs.read_local_outputs(running, environment)
    kinesis = running.client("kinesis")
    stream, api_url = str(values["stream_name"]), str(values["api_url"])
    door = api_load.open_front_door(running, environment, values, workshop)
    day = list(take_out_pictures(workshop.generate_shop_day(events)))
    print_note(
        f"A workshop of {len(day):,} events through the API, up to {RATE:.0f} a second (seed {workshop.seed})."
    )
    if "page_url" in values:
        print_note(f"Watch it in a browser: {values['page_url']}, and the shop: {values['page_url']}/#/shop")
    orders_day = OrdersDay(running, values, door, workshop.seed, ORDER_HABITS)
    studio_day = StudioDay(running, values, orders_day, workshop)
    with watch.display_board(transient=True) as show_board:
        watch.watch_board(
            lambda on_tick: studio_day.send_events(day, RATE, None, on_tick),
            lambda: board.read_board(api_url, watch.TOP),
            show_board,
            settle=False,
        )
    for line in studio_day.format_lines():
        print_note(line)
    with show_progress("Counting the log on the stream, independently of the view"):
        payloads = read_payloads(kinesis, stream)
        expected = recount_scores(payloads)
    check_accepted_events(door.report, collect_event_ids(list_sent_events(payloads)))
    dynamodb = running.client("dynamodb")
    with show_progress("Waiting until every event counts"):
        await_scores(lambda: read_stored_scores(dynamodb, str(values["scores_table"])), expected)
    final = await_board(lambda: board.read_board(api_url, watch.TOP), expected)
    print_renderable(board.render_board(final))
    check_scores(read_stored_scores(dynamodb, str(values["scores_table"])), expected, len(payloads))
    check_board(final, expected)
    print_note(describe_freshness(running, values))
    print_note(describe_winners(final))
    with show_progress("Checking the catalog"):
        catalog = recount_catalog(payloads)
        shown = await_catalog(lambda: read_stored_catalog(dynamodb, values), catalog)
    check_catalog(shown, catalog)
    target = Target(project.find_project(), environment, running)
    check_pictures(target, values, studio_day.offered)
    check_orders(target, values, orders_day.customers_report.placed)


def list_sent_events(payloads: Iterable[bytes]) -> list[bytes]:
    """Return the events that the workshop's people sent.

    The others are those of its photographers about themselves, the studio's pictures, and what orders put there.
    """
    sent = []
    for payload in payloads:
        envelope = json.loads(payload)
        is_own_act = "/user-info/" in envelope["data"]["schema"]
        if not is_own_act and envelope["origin"].split("/")[1] not in (PICTURE_ACTION, ORDER_ACTION):
            sent.append(payload)
    return sent


def check_accepted_events(report: load_report.LoadReport, on_stream: set[str]) -> None:
    """Check that every event was accepted, and that the stream has exactly these.

    Raises:
        UserError: where an event was not accepted, or the stream has another number of events.

    """
    if report.failed:
        raise UserError(f"{report.failed.total():,} events were not accepted.")
    if len(on_stream) != report.accepted:
        raise UserError(
            f"{report.accepted:,} events were accepted, and {len(on_stream):,} are on the stream."
        )


def list_best_sales(expected: Scores) -> dict[str, list[int]]:
    """Return the sales that the board must show, per role, without ``UNKNOWN``."""
    return {
        role: sorted((sales for user, sales in scores.items() if user != "UNKNOWN"), reverse=True)[
            : watch.TOP
        ]
        for role, scores in expected.items()
    }


def list_shown_sales(shown: board.Board) -> dict[str, list[int]]:
    """Return the sales that a board shows, per role."""
    return {role: [row.score for row in rows] for role, rows in shown.items()}


def await_board(
    read: Callable[[], board.Board], expected: Scores, clock: progress.Clock = progress.REAL
) -> board.Board:
    """Return the board when it shows the expected scores, or after ``CACHE_SECONDS``."""
    deadline = clock.now() + CACHE_SECONDS
    shown = read()
    while list_shown_sales(shown) != list_best_sales(expected) and clock.now() < deadline:
        clock.pause(0.2)
        shown = read()
    return shown


def check_board(shown: board.Board, expected: Scores) -> None:
    """Check that the API shows the expected scores.

    Raises:
        UserError: where it does not.

    """
    if list_shown_sales(shown) != list_best_sales(expected):
        raise UserError("The API's board does not show the scores.")


def describe_winners(shown: board.Board) -> str:
    """Return a sentence with the winners."""
    best = [
        f"{board.choose_shown_name(rows[0])} ({'merchant' if role == 'creator' else role}, {rows[0].score:,} sales)"
        for role, rows in shown.items()
        if rows
    ]
    return f"The winners: {' and '.join(best) or 'nobody yet'}."


def check_scores(stored: Scores, expected: Scores, events: int) -> None:
    """Check every score.

    Raises:
        UserError: where scores are wrong, with the first of them.

    """
    wrong = compare_scores(expected, stored)
    total = sum(map(len, expected.values()))
    if wrong:
        raise UserError(f"{len(wrong)} of {total} scores are wrong. The first: {wrong[0]}")
    print_note(f"All {total} scores are right: they equal a one-pass count of {events:,} records.")


def check_catalog(stored: Catalog, expected: Catalog) -> None:
    """Check every product, category and stock.

    Raises:
        UserError: where some are wrong, with the first of them.

    """
    wrong = compare_catalogs(expected, stored)
    if wrong:
        raise UserError(f"{len(wrong)} products, categories or stocks are wrong. The first: {wrong[0]}")
    print_note(
        f"The catalog is right: {len(expected.products)} products in {len(expected.categories)} categories, and "
        f"the stock of {len(expected.stock)}, equal an independent fold."
    )


def check_pictures(target: Target, values: Mapping[str, Any], offered: Collection[str]) -> None:
    """Check that each offered product is pictured, and that nothing else is wrong with the studio.

    Raises:
        UserError: where one is not, or something is wrong, with the first of it.

    """
    with show_progress("Checking the pictures"):
        look, faults = photos_check.check_environment(target, values, PATIENCE_SECONDS)
    if faults:
        raise UserError(f"{len(faults)} things are wrong with the studio. The first: {faults[0]}")
    pictured = {each.product_id for each in look.studio.products.values() if each.state == PICTURED}
    if missing := sorted(set(offered) - pictured):
        raise UserError(
            f"{len(missing)} of {len(offered)} products have no picture. The first: {missing[0]}."
        )
    print_note(
        f"The pictures are right: each of {len(offered)} products has one, the log has each once, and no "
        "photographer is held."
    )


def check_orders(target: Target, values: Mapping[str, Any], placed: Collection[str]) -> None:
    """Check that each order that was placed has ended, and that nothing else is wrong with orders.

    Raises:
        UserError: where one has not, or something is wrong, with the first of it.

    """
    with show_progress("Checking the orders"):
        look, faults = orders_check.check_environment(target, values, PATIENCE_SECONDS)
    if faults:
        raise UserError(f"{len(faults)} things are wrong with the orders. The first: {faults[0]}")
    ended = {order.order_id for order in look.orders if order.is_over}
    if missing := sorted(set(placed) - ended):
        raise UserError(f"{len(missing)} of {len(placed)} orders have not ended. The first: {missing[0]}.")
    if not any(order.state == CONFIRMED for order in look.orders):
        raise UserError("No order was confirmed.")
    print_note(
        f"The orders are right: {orders_check.describe_orders(look.orders)}. "
        f"{orders_check.describe_agreement(look.orders)}"
    )


def describe_freshness(running: Cloud, values: Mapping[str, Any]) -> str:
    """Return a sentence on how long events took until they counted."""
    function = values["functions"]["winner_view"]
    waits = freshness.parse_waits(freshness.read_log_lines(running.client("logs"), function))
    if not waits:
        return "How long events took until they counted is unknown: the winner view's log has no metrics."
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
