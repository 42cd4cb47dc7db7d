"""Conditional writes: whether they were made, and when to try again."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CONFLICTS = frozenset({"TransactionConflict", "TransactionConflictException"})
CONDITION_FAILED = "ConditionalCheckFailed"
CHANGED = frozenset({CONDITION_FAILED, f"{CONDITION_FAILED}Exception"}) | CONFLICTS
ATTEMPTS = 12
"""How often a write is tried, because other writes came first."""
FIRST_PAUSE = 0.02
"""Seconds of the first pause between attempts, at most."""


class Contended(Exception):
    """Other writes came first each time: a later attempt may succeed."""

    def __init__(self) -> None:
        super().__init__(f"The items changed before each of {ATTEMPTS} writes: try again later.")


def try_again() -> Iterator[int]:
    """Count attempts at a write, with a pause of random length before each but the first."""
    for attempt in range(ATTEMPTS):
        if attempt:
            longest = FIRST_PAUSE * 2 ** min(attempt, 5)
            time.sleep(random.uniform(longest / 4, longest))  # noqa: S311 - jitter is no secret
        yield attempt


def update_item(client: DynamoDBClient, update: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Make one update; return the item as it is then, ``None`` where the condition did not hold."""
    try:
        return client.update_item(**update, ReturnValues="ALL_NEW")["Attributes"]
    except ClientError as error:
        if error.response["Error"]["Code"] in CHANGED:
            return None
        raise


def transact(client: DynamoDBClient, *items: Any) -> list[str] | None:  # noqa: ANN401 - TransactWriteItemTypeDef
    """Make all writes or none; return ``None`` once made.

    Where an item has changed, or another transaction had hold of it, return the reason of each item, in order:
    ``None``, ``ConditionalCheckFailed`` or ``TransactionConflict``.

    botocore adds a ClientRequestToken, by which a request that it sends again is recognised.
    """
    try:
        client.transact_write_items(TransactItems=list(items))
    except ClientError as error:
        response: Mapping[str, Any] = error.response
        reasons = [reason.get("Code", "None") for reason in response.get("CancellationReasons", ())]
        failed = set(reasons) - {"None"}
        if response["Error"]["Code"] in CONFLICTS or (failed and failed <= CHANGED):
            return reasons
        raise
    return None
