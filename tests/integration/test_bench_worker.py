"""The bench's worker over moto: the real winner view and API, metered; and what would make a figure worthless."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from hello_retail.event_writer import handler as writer_handler
from hello_retail.event_writer.store import EventStream
from hello_retail.read_models.scores import format_board_key
from hello_retail.shop_view import handler as shop_handler
from hello_retail.winner_api import handler as api_handler
from hello_retail.winner_view import handler as view_handler
from retailctl.stream.log_file import LogEntry
from retailctl.stream.reader import read_payloads
from tools.bench import run, worker
from tools.bench.metering import CallLog, Meter
from tools.bench.original import Original
from tools.bench.worker import Instance, Shards, WrongBench

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SHOP = "hello_retail.shop_view.handler.handler"
VIEW, API = "hello_retail.winner_view.handler.handler", "hello_retail.winner_api.handler.handler"


class Cloud:
    def client(self, service: str) -> Any:
        return boto3.client(service)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The two views' tables in moto, and a small workshop; handlers make their clients anew for each test."""
    monkeypatch.setattr(worker, "PRODUCTS", 12)
    monkeypatch.setattr(worker, "PEOPLE", 6)
    monkeypatch.setattr(run, "CONTRIBUTIONS", os.environ["CONTRIBUTIONS_TABLE"])
    monkeypatch.setattr(run, "SCORES", os.environ["SCORES_TABLE"])
    monkeypatch.setattr(run, "REDRIVES", os.environ["REDRIVES_TABLE"])
    for table in ("CATALOG", "CATEGORIES", "STOCK"):
        monkeypatch.setattr(run, table, os.environ[f"{table}_TABLE"])
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with mock_aws():
        run.create_tables(Cloud())  # type: ignore[arg-type]
        view_handler.get_store.cache_clear()
        shop_handler.get_store.cache_clear()
        yield boto3.client("dynamodb")
    view_handler.get_store.cache_clear()
    shop_handler.get_store.cache_clear()


def instance(handler: Any, client: Any) -> Instance:
    return Instance(None, handler, client, Meter())


def test_a_record_goes_to_the_shard_that_kinesis_would_choose() -> None:
    client_free = Shards()
    entries = [LogEntry(line, f"key {line}", b"{}") for line in range(1, 31)]
    events = list(client_free.build_batches(entries, 4))
    records = [record for event in events for record in event["Records"]]
    assert len(records) == 30
    assert {len(event["Records"]) for event in events[:-3]} == {4}
    with mock_aws():
        kinesis = boto3.client("kinesis")
        kinesis.create_stream(StreamName="s", ShardCount=3)
        for record in records:
            key = record["kinesis"]["partitionKey"]
            put = kinesis.put_record(StreamName="s", Data=b"x", PartitionKey=key)
            assert record["eventID"].startswith(f"{put['ShardId']}:")


def test_sequence_numbers_have_56_digits_and_rise() -> None:
    numbers = [
        int(record["kinesis"]["sequenceNumber"])
        for event in Shards().build_batches([LogEntry(1, "a", b"{}"), LogEntry(2, "a", b"{}")], 2)
        for record in event["Records"]
    ]
    assert numbers == sorted(set(numbers))
    assert {len(str(number)) for number in numbers} == {56}


def test_the_real_view_is_sold_through_and_its_scores_are_checked(aws: Any) -> None:
    assert worker.register_products(worker.import_instance(VIEW), size=10, ids=1) == {}
    view_handler.get_store.cache_clear()
    found = worker.measure_sales(worker.import_instance(VIEW), size=10, purchases=60, ids=1)
    assert found["batch_size"] == 10
    assert 0 < found["write_units_per_purchase"] < 2
    assert 0 < found["read_units_per_purchase"] <= 12 / 60
    assert found["events_per_second"] > 0
    assert aws.scan(TableName=os.environ["SCORES_TABLE"])["Count"] > 0


