"""What an applied environment shows of its log: scores, winners, and what is trending."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hello_retail.events import PRODUCT_PURCHASE, Event, decode_event
from retailctl.scores import board
from retailctl.scores.recount import Scores, recount_scores
from retailctl.scores.stored import read_stored_scores
from retailctl.stream.reader import read_payloads
from support.asking import ask
from support.e2e import eventually

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from retailctl.simulation.workshop import Workshop
    from support.e2e import Landscape

ORDERS = "order-confirm"
"""The process of the events that orders send."""


def write_day(workshop: Workshop, events: int, file: Path) -> None:
    """Write a small workshop's events to a file, as `retailctl publish` reads them."""
    file.write_bytes(b"".join(entry.data + b"\n" for entry in workshop.generate_day(events)))


def on_the_stream(there: Landscape, environment: str) -> list[bytes]:
    return read_payloads(there.cloud.client("kinesis"), there.outputs[environment]["stream_name"])


def scores(there: Landscape, environment: str) -> Scores:
    return read_stored_scores(there.cloud.client("dynamodb"), there.outputs[environment]["scores_table"])


def names_and_sales(payloads: list[bytes], expected: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return who is on the board with how many sales, given the log and the scores of a role."""
    acts = [event for event in map(json.loads, payloads) if "origin" in event]  # else it is no event
    origins = (event["origin"].split("/") for event in acts)
    names = {user: name for _, process, user, name in origins if process != ORDERS}  # an order knows no names
    return sorted((names[user], sales) for user, sales in expected.items() if user != "UNKNOWN")


def shown_scores(url: str) -> dict[str, list[tuple[str, int]]]:
    """Return what the board of an API shows, by role."""
    return {
        role: sorted((r.name, r.score) for r in rows) for role, rows in board.read_board(url, 100).items()
    }


@dataclass(frozen=True)
class Winners:
    """A board, by role, and the most sales of a merchant and of a photographer."""

    board: dict[str, list[tuple[str, int]]]
    most: list[int]


def compare_winners(there: Landscape, environment: str) -> tuple[Winners, Winners]:
    """Return what the API comes to show, and what it must by the log."""
    payloads = [each for each in on_the_stream(there, environment) if each.startswith(b"{")]
    expected = recount_scores(payloads)
    eventually(lambda: scores(there, environment), expected)
    url = there.outputs[environment]["api_url"]
    must = {role: names_and_sales(payloads, expected[role]) for role in board.ROLES}
    most = [max(sales for _, sales in must[role]) for role in ("creator", "photographer")]

    shown = eventually(lambda: shown_scores(url), must, seconds=10)
    best = ask(f"{url}/winners").json()
    found = Winners(shown, [best[role]["score"] for role in ("merchant", "photographer")])
    return found, Winners(must, most)


@dataclass(frozen=True)
class Trends:
    """The sales of the products that are trending and their ranks, and the sales whose weight is wrong."""

    sales: list[int]
    ranks: list[int]
    wrong: list[tuple[int, float]]


def compare_trends(there: Landscape, environment: str) -> tuple[Trends, Trends]:
    """Return what the API comes to list, and what it must by the log while that is young."""
    # A put whose answer is late is put again: two records of one event, which is one sale.
    decoded = map(decode_event, on_the_stream(there, environment))
    events = {event.event_id or n: event for n, event in enumerate(decoded) if isinstance(event, Event)}
    sold = Counter(event.data["id"] for event in events.values() if event.kind == PRODUCT_PURCHASE)
    table, dynamodb = there.outputs[environment]["trending_table"], there.cloud.client("dynamodb")
    eventually(lambda: dynamodb.scan(TableName=table, Select="COUNT")["Count"], len(sold))

    def shown() -> list[int]:
        """Return the sales of the products that are listed, in their order."""
        return [sold[line["productId"]] for line in trending(there, environment)]

    # The log took all sales within moments, beside which the half-life of an hour is long: the most sold is first.
    best = sorted(sold.values(), reverse=True)[:100]
    listed = eventually(shown, best, seconds=30)
    lines = trending(there, environment)
    weights = zip(best, (float(line["score"]) for line in lines), strict=True)
    wrong = [(sales, weight) for sales, weight in weights if not sales / 2 < weight <= sales]
    found = Trends(listed, [int(line["rank"]) for line in lines], wrong)
    return found, Trends(best, list(range(1, len(best) + 1)), [])


def trending(there: Landscape, environment: str) -> list[dict[str, int | float | str]]:
    answer = ask(f"{there.outputs[environment]['api_url']}/trending?limit=100")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    found: list[dict[str, int | float | str]] = answer.json()
    return found
