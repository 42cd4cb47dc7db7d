"""The fake DynamoDB answers as moto's does, on the very requests that the winner view makes."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from hello_retail.event_log import watermark
from hello_retail.stream_consumer import ledger
from hello_retail.winner_view import store
from support.event_source import FIRST_NUMBER
from support.fake_aws import FakeDynamoDB
from support.winner_view import CONTRIBUTIONS, SCORES, tables

KEYS = {CONTRIBUTIONS: ["productId"], SCORES: ["board", "userId"]}


@pytest.fixture
def real() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        for table, names in KEYS.items():
            client.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
                KeySchema=[
                    {"AttributeName": name, "KeyType": kind}
                    for name, kind in zip(names, ("HASH", "RANGE"), strict=False)
                ],
            )
        yield client


def credit(random: Random) -> dict[str, Any]:
    shard, first = random.randrange(2), FIRST_NUMBER + random.randrange(4)
    remember = random.random() < 0.5
    condition = random.choice((store.IF_NO_ITEM, ledger.IF_NOTHING_TAKEN, ledger.IF_AS_JUDGED))
    return {
        "TableName": SCORES,
        "Key": {"board": {"S": "creator#0"}, "userId": {"S": f"user-{random.randrange(3)}"}},
        "UpdateExpression": f"{store.CREDIT}, {ledger.MOVE}{ledger.REMEMBER if remember else ''}",
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {"#name": "name", "#watermark": f"w{shard}"}
        | ({"#ring": f"r{shard}"} if remember else {}),
        "ExpressionAttributeValues": {
            ":counted": {"N": str(random.randrange(9))},
            ":name": {"S": f"Name {random.randrange(9)}"},
            ":updated": {"N": str(random.randrange(10**13))},
            ":last": {"B": watermark.encode_watermark(first + random.randrange(2))},
        }
        | ({":ring": {"B": random.randbytes(8 * random.randrange(1, 17))}} if remember else {})
        | ({":known": {"B": watermark.encode_watermark(first)}} if condition == ledger.IF_AS_JUDGED else {}),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        "ReturnConsumedCapacity": "TOTAL",
    }


def register(random: Random) -> dict[str, Any]:
    values = {
        f":{role}{part}": {"S": f"{role} {random.randrange(9)}"}
        for role in ("creator", "photographer")
        for part in ("", "Name", "Sequence")
    }
    with_photographer = random.random() < 0.5
    return {
        "TableName": CONTRIBUTIONS,
        "Key": {"productId": {"S": f"product-{random.randrange(4)}"}},
        "UpdateExpression": store.REGISTER + (store.REGISTER_PHOTOGRAPHER if with_photographer else ""),
        "ExpressionAttributeValues": {
            name: value for name, value in values.items() if with_photographer or name.startswith(":creator")
        },
        "ReturnValues": "ALL_NEW",
        "ReturnConsumedCapacity": "TOTAL",
    }


def outcome(client: Any, request: dict[str, Any]) -> Any:
    try:
        return client.update_item(**request).get("Attributes")
    except ClientError as error:
        return error.response["Error"]["Code"], error.response.get("Item")


def test_the_fake_and_moto_agree_on_every_answer_and_every_item(real: Any) -> None:
    random, fake = Random(7), tables()  # noqa: S311 - repeatable
    for _ in range(200):
        request = random.choice((credit, register))(random)
        assert outcome(fake, request) == outcome(real, request)
    for table in KEYS:
        items = {fake.key(table, item): item for item in real.scan(TableName=table)["Items"]}
        assert fake.items[table] == items


def test_the_fake_and_moto_agree_on_batch_reads(real: Any) -> None:
    random, fake = Random(8), tables()  # noqa: S311 - repeatable
    for _ in range(10):
        request = register(random)
        outcome(fake, request)
        outcome(real, request)
    request = {
        "RequestItems": {
            CONTRIBUTIONS: {
                "Keys": [{"productId": {"S": f"product-{index}"}} for index in range(6)],
                "ConsistentRead": True,
            }
        },
        "ReturnConsumedCapacity": "TOTAL",
    }
    answers = [client.batch_get_item(**request) for client in (fake, real)]
    found, expected = (
        sorted(answer["Responses"][CONTRIBUTIONS], key=lambda item: str(item["productId"]["S"]))
        for answer in answers
    )
    assert found == expected
    assert answers[0]["UnprocessedKeys"] == answers[1]["UnprocessedKeys"] == {}


def test_a_read_without_strong_consistency_is_stale() -> None:
    fake: FakeDynamoDB = tables()
    outcome(fake, register(Random(1)))  # noqa: S311 - repeatable
    keys = [{"productId": {"S": key[0]}} for key in fake.items[CONTRIBUTIONS]]
    answer = fake.batch_get_item(RequestItems={CONTRIBUTIONS: {"Keys": keys}}, ReturnConsumedCapacity="TOTAL")
    assert answer["Responses"][CONTRIBUTIONS] == []
