"""`retailctl demo` over moto, with a view that is right, late or wrong; the local cloud itself is stood in for."""

from __future__ import annotations

import json
import re
import uuid
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from retailctl import cli, progress
from retailctl.catalog import stored as stored_catalog
from retailctl.catalog.recount import recount_catalog
from retailctl.errors import UserError
from retailctl.local_cloud import demo
from retailctl.orders.check import OrdersLook
from retailctl.orders.stored import StoredLine, StoredOrder
from retailctl.photos.check import PhotosLook
from retailctl.photos.stored import StoredStudio, StudioProduct
from retailctl.project import Project
from retailctl.scores import stored
from retailctl.scores.board import Row
from retailctl.scores.recount import recount_scores
from retailctl.scores.stored import read_stored_scores
from retailctl.simulation import load_report
from retailctl.simulation.customers import CustomersReport
from retailctl.simulation.studio_day import take_out_pictures
from retailctl.simulation.workshop import Workshop
from retailctl.stream.reader import read_payloads
from support.events import image, purchase

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from retailctl.catalog.recount import Catalog
    from retailctl.stream.log_file import LogEntry

pytestmark = pytest.mark.slow

STREAM, TABLE = "events", "scores"
INGRESS = "com.nordstrom/retail-stream-ingress/1-1-0"
EVENTS = len(list(take_out_pictures(Workshop(1, products=120, people=48).generate_shop_day(300))))
"""The events of the demo's workshop: offers and sales, and a price and a stock for each first offer."""
METRIC = json.dumps({"_aws": {}, "EventsApplied": [100.0], "Freshness": [40, 60]})


def picture_of(product: str) -> bytes:
    """Return the event of a picture that the studio puts on the log."""
    envelope = image(product, "ann", "Ann", event_id=str(uuid.uuid5(uuid.NAMESPACE_OID, product)))
    return json.dumps(envelope | {"origin": "hello-retail/studio-report/ann/Ann"}).encode()


ORDER = StoredOrder("cleo", "0199", "confirmed", (StoredLine("unoffered", 2, 100),), 200)
SALE = purchase("unoffered", "cleo", event_id=str(uuid.UUID(int=7, version=4)))
ORDER_EVENTS = [json.dumps(SALE | {"origin": "hello-retail/order-confirm/cleo/cleo"}).encode()]
"""What the order puts on the log; the workshop has no product of this name."""


def with_id(entry: LogEntry) -> bytes:
    minted = {"schema": INGRESS, "eventId": str(uuid.UUID(int=entry.line, version=4))}
    return json.dumps(json.loads(entry.data) | minted).encode()


class Logs:
    lines: tuple[str, ...] = (METRIC,)

    def get_paginator(self, _name: str) -> Logs:
        return self

    def paginate(self, **_: object) -> list[Any]:
        return [{"events": [{"message": line} for line in self.lines]}]


class Lambda:
    def list_event_source_mappings(self, **arguments: object) -> dict[str, Any]:
        assert arguments == {"FunctionName": "view:live"}
        return {"EventSourceMappings": [{"MaximumBatchingWindowInSeconds": 5}]}


class Cloud:
    def client(self, service: str, **_: object) -> Any:
        return {"logs": Logs, "lambda": Lambda}.get(service, lambda: boto3.client(service))()


