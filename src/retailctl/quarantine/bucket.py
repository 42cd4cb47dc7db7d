"""The quarantine, the redrives table, the log and the generations as they are in AWS or in a local cloud."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import md5
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
)

from hello_retail.archive.chain import MARGIN_SECONDS, certain_from
from retailctl.quarantine.records import BATCHES, RECORDS, BrokenObject, Entry, copies_in, entries_in
from retailctl.quarantine.redrive import (
    DROPPED,
    SENDING,
    SENT,
    SLACK_SECONDS,
    Begun,
    Forgotten,
    Mark,
    NotPut,
    Place,
    Unanswered,
)
from retailctl.stream.reader import StreamReader
from retailctl.stream.sender import THROTTLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kinesis import KinesisClient
    from mypy_boto3_kinesis.type_defs import PutRecordOutputTypeDef
    from mypy_boto3_s3 import S3Client

GENERATIONS = "generations"
"""The item of the redrives table that says which generations stand; no record's identity is like it."""
IF_NEW = "attribute_not_exists(#identity)"
COPY = "copyShardId = :shard, copySequenceNumber = :number"
PAUSES = (0.2, 0.5, 1.0, 2.0)
"""Seconds between attempts to put a record that the stream throttles: all within ``redrive.PUT_SECONDS``."""
_SERVER_ERROR = 500
_OF_A_GENERATION = re.compile(r"-g([1-9][0-9]*)$")


def generation_of(name: str) -> int:
    """Return the generation that a table's or function's name ends in; a name without one is the first's."""
    found = _OF_A_GENERATION.search(name)
    return int(found[1]) if found else 1


@dataclass(frozen=True, slots=True)
class Quarantine:
    """The bucket of what could not be applied."""

    client: S3Client
    bucket: str

    def entries(
        self, on_object: Callable[[int], object], on_broken: Callable[[str], object]
    ) -> Iterator[Entry]:
        """Yield all that lies there; ``on_object`` hears how many objects were read, ``on_broken`` of the rest."""
        read = 0
        for prefix in (RECORDS, BATCHES):
            for page in self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=prefix
            ):
                for each in page.get("Contents", ()):
                    body = self.client.get_object(Bucket=self.bucket, Key=each["Key"])["Body"].read()
                    read += 1
                    on_object(read)
                    try:
                        yield from entries_in(each["Key"], body)
                    except BrokenObject as error:
                        on_broken(str(error))


