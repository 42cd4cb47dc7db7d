"""A generation of a view in AWS: what its tables, its mapping and its function say."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from hello_retail.event_log.watermark import encode_watermark
from retailctl.errors import UserError
from retailctl.replay import view as views_module
from retailctl.replay.fold import NotTaken
from retailctl.replay.replayed import REPLAYED, ViewName
from retailctl.replay.view import View, Views

WINNER = REPLAYED[ViewName.WINNER]
TABLES = {name: name for name in WINNER.view.tables}
VIEW = View(WINNER, 2, "winner-view-g2", "mapping-2", TABLES)


class Lambda:
    """A function with a mapping, which is enabled when its state has been read ``slow`` times."""

    def __init__(self, slow: int = 0, answer: Any = None, error: str = "") -> None:
        self.slow, self.answer, self.error = slow, answer, error
        self.called: list[tuple[str, Any]] = []
        self.state = "Disabled"

    def update_event_source_mapping(self, **asked: Any) -> None:
        self.called.append(("update", asked))
        self.state = "Enabling"

    def get_event_source_mapping(self, *, UUID: str) -> dict[str, Any]:
        assert UUID == "mapping-2"
        if self.state == "Enabling":
            self.slow -= 1
            if self.slow < 0:
                self.state = "Enabled"
        return {"State": self.state}

    def get_function_configuration(self, *, FunctionName: str, Qualifier: str) -> dict[str, Any]:
        assert (FunctionName, Qualifier) == ("winner-view-g2", "live")
        return {"CodeSha256": "hash"}

    def invoke(self, *, FunctionName: str, Qualifier: str, Payload: bytes) -> dict[str, Any]:
        assert (FunctionName, Qualifier) == ("winner-view-g2", "live")
        self.called.append(("invoke", json.loads(Payload)))
        failed = {"FunctionError": self.error} if self.error else {}
        return {"Payload": io.BytesIO(json.dumps(self.answer).encode()), **failed}


@pytest.fixture
def dynamodb() -> Iterator[Any]:
    """Yield a DynamoDB with the empty tables of the view."""
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        for table in TABLES.values():
            client.create_table(
                TableName=table,
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
        yield client


def views_of(dynamodb: Any, function: Lambda | None = None) -> Views:
    clients = {"dynamodb": dynamodb, "lambda": function or Lambda()}
    target: Any = SimpleNamespace(client=lambda service, **_: clients[service])
    return Views(target)


@pytest.mark.parametrize("table", TABLES)
def test_a_generation_is_empty_while_none_of_its_tables_has_an_item(dynamodb: Any, table: str) -> None:
    views = views_of(dynamodb)
    assert views.is_empty(VIEW)

    dynamodb.put_item(TableName=table, Item={"id": {"S": "one"}})

    assert not views.is_empty(VIEW)


def test_a_watermark_is_the_last_number_of_a_shard_that_any_item_has(dynamodb: Any) -> None:
    def put(id_: str, **numbers: int) -> None:
        marks = {shard: {"B": encode_watermark(number)} for shard, number in numbers.items()}
        other = {"score": {"N": "3"}, "watch": {"S": "w0"}}
        item = {"id": {"S": id_}, **other, **marks}
        dynamodb.put_item(TableName=TABLES[WINNER.marks_table], Item=item)

    # Of this size, the items are more than a page of a scan.
    for number in range(3):
        dynamodb.put_item(
            TableName=TABLES[WINNER.marks_table],
            Item={
                "id": {"S": f"large-{number}"},
                "text": {"S": "x" * 390_000},
                "w0": {"B": encode_watermark(1)},
            },
        )
    put("ada", w0=10**55, w3=7)
    put("bob", w0=10**55 + 1)
    put("eve", w0=9, w12=4)

    assert views_of(dynamodb).read_watermarks(VIEW) == {0: 10**55 + 1, 3: 7, 12: 4}


def test_the_mapping_is_enabled_and_waited_for(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(views_module.time, "sleep", pauses.append)
    function = Lambda(slow=2)
    views = views_of(dynamodb, function)
    assert views.read_mapping_state(VIEW) == "Disabled"

    views.follow_stream(VIEW)

    assert function.called == [("update", {"UUID": "mapping-2", "Enabled": True})]
    assert pauses == [1, 1]
    assert views.read_mapping_state(VIEW) == "Enabled"


def test_a_mapping_that_is_not_enabled_in_time_is_named(
    dynamodb: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views_module.time, "sleep", lambda _: None)

    with pytest.raises(UserError, match="The mapping of generation 2 is not enabled after 0 s"):
        views_of(dynamodb, Lambda(slow=10**9)).follow_stream(VIEW, seconds=0)


def test_a_batch_is_handed_to_what_serves_and_its_answer_returned(dynamodb: Any) -> None:
    event, answer = {"Records": [{"eventID": "1"}]}, {"batchItemFailures": []}
    function = Lambda(answer=answer)

    assert views_of(dynamodb, function).invoke_function(VIEW, event) == answer
    assert function.called == [("invoke", event)]


def test_a_function_that_fails_has_not_taken_the_batch(dynamodb: Any) -> None:
    function = Lambda(answer={"errorMessage": "out of memory"}, error="Unhandled")

    with pytest.raises(NotTaken, match=r"it failed: .*out of memory"):
        views_of(dynamodb, function).invoke_function(VIEW, {"Records": []})


def test_the_code_is_told_by_its_hash_as_lambda_writes_it(dynamodb: Any) -> None:
    assert views_of(dynamodb).read_code_hash(VIEW) == "hash"
    assert views_module.hash_zip(b"") == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
