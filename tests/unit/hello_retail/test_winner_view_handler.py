"""What the winner view's handler makes of a batch: quarantine, skips, metrics, logs, settings."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from typing import Any

import pytest

from hello_retail.settings import MissingSetting, require_count
from hello_retail.winner_view.batch import decode_batch
from hello_retail.winner_view.handler import select_quantiles
from support.event_source import FIRST_NUMBER, LogRecord, kinesis_event
from support.fake_aws import FakeDynamoDB, FakeS3, client_error
from support.histories import create, envelope, purchase, scores_of
from support.winner_view import GENERATION, QUARANTINE, SCORES, tables, warm_instance

SHARD = "shardId-000000000002"


def record(offset: int, payload: bytes) -> LogRecord:
    return LogRecord(SHARD, str(FIRST_NUMBER + offset), "product-1", payload)


@pytest.fixture
def dynamodb() -> FakeDynamoDB:
    return tables()


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3()


def metrics_in(output: str) -> dict[str, Any]:
    """Return all values of the EMF lines in an output, by metric name."""
    found: dict[str, Any] = {}
    for line in output.splitlines():
        blob = json.loads(line)
        for directive in blob.get("_aws", {}).get("CloudWatchMetrics", ()):
            found |= {metric["Name"]: blob[metric["Name"]] for metric in directive["Metrics"]}
            assert directive["Namespace"] == "HelloRetail"
    return found


def test_a_bad_record_is_kept_raw_with_reason_and_position_and_the_batch_goes_on(
    dynamodb: FakeDynamoDB, s3: FakeS3
) -> None:
    answer = warm_instance(dynamodb, s3)(
        kinesis_event(
            [
                record(1, create("ada", "product-1")),
                record(2, b"\xff\x00"),
                record(3, purchase("cy", "product-1")),
            ]
        )
    )
    assert answer == {"batchItemFailures": []}
    assert scores_of(dynamodb.items[SCORES]) == {("creator", "ada"): 1}
    ((bucket, key), body) = next(iter(s3.objects.items()))
    number = str(FIRST_NUMBER + 2)
    assert bucket == QUARANTINE
    assert key == f"records/g3/2025/11/22/hello-retail-test-stream/{SHARD}/{number}-{number}.json"
    document = json.loads(body)
    assert document["generation"] == 3
    assert (document["stream"], document["shardId"]) == ("hello-retail-test-stream", SHARD)
    (kept,) = document["records"]
    assert base64.b64decode(kept["data"]) == b"\xff\x00"
    assert (kept["sequenceNumber"], kept["partitionKey"]) == (number, "product-1")
    assert kept["code"]
    assert kept["reason"].endswith(".")


def test_the_same_batch_delivered_twice_writes_the_same_quarantine_object(
    dynamodb: FakeDynamoDB, s3: FakeS3
) -> None:
    batch = kinesis_event([record(1, b"garbage"), record(2, b"null")])
    for _ in range(2):
        warm_instance(dynamodb, s3)(batch)
    assert len(s3.objects) == 1


def test_an_event_type_that_the_view_does_not_know_is_skipped_and_counted_by_type(
    dynamodb: FakeDynamoDB, s3: FakeS3, capsys: pytest.CaptureFixture[str]
) -> None:
    known = envelope("user-info/login", "ada", "ada", name="Ada")
    foreign = json.loads(known)
    foreign["data"] = {"schema": "com.example/other/event/9-0-0"}
    answer = warm_instance(dynamodb, s3)(
        kinesis_event([record(1, known), record(2, json.dumps(foreign).encode())])
    )
    assert answer == {"batchItemFailures": []}
    assert dynamodb.items == {table: {} for table in dynamodb.items}
    blobs = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    by_type = {blob["EventType"]: blob["EventsSkipped"] for blob in blobs if "EventType" in blob}
    assert by_type == {"com.nordstrom/user-info/login/1-0-0": [1.0], "other": [1.0]}


def test_the_metrics_of_a_batch_tell_what_was_done_and_what_it_took(
    dynamodb: FakeDynamoDB, s3: FakeS3, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = [
        record(1, create("ada", "product-1")),
        record(2, purchase("cy", "product-1")),
        record(3, b"null"),
    ]
    instance = warm_instance(dynamodb, s3)
    instance(kinesis_event(batch))
    first = metrics_in(capsys.readouterr().out)
    assert first["EventsApplied"] == [2.0]
    assert first["RecordsQuarantined"] == [1.0]
    assert first["RedeliveredSales"] == [0.0]
    assert first["Freshness"] == [1250.0, 1250.0]
    assert first["WriteCapacityUnits"] == [2.0]
    instance(kinesis_event(batch))
    again = metrics_in(capsys.readouterr().out)
    assert again["RedeliveredSales"] == [1.0]


def test_every_metric_says_which_generation_it_is_of(
    dynamodb: FakeDynamoDB, s3: FakeS3, capsys: pytest.CaptureFixture[str]
) -> None:
    warm_instance(dynamodb, s3)(
        kinesis_event(
            [
                record(1, create("ada", "product-1")),
                record(2, envelope("user-info/login", "ada", "ada", name="Ada")),
            ]
        )
    )

    blobs = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    dimensions = [set(each["Dimensions"][0]) for blob in blobs for each in blob["_aws"]["CloudWatchMetrics"]]
    assert {blob["Generation"] for blob in blobs} == {str(GENERATION)}
    assert sorted(dimensions, key=len) == [
        {"service", "Environment", "Generation"},
        {"service", "Environment", "Generation", "EventType"},
    ]


def test_logs_and_metrics_hold_no_payload_no_name_and_no_user(
    s3: FakeS3,
    dynamodb: FakeDynamoDB,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(**request: Any) -> None:
        raise client_error("ProvisionedThroughputExceededException", "UpdateItem")

    instance = warm_instance(dynamodb, s3)
    dynamodb.update_item = refuse  # type: ignore[method-assign,assignment]
    instance(
        kinesis_event([record(1, create("secret-user", "secret-product")), record(2, b"secret-garbage")])
    )
    output = capsys.readouterr().out + "".join(str(vars(line)) for line in caplog.records)
    assert "ProvisionedThroughputExceededException" in output
    assert "secret" not in output
    assert "Name of" not in output


def test_a_batch_is_sorted_into_entries_skips_and_rejections() -> None:
    batch = decode_batch(
        kinesis_event(
            [
                record(1, purchase("cy", "product-1")),
                record(2, envelope("cart/add", "cy", "product-1")),
                record(3, b"[]"),
            ]
        )
    )
    assert [entry.sequence for entry in batch.entries] == [FIRST_NUMBER + 1]
    assert batch.skipped == {FIRST_NUMBER + 2: "com.nordstrom/cart/add/1-0-0"}
    assert batch.first_rejected == FIRST_NUMBER + 3
    assert (batch.stream, batch.shard_id) == ("hello-retail-test-stream", SHARD)


def test_quantiles_keep_the_ends_and_never_exceed_their_number() -> None:
    assert select_quantiles([1, 2, 3], 20) == [1, 2, 3]
    values = select_quantiles(list(range(1000)), 20)
    assert (len(values), values[0], values[-1]) == (20, 0, 999)


@pytest.mark.parametrize(
    "name",
    [
        "CONTRIBUTIONS_TABLE",
        "SCORES_TABLE",
        "REDRIVES_TABLE",
        "QUARANTINE_BUCKET",
        "GENERATION",
        "SCORE_BUCKETS",
        "RECENT_EVENTS",
        "ENVIRONMENT",
    ],
)
def test_a_missing_variable_fails_the_cold_start_and_is_named(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(name)
    run = subprocess.run(
        [sys.executable, "-c", "import hello_retail.winner_view.handler"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode != 0
    assert f"The environment variable {name} " in run.stderr


def test_a_count_that_is_no_number_fails_the_cold_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCORE_BUCKETS", "four")
    with pytest.raises(MissingSetting, match="SCORE_BUCKETS must be a whole number"):
        require_count("SCORE_BUCKETS")
