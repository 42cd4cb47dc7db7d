"""A generation of the views, and the log that it is folded from, as AWS has them."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from hello_retail import events
from hello_retail.archive import chain
from hello_retail.event_log import archive, watermark
from hello_retail.event_log.archive import Kept, Shard, Span
from retailctl.errors import UserError
from retailctl.replay.fold import NotTaken
from retailctl.replay.proof import Archived, Streamed
from retailctl.scores.recount import Scores, stored_scores
from retailctl.stream.reader import StreamReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from retailctl.environments.bootstrap import Target

LOOK_BACK_SECONDS = (600.0, 6 * 3600.0, None)
"""How far back a shard's newest sale is looked for, one after the other; ``None``: as far as the stream goes."""
_WATERMARK = re.compile(r"w(\d+)")


@dataclass(frozen=True, slots=True)
class View:
    """One generation: its number, tables, function and event source mapping."""

    number: int
    contributions_table: str
    scores_table: str
    function: str
    mapping: str

    @classmethod
    def of(cls, outputs: Mapping[str, Any], number: int) -> View:
        """Return a generation from the root outputs.

        Raises:
            UserError: where it does not stand.

        """
        standing = outputs.get("generations", {})
        found = standing.get(str(number))
        if found is None:
            raise UserError(
                f"There is no generation {number} (there are: {', '.join(sorted(standing)) or 'none'}): make it "
                f"with `retailctl replay prepare {number}`."
            )
        return cls(
            number, found["contributions_table"], found["scores_table"], found["function"], found["mapping"]
        )