@dataclass(frozen=True, slots=True)
class Redrives:
    """The redrives table, as ``redrive.Marks``."""

    client: DynamoDBClient
    table: str

    def all(self) -> dict[str, Mark]:
        """Return every mark by identity."""
        pages = self.client.get_paginator("scan").paginate(TableName=self.table, ConsistentRead=True)
        items = (item for page in pages for item in page["Items"])
        marks = (_mark(item) for item in items if "status" in item)
        return {mark.identity: mark for mark in marks}

    def get(self, identity: str) -> Mark | None:
        """Return what the table says of a record, read strongly consistently."""
        answer = self.client.get_item(TableName=self.table, Key=_key(identity), ConsistentRead=True)
        return _mark(answer["Item"]) if "Item" in answer else None

    def standing(self) -> frozenset[int]:
        """Return which generations of the views stand, or are being made, as Terraform wrote it."""
        answer = self.client.get_item(TableName=self.table, Key=_key(GENERATIONS), ConsistentRead=True)
        text = str(answer.get("Item", {}).get("standing", {}).get("S", ""))
        return frozenset(int(number) for number in text.split(",") if number)

    def begin(self, mark: Mark) -> Begun:
        """Write a mark if there is none of that record, and its generation stands alone, in one step."""
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

    def drop(self, mark: Mark) -> bool:
        """Write the mark of a record that is dropped unless there is a mark of it; say whether it was written."""
        return self._happened(
            self.client.put_item,
            Item=_item(mark),
            ConditionExpression=IF_NEW,
            ExpressionAttributeNames={"#identity": "identity"},
        )

    def renew(self, seen: Mark, owner: str, until: float) -> bool:
        """Give the item to ``owner`` if it is ``sending`` and as it was seen; say whether that was so."""
        return self._happened(
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

    def release(self, mark: Mark) -> None:
        """End the owner's time if the item is ``sending`` and still as this mark."""
        self.renew(mark, mark.owner, 0.0)

    def restore(self, identity: str) -> bool:
        """Forget that a record was dropped; say whether it was."""
        return self._happened(
            self.client.delete_item,
            Key=_key(identity),
            ConditionExpression="#status = :dropped",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":dropped": {"S": DROPPED}},
        )

    def sent(self, identity: str, place: Place, at: float) -> None:
        """Let an item that is ``sending`` say ``sent``."""
        self._happened(
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

    def _happened(self, call: Callable[..., Any], **request: Any) -> bool:  # noqa: ANN401 - boto3's arguments
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


@dataclass(frozen=True, slots=True)
class Stream:
    """The stream, as ``redrive.Log``. ``putter`` is a client that never sends a request twice by itself."""

    client: KinesisClient
    putter: KinesisClient
    name: str
    clock: Callable[[], float]
    pause: Callable[[float], None] = time.sleep

    def put(self, partition_key: str, payload: bytes) -> Place:
        """Put a record.

        Raises:
            NotPut: where it is not on the stream, and why.
            Unanswered: where nobody can tell.

        """
        try:
            answer = self._patiently(partition_key, payload)
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if status >= _SERVER_ERROR:
                raise Unanswered(_clause(error)) from error
            raise NotPut(_clause(error)) from error
        except (EndpointConnectionError, ConnectTimeoutError) as error:
            raise NotPut(_clause(error)) from error
        except HTTPClientError as error:
            raise Unanswered(_clause(error)) from error
        except BotoCoreError as error:  # no credentials, say
            raise NotPut(_clause(error)) from error
        return Place(answer["ShardId"], answer["SequenceNumber"])

    def _patiently(self, partition_key: str, payload: bytes) -> PutRecordOutputTypeDef:
        """Put a record, and again after a pause where the stream says that it throttles and took nothing."""
        for seconds in PAUSES:
            try:
                return self.putter.put_record(StreamName=self.name, PartitionKey=partition_key, Data=payload)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code", "") not in THROTTLES:
                    raise
                self.pause(seconds)
        return self.putter.put_record(StreamName=self.name, PartitionKey=partition_key, Data=payload)

    def find(self, mark: Mark) -> Place | None:
        """Return where the copy is that a mark tells of, or None if the log has none.

        It can only be in the shards that the partition key's hash ever led to, and not before the mark was made.

        Raises:
            Forgotten: where the log no longer reaches back to the time of the mark.

        """
        about = self.client.describe_stream_summary(StreamName=self.name)["StreamDescriptionSummary"]
        created = about["StreamCreationTimestamp"].timestamp()
        since = max(mark.marked_at - SLACK_SECONDS, created)
        reader, shards = StreamReader(self.client, self.name, self.pause), self._shards_of(mark.partition_key)
        if mark.marked_at < created or not self._remembers(reader, shards, since):
            raise Forgotten(
                f"Its redrive began on {datetime.fromtimestamp(mark.marked_at, UTC):%Y-%m-%d %H:%M} UTC, and the "
                f"stream has nothing from then any more. Whether the copy {mark.event_id} was put, only an archive "
                "or a view can tell."
            )
        for shard_id in shards:
            for record in reader.records(shard_id, since):
                if copies_in(record["Data"]) == (mark.event_id, mark.identity):
                    return Place(shard_id, record["SequenceNumber"])
        return None

    def _remembers(self, reader: StreamReader, shards: Iterable[str], since: float) -> bool:
        """Say whether the stream has forgotten nothing of these shards, a key's, from a moment on.

        Nothing is forgotten for a day. Later on, one record from before the moment says so: what is older goes
        first. What the stream keeps today does not, since it may have kept less before.
        """
        if since > certain_from(self.clock()):
            return True
        oldest = filter(None, map(reader.first, shards))
        arrivals = (record["ApproximateArrivalTimestamp"].timestamp() for record in oldest)
        return any(arrival < since - MARGIN_SECONDS for arrival in arrivals)

    def _shards_of(self, partition_key: str) -> list[str]:
        hash_key = int.from_bytes(md5(partition_key.encode(), usedforsecurity=False).digest())
        pages = self.client.get_paginator("list_shards").paginate(StreamName=self.name)
        return [
            shard["ShardId"]
            for page in pages
            for shard in page["Shards"]
            if int(shard["HashKeyRange"]["StartingHashKey"])
            <= hash_key
            <= int(shard["HashKeyRange"]["EndingHashKey"])
        ]


def _clause(error: Exception) -> str:
    return str(error).rstrip(".")


def live_generation(outputs: Mapping[str, Any]) -> int:
    """Return which generation the API reads, by root outputs; those that do not say so name its tables."""
    return int(outputs.get("live_generation") or generation_of(str(outputs["scores_table"])))


def standing_generations(outputs: Mapping[str, Any]) -> frozenset[int]:
    """Return which generations there are, by root outputs; those that do not say so have the one they name."""
    return frozenset(int(number) for number in outputs.get("generations") or [live_generation(outputs)])


def dropped(identity: str, generation: int, at: float, by: str, because: str) -> Mark:
    """Return the mark of a record that is not to be redriven."""
    return replace(Mark(identity, DROPPED, generation, at), by=by, because=because)