def test_the_real_shop_view_is_filled_and_its_catalog_is_checked(aws: Any) -> None:
    found = worker.measure_catalog(worker.import_instance(SHOP), size=5)
    assert set(found) == set(worker.CATALOG_PHASES) == set(run.CATALOG_WRITE_UNITS)
    assert found["price"] > 0  # moto does not tell what transactions take
    assert found["purchase"] == 0
    assert aws.scan(TableName=os.environ["CATALOG_TABLE"])["Count"] == 12


def test_a_catalog_that_is_wrong_has_no_figures(aws: Any) -> None:
    with pytest.raises(WrongBench, match="items of the catalog are wrong: Product catalog-"):
        worker.measure_catalog(instance(lambda _event, _context: {}, aws), size=5)


def test_a_view_that_counts_wrong_has_no_figures(aws: Any) -> None:
    with pytest.raises(WrongBench, match="scores are wrong: creator "):
        worker.measure_sales(instance(lambda _event, _context: {}, aws), size=10, purchases=20, ids=1)


def test_a_view_that_does_not_ask_what_it_consumes_has_no_figures(aws: Any) -> None:
    silent = instance(None, aws)
    silent.meter.attach(aws.meta.events)

    def handler(_event: Mapping[str, Any], _context: object) -> dict[str, Any]:
        aws.get_item(TableName=os.environ["CONTRIBUTIONS_TABLE"], Key={"productId": {"S": "x"}})
        return {}

    with pytest.raises(WrongBench, match="does not ask GetItem for consumed capacity"):
        worker.measure_sales(
            Instance(None, handler, aws, silent.meter),
            size=10,
            ids=1,
            purchases=20,
        )


def test_a_view_that_does_not_take_a_batch_has_no_figures(aws: Any) -> None:
    failing = instance(lambda *_: {"batchItemFailures": [{"itemIdentifier": "1"}]}, aws)
    with pytest.raises(WrongBench, match="did not take a batch of"):
        worker.register_products(failing, size=1000, ids=1)


def test_the_original_takes_six_calls_a_sale_and_sums_by_index(aws: Any) -> None:
    meter = Meter()
    meter.attach(aws.meta.events)
    original = Instance(None, None, aws, meter)  # type: ignore[arg-type]
    for _ in range(2):  # the second finds its tables
        found = worker.measure_original(original, sales=15)
    assert meter.calls == 6 * 15
    assert not meter.unmetered
    assert found["events_per_second"] > 0
    scores = aws.scan(TableName="original-scores")["Items"]
    by_role = {
        role: sum(int(item["score"]["N"]) for item in scores if item["role"]["S"] == role)
        for role in ("creator", "photographer")
    }
    assert by_role == {"creator": 30, "photographer": 30}


def test_a_loop_of_other_than_six_calls_is_no_reference(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Original, "count_sale", lambda *_: None)
    with pytest.raises(WrongBench, match="made 0 calls for 5 sales"):
        worker.measure_original(instance(None, aws), sales=5)