class Orders:
    """A shop whose one customer orders once, before the day begins."""

    def __init__(self, _cloud: object, _values: object, door: Any, *_: object) -> None:
        self.door = door
        self.report = door.report
        self.customers_report = CustomersReport(placed={ORDER.order_id})

    def send_events(self, *given: Any) -> int:
        records = [{"PartitionKey": ORDER.user_id, "Data": each} for each in ORDER_EVENTS]
        boto3.client("kinesis").put_records(StreamName=STREAM, Records=records)
        return self.door.send_events(*given)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A cloud with a stream, whose view and API are computed from the log: ``wrong`` is added to every score."""
    world: dict[str, Any] = {
        "wrong": 0,
        "reads": 0,
        "stale": False,
        "lost": 0,
        "refused": {},
        "sold": {},
        "faults": [],
        "unpictured": 0,
        "orders": [ORDER],
        "order_faults": [],
    }

    def scores(*_: object) -> dict[str, dict[str, int]]:
        right = recount_scores(read_payloads(boto3.client("kinesis"), STREAM))
        return {role: {u: s + world["wrong"] for u, s in users.items()} for role, users in right.items()}

    def catalog(*_: object) -> Catalog:
        right = recount_catalog(read_payloads(boto3.client("kinesis"), STREAM))
        return replace(right, stock={**right.stock, **world["sold"]})

    def board(_url: str, limit: int) -> dict[str, list[Row]]:
        world["reads"] += 1
        stale = world["stale"]
        return {
            role: [
                Row(rank, "***", f"{role} {rank}", score - stale)
                for rank, score in enumerate(
                    sorted((s for u, s in users.items() if u != "UNKNOWN"), reverse=True)[:limit], 1
                )
            ]
            for role, users in scores().items()
        }

    found = {
        "stream_name": STREAM,
        "api_url": "http://x",
        "page_url": "http://127.0.0.1:1234",
        "scores_table": TABLE,
        "functions": {"winner_view": "view"},
    }
    here = Project(tmp_path)  # so that no demo of this clone, nor one in another worker, is in the way
    monkeypatch.setattr(demo.project, "find_project", lambda: here)

    class Door:
        """A front door that puts on the stream what people send, each event with an id; some it may refuse."""

        def __init__(self, *_: object) -> None:
            self.report = load_report.LoadReport(seconds=1.0)

        def send_events(
            self, entries: Iterable[LogEntry], _rate: float, _until: object, on_tick: progress.OnTick
        ) -> int:
            source = iter(entries)
            while chunk := list(islice(source, 100)):
                records = [{"PartitionKey": entry.partition_key, "Data": with_id(entry)} for entry in chunk]
                boto3.client("kinesis").put_records(StreamName=STREAM, Records=records)
                self.report.latencies += [0.05] * len(chunk)
                on_tick(self.report.accepted, 0.0)
            self.report.failed.update(world["refused"])
            self.report.latencies += [0.05] * world["lost"]
            return self.report.accepted

    class Day:
        """A day whose photographers picture everything, each product once."""

        def __init__(self, _cloud: object, _values: object, door: Door, _workshop: object) -> None:
            self.door = door
            self.offered: set[str] = set()

        def send_events(
            self, entries: Iterable[LogEntry], rate: float, until: object, on_tick: progress.OnTick
        ) -> int:
            sent = list(entries)
            self.offered = {entry.partition_key for entry in sent if b"/product/create/" in entry.data}
            self.door.send_events(sent, rate, until, on_tick)
            records = [{"PartitionKey": each, "Data": picture_of(each)} for each in sorted(self.offered)]
            boto3.client("kinesis").put_records(StreamName=STREAM, Records=records)
            world["offered"] = self.offered
            return self.door.report.accepted

        def format_lines(self) -> list[str]:
            return self.door.report.format_lines()

    def check_environment(*_: object) -> tuple[PhotosLook, list[str]]:
        pictured = sorted(world["offered"])[world["unpictured"] :]
        studio = StoredStudio({each: StudioProduct(each, "pictured") for each in pictured})
        return PhotosLook(studio, 0, [], world["faults"]), world["faults"]

    monkeypatch.setattr(demo, "StudioDay", Day)
    monkeypatch.setattr(demo, "OrdersDay", Orders)
    monkeypatch.setattr(
        demo.orders_check,
        "check_environment",
        lambda *_: (OrdersLook(world["orders"], 0, [], world["order_faults"]), world["order_faults"]),
    )
    monkeypatch.setattr(demo.photos_check, "check_environment", check_environment)
    monkeypatch.setattr(demo.api_load, "open_front_door", Door)
    monkeypatch.setattr(demo.outputs, "read_local_outputs", lambda *_: found)
    monkeypatch.setattr(demo.board, "read_board", board)
    monkeypatch.setattr(demo, "read_stored_scores", scores)
    monkeypatch.setattr(demo, "read_stored_catalog", catalog)
    monkeypatch.setattr(stored, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(stored_catalog, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(demo, "CACHE_SECONDS", 0.3)
    monkeypatch.setattr(demo.watch, "BOARD_SECONDS", 0.01)
    monkeypatch.setattr(demo, "_run_demo_cloud", lambda *_, **__: nullcontext(Cloud()))
    with mock_aws():
        boto3.client("kinesis").create_stream(StreamName=STREAM, ShardCount=1)
        yield world


def run(*arguments: str) -> Any:
    return CliRunner().invoke(cli.app, ["demo", "--events", "300", *arguments])


def test_a_right_view_gets_its_winners_on_the_screen(world: dict[str, Any]) -> None:
    result = run()
    assert result.exit_code == 0, result.output
    assert world["reads"] > 1
    pictures = len(world["offered"])
    assert (
        f"scores are right: they equal a one-pass count of {EVENTS + pictures + len(ORDER_EVENTS)} records."
        in result.stderr
    )
    assert f"A workshop of {EVENTS} events through the API" in result.stderr
    assert (
        "Watch it in a browser: http://127.0.0.1:1234, and the shop: http://127.0.0.1:1234/#/shop"
        in result.stderr
    )
    assert f"{EVENTS} events accepted in 1.0 s, {EVENTS}.0 a second." in result.stderr
    assert re.search(
        r"The catalog is right: \d+ products in \d+ categories, and the stock of \d+, ", result.stderr
    )
    assert "Latency: 50 ms (P50), 50 ms (P95), 50 ms (P99)." in result.stderr
    assert "Events counted 40 ms (P50) and 60 ms (P99) after their arrival." in result.stderr
    assert "no batching window: on AWS, up to 5 s come on top" in result.stderr
    assert "The winners: creator 1 (merchant, " in result.stderr
    assert "Photographers" in result.stdout
    assert re.search(r"The pictures are right: each of \d+ products has one, ", result.stderr)
    assert "The orders are right: 1 confirmed. Of each product, what is available, reserved" in result.stderr
    assert (
        "200 captured are the 1 confirmed orders; each of their 1 lines is one sale on the log."
        in result.stderr
    )


def test_events_that_were_given_up_fail_the_demo(world: dict[str, Any]) -> None:
    world["refused"] = {"503 Service Unavailable": 2}
    result = run()
    assert "2 events were not accepted." in str(result.exception)
    assert "Given up: 2 of 503 Service Unavailable." in result.stderr


def test_an_accepted_event_that_is_not_on_the_stream_fails_the_demo(world: dict[str, Any]) -> None:
    world["lost"] = 1
    result = run()
    assert f"{EVENTS + 1} events were accepted, and {EVENTS} are on the stream." in str(result.exception)


def test_a_wrong_score_fails_the_demo_and_is_named(world: dict[str, Any]) -> None:
    world["wrong"] = 1
    result = run()
    assert isinstance(result.exception, UserError)
    assert "scores are wrong. The first: creator " in str(result.exception)


def test_a_wrong_stock_fails_the_demo_and_is_named(world: dict[str, Any]) -> None:
    world["sold"] = {"1": {"available": 1, "added": 2}}
    result = run()
    assert isinstance(result.exception, UserError)
    assert (
        "1 products, categories or stocks are wrong. The first: Stock of product 1 is one too many."
        in str(result.exception)
    )


def test_a_product_without_a_picture_fails_the_demo_and_is_named(world: dict[str, Any]) -> None:
    world["unpictured"] = 2
    result = run()
    assert re.search(r"2 of \d+ products have no picture. The first: \d+\.", str(result.exception))


def test_a_studio_that_is_wrong_fails_the_demo_and_is_quoted(world: dict[str, Any]) -> None:
    world["faults"] = ["Product p is asked, and no execution runs for it."]
    result = run()
    assert "1 things are wrong with the studio. The first: Product p is asked, and" in str(result.exception)


def test_orders_that_are_wrong_fail_the_demo_and_are_quoted(world: dict[str, Any]) -> None:
    world["order_faults"] = ["Product p has -1 available."]
    result = run()
    assert "1 things are wrong with the orders. The first: Product p has -1 available." in str(
        result.exception
    )


@pytest.mark.parametrize(
    ("state", "sentence"),
    [("paid", "1 of 1 orders have not ended. The first: 0199."), ("refused", "No order was confirmed.")],
)
def test_orders_that_do_not_end_as_they_must_fail_the_demo(
    world: dict[str, Any], state: str, sentence: str
) -> None:
    world["orders"] = [replace(ORDER, state=state)]
    assert sentence in str(run().exception)


def test_an_api_that_shows_other_scores_fails_the_demo(world: dict[str, Any]) -> None:
    world["stale"] = True
    result = run()
    assert isinstance(result.exception, UserError)
    assert "The API's board does not show the scores." in str(result.exception)


def test_a_log_without_metrics_leaves_freshness_unknown(
    world: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert world
    monkeypatch.setattr(Logs, "lines", ())
    result = run()
    assert result.exit_code == 0, result.output
    assert "is unknown: the winner view's log has no metric" in result.stderr


def test_late_scores_are_waited_for() -> None:
    answers = [{"creator": {}}, {"creator": {"a": 1}}]
    pauses: list[float] = []
    clock = progress.Clock(lambda: float(len(pauses)), pauses.append)
    stored.await_scores(lambda: answers[min(len(pauses), 1)], {"creator": {"a": 1}}, clock)
    assert len(pauses) == 1


def test_nobody_yet_is_a_result_too() -> None:
    assert demo.describe_winners({"creator": [], "photographer": []}) == "The winners: nobody yet."


class Home:
    """What the demo does with a local cloud: which were taken down, and what is there before."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, exists: bool, runs: bool) -> None:
        self.calls: list[str] = []
        self.folder = tmp_path / "home"
        if exists:
            self.folder.mkdir()
        monkeypatch.setattr(demo.up_down, "stop_local_cloud", self.down)
        monkeypatch.setattr(demo.up_down, "bring_up_cloud", self.bring_up)
        monkeypatch.setattr(
            demo.clouds, "read_cloud", lambda _: type("Found", (), {"is_running": lambda _: runs})()
        )

    def cloud_folder(self, _name: str) -> Path:
        return self.folder

    def down(self, name: str) -> None:
        self.calls.append(f"down {name}")
        if self.folder.exists():
            self.folder.rmdir()

    def bring_up(self, _here: object, name: str, environment: str) -> str:
        self.calls.append(f"up {name} {environment}")
        self.folder.mkdir()
        return "cloud"


