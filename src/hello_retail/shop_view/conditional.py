"""Writes on the condition that an item still is what it was when judged."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from botocore.exceptions import ClientError

from hello_retail.aws_failures import FAILURES
from hello_retail.dynamodb.transactions import CONFLICTS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from hello_retail.stream_consumer.usage import Usage

ATTEMPTS = 8
"""How often one write is tried, because the item changed meanwhile or another transaction had hold of it."""
CONFLICT_PAUSE = 0.02
"""Seconds of the first pause after a conflict, at most; each further one may be twice as long."""

State = TypeVar("State")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a write was refused and may be tried again.

    ``item`` is what the item has become (empty: there is none); ``None`` where another transaction had hold of it.
    """

    item: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Plan(Generic[State]):
    """An update and what the item is after it; no update where there is nothing to write."""

    update: Mapping[str, Any] | None
    after: State


def parse_refusal(error: Exception) -> Refusal | None:
    """Return why a write may be tried again, else ``None``.

    A transaction tells a reason for each of its items; the product is the first, and has the only condition.
    """
    if not isinstance(error, ClientError):
        return None
    response: Mapping[str, Any] = error.response
    code = response["Error"]["Code"]
    if code == "ConditionalCheckFailedException":
        return Refusal(response.get("Item", {}))
    reasons = response.get("CancellationReasons") or [{}]
    if reasons[0].get("Code") == "ConditionalCheckFailed":
        return Refusal(reasons[0].get("Item", {}))
    failed = {reason.get("Code", "None") for reason in reasons} - {"None"}
    if code in CONFLICTS or (failed and failed <= CONFLICTS):
        return Refusal(None)
    return None


def wait_after_conflict(attempts: int, pause: Callable[[float], None]) -> None:
    """Pause for a random time, which may be longer after each attempt."""
    longest = CONFLICT_PAUSE * 2**attempts
    pause(random.uniform(longest / 4, longest))  # noqa: S311 - jitter is no secret


def update_as_judged(
    dynamodb: DynamoDBClient,
    state: State,
    plan: Callable[[State], Plan[State]],
    parse: Callable[[Mapping[str, Any]], State],
    pause: Callable[[float], None],
    usage: Usage,
) -> State | None:
    """Write what ``plan`` makes of an item; return what the item is then, ``None`` if the write stays undone.

    Where the item has changed, it is judged again as it is now: ``parse`` reads it from the refusal. ``plan`` may
    so be called several times; its last call is the one that was written.
    """
    for attempt in range(1, ATTEMPTS + 1):
        planned = plan(state)
        if planned.update is None:
            return planned.after
        try:
            answer = dynamodb.update_item(**planned.update)
        except FAILURES as error:
            refusal = parse_refusal(error)
            if refusal is None or attempt == ATTEMPTS:
                usage.note_failure(error)
                return None
            usage.add_write_units(1.0)  # a refused write is billed by the item's size, at most 1 KB
            if refusal.item is None:
                wait_after_conflict(attempt, pause)
            else:
                state = parse(refusal.item)
        else:
            usage.add_write_units(answer["ConsumedCapacity"]["CapacityUnits"])
            return planned.after
    return None