def test_reads_are_told_against_the_handlers_own_queries(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    buckets = int(os.environ["SCORE_BUCKETS"])
    for number in range(5):
        user = f"user-{number}"
        key = {"board": {"S": format_board_key("creator", user, buckets)}, "userId": {"S": user}}
        item = key | {"score": {"N": str(number)}, "name": {"S": user}}
        aws.put_item(TableName=os.environ["SCORES_TABLE"], Item=item)
    log, clock, store = CallLog("dynamodb.Query"), api_handler.api.clock, api_handler.api.store
    client = boto3.client("dynamodb")
    log.attach(client.meta.events)
    monkeypatch.setattr(
        api_handler.api,
        "store",
        type(store)(client, store.scores_table, store.contributions_table, store.score_buckets),
    )
    try:
        found = worker.time_reads(Instance(api_handler, api_handler.handler, aws, Meter(), log), rounds=3)
    finally:
        api_handler.api.clock = clock
    assert found["queries"] == buckets
    assert found["ratio"] == pytest.approx(found["handler_seconds"] / found["bare_seconds"])


class Module:
    class api:  # noqa: N801 - as the handler's module names it
        clock = None


def test_an_answer_from_the_cache_is_no_read(aws: Any) -> None:
    cached = Instance(Module, lambda *_: {"statusCode": 200}, aws, Meter())
    with pytest.raises(WrongBench, match="answered from its cache"):
        worker.time_reads(cached, rounds=1)


def test_a_failing_read_is_no_read(aws: Any) -> None:
    failing = Instance(Module, lambda *_: {"statusCode": 503}, aws, Meter())
    with pytest.raises(WrongBench, match="GET /scores answered 503"):
        worker.time_reads(failing, rounds=1)


def test_writes_are_told_against_the_handlers_own_put(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    log, client = CallLog("kinesis.PutRecord"), boto3.client("kinesis")
    log.attach(client.meta.events)
    monkeypatch.setattr(writer_handler, "stream", EventStream(client, run.STREAM))
    writer = Instance(writer_handler, writer_handler.handler, aws, Meter(), puts=log)

    found = worker.time_writes(writer, rounds=3)

    payloads = read_payloads(client, run.STREAM)
    assert len(payloads) == 2 * (3 + 1)
    assert payloads[::2] == payloads[1::2]
    assert found["ratio"] == pytest.approx(found["handler_seconds"] / found["bare_seconds"])


@pytest.mark.parametrize(
    ("status", "complaint"), [(503, "POST /events answered 503"), (202, "POST /events made 0 puts")]
)
def test_an_event_that_is_not_put_is_no_write(aws: Any, status: int, complaint: str) -> None:
    class Writer:
        stream = EventStream(None, "none")  # type: ignore[arg-type]

    with pytest.raises(WrongBench, match=complaint):
        worker.time_writes(Instance(Writer, lambda *_: {"statusCode": status}, aws, Meter()), rounds=1)


def test_a_worker_writes_what_it_found_to_its_file(aws: Any, tmp_path: Path) -> None:
    assert aws
    result = tmp_path / "result.json"
    worker.main(["register", str(result), VIEW, json.dumps({"size": 100, "ids": 1})])
    assert json.loads(result.read_text()) == {}


def test_a_batch_read_is_billed_by_its_keys_where_the_answer_is_silent() -> None:
    meter = Meter()

    class Operation:
        name = "BatchGetItem"

    def read(answer: dict[str, Any], *, consistent: bool) -> float:
        meter.reset()
        keys = [{"productId": {"S": str(number)}} for number in range(4)]
        items: dict[str, Any] = {"t": {"Keys": keys, "ConsistentRead": consistent}}
        context: dict[str, Any] = {}
        meter._before_call({"RequestItems": items, "ReturnConsumedCapacity": "TOTAL"}, context)
        meter._after_call(parsed=answer, model=Operation, context=context)  # type: ignore[arg-type]
        return meter.read_units

    unread = {"UnprocessedKeys": {"t": {"Keys": [{"productId": {"S": "3"}}]}}}
    assert read({}, consistent=True) == 4
    assert read({}, consistent=False) == 2
    assert read(unread, consistent=True) == 3
    assert read({"ConsumedCapacity": [{"CapacityUnits": 7.0}]}, consistent=True) == 7
    assert read({"Error": {"Code": "ThrottlingException"}}, consistent=True) == 0


def test_a_refused_write_is_billed_and_other_operations_are_not_looked_at(aws: Any) -> None:
    meter = Meter()
    meter.attach(aws.meta.events)
    write = {
        "TableName": os.environ["CONTRIBUTIONS_TABLE"],
        "Item": {"productId": {"S": "a"}},
        "ConditionExpression": "attribute_exists(productId)",
        "ReturnConsumedCapacity": "TOTAL",
    }
    with pytest.raises(aws.exceptions.ConditionalCheckFailedException):
        aws.put_item(**write)
    aws.list_tables()
    assert (meter.write_units, meter.calls, meter.unmetered) == (1.0, 1, set())