class Views:
    """The views of an environment in AWS or in a local cloud."""

    def __init__(self, target: Target) -> None:
        self._dynamodb = target.client("dynamodb")
        self._lambda = target.client("lambda", read_timeout=120)

    def scores(self, view: View) -> Scores:
        """Return a generation's scores."""
        return stored_scores(self._dynamodb, view.scores_table)

    def is_empty(self, view: View) -> bool:
        """Say whether both tables are empty."""
        return not any(
            self._dynamodb.scan(TableName=table, Limit=1, ConsistentRead=True)["Items"]
            for table in (view.contributions_table, view.scores_table)
        )

    def watermarks(self, view: View) -> dict[int, int]:
        """Return, for each shard's index, the last sequence number that any score has taken from it."""
        marks: dict[int, int] = {}
        for page in self._dynamodb.get_paginator("scan").paginate(
            TableName=view.scores_table, ConsistentRead=True
        ):
            for item in page["Items"]:
                for name, value in item.items():
                    match = _WATERMARK.fullmatch(name)
                    if match:
                        index = int(match[1])
                        marks[index] = max(marks.get(index, 0), watermark.decode(value["B"]))
        return marks

    def state(self, view: View) -> str:
        """Return the mapping's state: Enabled, Disabled, or on the way to one of them."""
        return str(self._lambda.get_event_source_mapping(UUID=view.mapping)["State"])

    def follow(self, view: View, seconds: float = 300) -> None:
        """Let the mapping read the stream from its oldest record on.

        Raises:
            UserError: where it does not begin in time.

        """
        self._lambda.update_event_source_mapping(UUID=view.mapping, Enabled=True)
        deadline = time.monotonic() + seconds
        while self.state(view) != "Enabled":
            if time.monotonic() > deadline:
                raise UserError(
                    f"The mapping of generation {view.number} is not enabled after {seconds:.0f} s."
                )
            time.sleep(1)

    def code_of(self, view: View) -> str:
        """Return the base64 SHA-256 of the zip that the generation's function runs."""
        found = self._lambda.get_function_configuration(FunctionName=view.function, Qualifier="live")
        return str(found["CodeSha256"])

    def hand(self, view: View, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """Call the generation's function with a batch of a shard and return its answer.

        Raises:
            NotTaken: where it raised, timed out or was not reached.

        """
        try:
            answer = self._lambda.invoke(
                FunctionName=view.function, Qualifier="live", Payload=json.dumps(event).encode()
            )
            said = answer["Payload"].read()
        except (BotoCoreError, ClientError) as error:
            raise NotTaken(str(error)) from error
        if answer.get("FunctionError"):
            raise NotTaken(f"it failed: {said.decode(errors='replace')[:300]}")
        found: Mapping[str, Any] = json.loads(said)
        return found


class Log:
    """The log of an environment: its stream, and its archive where it has one."""

    def __init__(
        self,
        target: Target,
        outputs: Mapping[str, Any],
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._kinesis = target.client("kinesis")
        self._s3 = target.client("s3")
        self._bucket = outputs.get("archive_bucket")
        self._name = str(outputs["stream_name"])
        self._clock = clock
        self._reader = StreamReader(self._kinesis, self._name, pause)
        found = self._kinesis.describe_stream_summary(StreamName=self._name)["StreamDescriptionSummary"]
        self.arn = str(found["StreamARN"])
        self.created: datetime = found["StreamCreationTimestamp"]
        self.retention_hours = int(found["RetentionPeriodHours"])

    @property
    def identity(self) -> str:
        """Return the name that no other stream ever has."""
        return archive.identity(self._name, self.created)

    @property
    def is_young(self) -> bool:
        """Whether the stream is younger than what every stream keeps, so that it has forgotten nothing."""
        return self.created.timestamp() > chain.certain_from(self._clock())

    def shards(self) -> dict[str, Shard]:
        """Return the shards that the stream has not forgotten."""
        pages = self._kinesis.get_paginator("list_shards").paginate(StreamName=self._name)
        found = [archive.shard(described) for page in pages for described in page["Shards"]]
        return {shard.shard_id: shard for shard in found}

    def streamed(self) -> Streamed:
        """Return what the stream still has, for the proof."""
        shards = self.shards()
        oldest = {shard_id: self._reader.first(shard_id) for shard_id in shards}
        parents = {parent for shard in shards.values() for parent in shard.parents} & shards.keys()
        since = chain.certain_from(self._clock())
        closed_lately = {parent for parent in parents if self._reader.first(parent, since)}
        return Streamed(
            shards,
            {id_: int(record["SequenceNumber"]) if record else None for id_, record in oldest.items()},
            self.is_young,
            frozenset(id_ for id_, shard in shards.items() if closed_lately.intersection(shard.parents)),
        )

    def newest_sale(self, shard_id: str) -> int | None:
        """Return the number of a shard's newest purchase; ``None`` where it has none."""
        for seconds in LOOK_BACK_SECONDS:
            since = None if seconds is None else self._clock() - seconds
            newest = None
            for record in self._reader.records(shard_id, since):
                if is_sale(record["Data"]):
                    newest = int(record["SequenceNumber"])
            if newest is not None:
                return newest
        return None

    def archived(self) -> Archived:
        """Return what the archive holds of this very stream, by names.

        Raises:
            UserError: where there is no archive.

        """
        if not self._bucket:
            raise UserError(
                "This environment has no archive (`archive.enabled` in its values): fold the generation from the "
                "stream, with --from stream."
            )
        spans = [span for key in self._keys(archive.RECORDS) if (span := archive.span(key))]
        links = [link for key in self._keys(archive.LINKS) if (link := archive.link(key))]
        lineage: dict[str, Shard] = {}
        for key in sorted(
            self._keys(archive.LINEAGE), reverse=True
        ):  # "open" after "closed", which says more
            shard = archive.read_shard(self._object(key))
            lineage.setdefault(shard.shard_id, shard)
            if shard.end is not None:
                lineage[shard.shard_id] = shard
        return Archived(spans, links, lineage)

    def fetch(self, span: Span) -> list[Kept]:
        """Return the records of an object."""
        return archive.unpacked(self._object(span.key))

    def _keys(self, part: str) -> Iterator[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=f"{part}/{self.identity}/"
        )
        return (found["Key"] for page in pages for found in page.get("Contents", []))

    def _object(self, key: str) -> bytes:
        content: bytes = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return content


def is_sale(data: bytes) -> bool:
    """Say whether a record is a valid purchase, which moves the watermark of a score."""
    decoded = events.decode(data)
    return isinstance(decoded, events.Event) and decoded.kind == events.PRODUCT_PURCHASE


def hash_of(zip_bytes: bytes) -> str:
    """Return a zip's SHA-256 as Lambda tells it."""
    return base64.b64encode(hashlib.sha256(zip_bytes).digest()).decode()


def behind(newest: Mapping[str, int | None], marks: Mapping[int, int]) -> list[str]:
    """Return a sentence for each shard whose newest sale no score has taken yet."""
    return [
        f"{shard_id} has a sale at {number} that is not on the board yet."
        for shard_id, number in sorted(newest.items())
        if number is not None and marks.get(int(shard_id.rpartition("-")[2]), 0) < number
    ]
