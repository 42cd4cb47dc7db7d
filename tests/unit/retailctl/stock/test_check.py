"""`retailctl stock check`: which log it reads, what it compares, what it prints."""

from __future__ import annotations

import base64
import json
import re
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from hello_retail.event_log.archive import ArchivedRecord, Link, Shard, Span
from retailctl import cli
from retailctl.catalog.recount import OFFER, STOCK, Catalog, recount_catalog
from retailctl.orders.stored import StoredLine, StoredOrder
from retailctl.replay.kept import KeptEvents, read_kept_events
from retailctl.replay.proof import Archived, Streamed
from retailctl.stock import commands
from retailctl.stock.comparison import StockDifference, compare_stock

SHARD = "shardId-000000000000"


def event(kind: str, user: str = "m", product: str = "p", **data: object) -> bytes:
    return json.dumps(
        {
            "schema": "com.nordstrom/retail-stream-ingress/1-0-0",
            "origin": f"hello-retail/app/{user}/Name",
            "timeOrigin": "2026-01-01T09:00:00.000Z",
            "data": {"schema": f"com.nordstrom/product/{kind}/1-0-0", "id": product} | data,
        }
    ).encode()


def offer(user: str = "m", product: str = "p") -> bytes:
    return event("create", user, product, brand="Aster", name="Lamp", description="Warm.", category="Lamps")


def stock(added: int, user: str = "m", product: str = "p") -> bytes:
    return event("stock", user, product, added=added)


class FakeLog:
    """A log of one shard: some records are archived, and the stream has forgotten the first ``forgotten``."""

    retention_hours = 24

    def __init__(self, *payloads: bytes, archived: range | None = None, forgotten: int = 0) -> None:
        self.records = list(enumerate(payloads, 1))
        self.archived, self.forgotten = archived, forgotten
        self.has_archive = archived is not None
        self.is_young = forgotten == 0

    def inspect_archive(self) -> Archived:
        assert self.archived is not None
        span = Span("key", SHARD, self.archived[0], self.archived[-1])
        first = Link(SHARD, self.archived[0], None, proved=self.archived[0] == 1)
        return Archived([span], [first], {SHARD: Shard(SHARD, (), 0, None)})

    def inspect_stream(self) -> Streamed:
        return Streamed({SHARD: Shard(SHARD, (), 0, None)}, {SHARD: self.forgotten + 1}, young=self.is_young)

    def read_records(self, span: Span) -> list[ArchivedRecord]:
        return [
            ArchivedRecord(SHARD, str(number), "p", 0.0, base64.b64encode(payload).decode())
            for number, payload in self.records
            if span.first <= number <= span.last
        ]

    def read_stream(self) -> list[tuple[int, bytes]]:
        return [record for record in self.records if record[0] > self.forgotten]


def read(log: Any) -> KeptEvents:
    return read_kept_events(log, (OFFER, STOCK))


LOG = (offer(), stock(3), event("purchase", "c"), stock(4), b"garbage")


@pytest.mark.parametrize(
    "log",
    [
        FakeLog(*LOG),
        FakeLog(*LOG, archived=range(1, 3)),
        FakeLog(*LOG, archived=range(1, 5), forgotten=2),
        FakeLog(*LOG, archived=range(1, 6), forgotten=4),
    ],
    ids=["stream", "both whole", "overlapping", "archive"],
)
def test_a_whole_log_is_read_once_from_archive_and_stream(log: FakeLog) -> None:
    assert read(log) == KeptEvents([offer(), stock(3), stock(4)], [])


def test_a_stream_without_an_archive_reaches_back_as_far_as_it_keeps_records() -> None:
    assert read(FakeLog(*LOG, forgotten=1)) == KeptEvents(
        [stock(3), stock(4)], ["There is no archive, and the stream keeps 24 h."]
    )


def test_an_archive_that_begins_late_says_where() -> None:
    log = read(FakeLog(*LOG, archived=range(2, 5), forgotten=3))

    assert log.payloads == [stock(3), stock(4)]
    assert len(log.gaps) == 1
    assert SHARD in log.gaps[0]


PRODUCT = {"merchant": "m", "offeredAt": "2026-01-01T09:00:00.000Z"}


def compare(
    log: list[bytes], added: int, available: int, ordered: int = 0, *, whole: bool = True, **product: str
) -> Any:
    items = {"p": {"added": added, "available": available}}
    catalog = {"p": PRODUCT | product}
    return compare_stock(recount_catalog(log), catalog, items, {"p": ordered}, is_log_whole=whole)


