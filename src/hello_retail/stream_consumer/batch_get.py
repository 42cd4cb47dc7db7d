"""Items of a table by their ids, read strongly consistently."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from hello_retail.aws_failures import FAILURES
from hello_retail.stream_consumer.usage import Usage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEYS_PER_READ = 100
"""DynamoDB's limit for one BatchGetItem."""
READ_ROUNDS = 3
"""How many times unprocessed keys are requested before they count as unread."""


def read_items(
    dynamodb: DynamoDBClient, table: str, key: str, ids: Iterable[str], usage: Usage
) -> tuple[dict[str, dict[str, Any]], set[str]]:
    """Return the existing items by hash key ``key``, and the unread ids.

    Failures are noted in ``usage`` and not raised.
    """
    all_ids = list(ids)
    items: dict[str, dict[str, Any]] = {}
    unread: set[str] = set()
    for start in range(0, len(all_ids), KEYS_PER_READ):
        pending = set(all_ids[start : start + KEYS_PER_READ])
        for _ in range(READ_ROUNDS):
            if not pending:
                break
            keys = [{key: {"S": id_}} for id_ in sorted(pending)]
            try:
                answer = dynamodb.batch_get_item(
                    RequestItems={table: {"Keys": keys, "ConsistentRead": True}},
                    ReturnConsumedCapacity="TOTAL",
                )
            except FAILURES as error:
                usage.note_failure(error)
                break
            usage.read_units += sum(used["CapacityUnits"] for used in answer.get("ConsumedCapacity", ()))
            for item in answer["Responses"].get(table, ()):
                items[item[key]["S"]] = item
            unprocessed = answer["UnprocessedKeys"].get(table, {"Keys": ()})["Keys"]
            pending = {unprocessed_key[key]["S"] for unprocessed_key in unprocessed}
        unread |= pending
    return items, unread