@contextmanager
def demo_cloud(home: Home, name: str, *, keep: bool = False) -> Iterator[None]:
    with demo._run_demo_cloud(home, name, "dev", keep=keep) as running:  # type: ignore[arg-type]
        assert running == "cloud"
        yield


def test_the_cloud_comes_up_from_nothing_and_goes_down_also_after_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path, monkeypatch, exists=True, runs=True)
    with pytest.raises(KeyboardInterrupt), demo_cloud(home, "demo"):
        raise KeyboardInterrupt
    assert home.calls == ["down demo", "up demo dev", "down demo"]


def test_a_cloud_may_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = Home(tmp_path, monkeypatch, exists=False, runs=False)
    with demo_cloud(home, "other", keep=True):
        pass
    assert home.calls == ["up other dev"]
    assert "`retailctl down --cloud other`" in capsys.readouterr().err


def test_a_cloud_in_use_is_not_the_demos_to_take_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path, monkeypatch, exists=True, runs=True)
    with pytest.raises(UserError, match="'local' is running"), demo_cloud(home, "local"):
        pass
    assert home.calls == []


def test_a_cloud_that_died_is_put_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path, monkeypatch, exists=True, runs=False)
    with demo_cloud(home, "local"):
        pass
    assert home.calls == ["down local", "up local dev", "down local"]


@mock_aws
def test_stored_scores_are_read_from_all_buckets_of_a_role() -> None:
    client = boto3.client("dynamodb")
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "board", "KeyType": "HASH"},
            {"AttributeName": "userId", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "board", "AttributeType": "S"},
            {"AttributeName": "userId", "AttributeType": "S"},
        ],
    )
    for board, user, score in (
        ("creator#0", "a-1", 3),
        ("creator#1", "b-2", 4),
        ("photographer#0", "a-1", 5),
    ):
        item = {"board": {"S": board}, "userId": {"S": user}, "score": {"N": str(score)}}
        client.put_item(TableName=TABLE, Item=item)
    assert read_stored_scores(client, TABLE) == {"creator": {"a-1": 3, "b-2": 4}, "photographer": {"a-1": 5}}
    assert read_stored_scores(client, TABLE, "b-") == {"creator": {"b-2": 4}, "photographer": {}}