def test_stock_is_what_the_merchant_added_after_the_offer() -> None:
    log = [stock(1), offer(), stock(3), stock(4), stock(9, "x")]

    assert compare(log, 7, 7).differences == []
    assert compare(log, 8, 8).differences == [StockDifference("p", 7, 8, 8, 0)]
    assert compare(log, 7, 6).differences == [StockDifference("p", 7, 7, 6, 0)]


def test_what_is_ordered_is_no_longer_available() -> None:
    log = [offer(), stock(7)]

    assert compare(log, 7, 4, 3).differences == []
    assert compare(log, 7, 7, 3).differences == [StockDifference("p", 7, 7, 7, 3)]
    assert compare(log, 7, 3, 3).differences == [StockDifference("p", 7, 7, 3, 3)]


def test_stock_without_an_item_and_an_item_without_stock_differ() -> None:
    assert compare_stock(recount_catalog([offer(), stock(3)]), {}, {}, {}, is_log_whole=True).differences == [
        StockDifference("p", 3, 0, 0, 0)
    ]
    assert compare([], 2, 2).differences == [StockDifference("p", 0, 2, 2, 0)]


@pytest.mark.parametrize("other", [{"merchant": "x"}, {"offeredAt": "2025-01-01T09:00:00.000Z"}])
def test_a_product_whose_first_offer_the_log_lacks_is_not_compared(other: dict[str, str]) -> None:
    log = [offer(), stock(3)]

    found = compare(log, 9, 9, whole=False, **other)

    assert (list(found.differences), found.compared, found.unknown) == ([], 0, 1)
    assert compare(log, 9, 9, whole=False).differences == [StockDifference("p", 3, 9, 9, 0)]
    assert compare([stock(3)], 9, 9, whole=False).unknown == 1


def run(
    monkeypatch: pytest.MonkeyPatch, log: FakeLog, *amounts: int, orders: tuple[StoredOrder, ...] = ()
) -> Any:
    """Run the command; the table has one of the amounts at each look."""
    looks = iter(amounts)

    def look(*_: object) -> Catalog:
        amount = next(looks)
        return Catalog({"p": PRODUCT}, {}, {"p": {"added": amount, "available": amount}})

    target = SimpleNamespace(client=lambda service: None)
    monkeypatch.setattr(commands, "resolve_target", lambda *_: target)
    monkeypatch.setattr(commands.outputs, "read_outputs", lambda _: {"orders_table": "orders"})
    monkeypatch.setattr(commands, "ReplayLog", lambda *_: log)
    monkeypatch.setattr(commands, "read_stored_catalog", look)
    monkeypatch.setattr(commands, "read_stored_orders", lambda *_: orders)
    monkeypatch.setattr(commands.interrupts, "sleep", lambda _: None)
    patience = "30" if len(amounts) > 1 else "0"
    return CliRunner().invoke(cli.app, ["stock", "check", "--patience", patience])


def test_a_stock_that_is_right_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = run(monkeypatch, FakeLog(*LOG), 7)

    assert ended.exit_code == 0
    assert "The stock of 1 products is what their merchants added less what is ordered.\n" in ended.stderr


def test_what_an_order_has_taken_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = StoredOrder("ann", "1", "reserved", (StoredLine("p", 2, 100),))

    ended = run(monkeypatch, FakeLog(*LOG), 7, orders=(taken,))

    assert ended.exit_code == 1
    assert re.findall(r"\w+", ended.stdout.splitlines()[-2]) == ["p", "7", "7", "7", "2"]


def test_what_is_in_flight_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, FakeLog(*LOG), 3, 3, 7).exit_code == 0


def test_a_difference_is_a_row_and_an_exit_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = run(monkeypatch, FakeLog(*LOG), 8)

    assert ended.exit_code == 1
    assert all(title in ended.stdout for title in ("Product", "Added, by the log", "Available"))
    assert re.findall(r"\w+", ended.stdout.splitlines()[-2]) == ["p", "7", "8", "8", "0"]
    assert (
        "The stock of 1 of 1 products is not what their merchants added less what is ordered." in ended.stderr
    )


def test_a_log_that_does_not_reach_back_says_what_was_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = run(monkeypatch, FakeLog(*LOG, forgotten=1), 7)

    assert ended.exit_code == 0
    assert "The log does not reach back far enough:\n  There is no archive" in ended.stderr
    assert "1 products whose first offer is not in it were not compared." in ended.stderr
