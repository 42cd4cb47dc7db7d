"""The marks of redrives, kept in a table beside the views."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from retailctl.quarantine.redrive import DROPPED, SENDING, SENT, Begun, Mark, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

GENERATIONS = "generations"
"""The item of the redrives table that says which generations stand; no record's identity is like it."""
IF_NEW = "attribute_not_exists(#identity)"
COPY = "copyShardId = :shard, copySequenceNumber = :number"


@dataclass(frozen=True, slots=True)
class Redrives:
    """The redrives table, as ``redrive.Marks``."""

    client: DynamoDBClient
    table: str

    def list_marks(self) -> dict[str, Mark]:
        """Return every mark by identity."""
        pages = self.client.get_paginator("scan").paginate(TableName=self.table, ConsistentRead=True)
        items = (item for page in pages for item in page["Items"])
        marks = (_mark(item) for item in items if "status" in item)
        return {mark.identity: mark for mark in marks}

    def read_mark(self, identity: str) -> Mark | None:
        """Return what the table says of a record, read strongly consistently."""
        answer = self.client.get_item(TableName=self.table, Key=_key(identity), ConsistentRead=True)
        return _mark(answer["Item"]) if "Item" in answer else None

    def read_generations(self) -> frozenset[int]:
        """Return the generations that exist or are being made, as Terraform wrote."""
        answer = self.client.get_item(TableName=self.table, Key=_key(GENERATIONS), ConsistentRead=True)
        text = str(answer.get("Item", {}).get("standing", {}).get("S", ""))
        return frozenset(int(number) for number in text.split(",") if number)

    def begin_redrive(self, mark: Mark) -> Begun:
        """Write a record's only mark if its generation stands alone, in one step."""
        alone = {
            "TableName": self.table,
            "Key": _key(GENERATIONS),
            "ConditionExpression": "standing = :alone",
            "ExpressionAttributeValues": {":alone": {"S": str(mark.generation)}},
        }
        put = {
            "TableName": self.table,
            "Item": _item(mark),
            "ConditionExpression": IF_NEW,
            "ExpressionAttributeNames": {"#identity": "identity"},
        }
        try:
            self.client.transact_write_items(
                TransactItems=[{"ConditionCheck": alone}, {"Put": put}]  # type: ignore[typeddict-item]
            )
        except self.client.exceptions.TransactionCanceledException as error:
            reasons = error.response.get("CancellationReasons", [])
            failed = [reason.get("Code") == "ConditionalCheckFailed" for reason in reasons]
            if not any(failed):
                raise
            return Begun.THERE if failed[-1] else Begun.NOT_ALONE
        return Begun.YES

    def drop_record(self, mark: Mark) -> bool:
        """Write a dropped record's mark if it has none; return whether."""
        return self._write_conditionally(
            self.client.put_item,
            Item=_item(mark),
            ConditionExpression=IF_NEW,
            ExpressionAttributeNames={"#identity": "identity"},
        )

    def renew_lease(self, seen: Mark, owner: str, until: float) -> bool:
        """Give an unchanged ``sending`` item to ``owner``; return whether it was."""
        return self._write_conditionally(
            self.client.update_item,
            Key=_key(seen.identity),
            UpdateExpression="SET #owner = :owner, #until = :until",
            ConditionExpression="#status = :sending AND #owner = :seen AND #until = :since",
            ExpressionAttributeNames={"#status": "status", "#owner": "owner", "#until": "until"},
            ExpressionAttributeValues={
                ":owner": {"S": owner},
                ":until": _milliseconds(until),
                ":sending": {"S": SENDING},
                ":seen": {"S": seen.owner},
                ":since": _milliseconds(seen.until),
            },
        )

    def release_lease(self, mark: Mark) -> None:
        """End the owner's time if the item is unchanged and ``sending``."""
        self.renew_lease(mark, mark.owner, 0.0)

    def restore_record(self, identity: str) -> bool:
        """Forget that a record was dropped; say whether it was."""
        return self._write_conditionally(
            self.client.delete_item,
            Key=_key(identity),
            ConditionExpression="#status = :dropped",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":dropped": {"S": DROPPED}},
        )

    def mark_sent(self, identity: str, place: Place, at: float) -> None:
        """Let an item that is ``sending`` say ``sent``."""
        self._write_conditionally(
            self.client.update_item,
            Key=_key(identity),
            UpdateExpression="SET #status = :sent, endedAt = :at, " + COPY,
            ConditionExpression="#status = :sending",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={
                ":sent": {"S": SENT},
                ":at": _milliseconds(at),
                ":shard": {"S": place.shard_id},
                ":number": {"S": place.sequence_number},
                ":sending": {"S": SENDING},
            },
        )

    def _write_conditionally(self, call: Callable[..., Any], **request: Any) -> bool:  # noqa: ANN401 - boto3's arguments
        try:
            call(TableName=self.table, **request)
        except self.client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _key(identity: str) -> dict[str, Any]:
    return {"identity": {"S": identity}}


def _milliseconds(seconds: float) -> dict[str, str]:
    return {"N": str(round(seconds * 1000))}


def _item(mark: Mark) -> dict[str, Any]:
    item: dict[str, Any] = {
        "identity": {"S": mark.identity},
        "status": {"S": mark.status},
        "generation": {"N": str(mark.generation)},
        "markedAt": _milliseconds(mark.marked_at),
    }
    texts = {
        "eventId": mark.event_id,
        "partitionKey": mark.partition_key,
        "owner": mark.owner,
        "by": mark.by,
        "because": mark.because,
    }
    item |= {name: {"S": text} for name, text in texts.items() if text}
    if mark.status == SENDING:
        item["until"] = _milliseconds(mark.until)
    return item


def _mark(item: Mapping[str, Any]) -> Mark:
    def text(name: str) -> str:
        return str(item[name]["S"]) if name in item else ""

    def seconds(name: str) -> float:
        return int(item[name]["N"]) / 1000 if name in item else 0.0

    shard = text("copyShardId")
    return Mark(
        identity=text("identity"),
        status=text("status"),
        generation=int(item["generation"]["N"]),
        marked_at=seconds("markedAt"),
        event_id=text("eventId"),
        partition_key=text("partitionKey"),
        owner=text("owner"),
        until=seconds("until"),
        ended_at=seconds("endedAt"),
        place=Place(shard, text("copySequenceNumber")) if shard else None,
        by=text("by"),
        because=text("because"),
    )


def build_dropped_mark(identity: str, generation: int, at: float, by: str, because: str) -> Mark:
    """Return the mark of a record that is not to be redriven."""
    return replace(Mark(identity, DROPPED, generation, at), by=by, because=because)
