"""Read the log for a replay: the archive and the stream."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hello_retail.event_log import archive, retention
from hello_retail.event_log.archive import ArchivedRecord, Shard, Span
from retailctl.aws import list_keys
from retailctl.errors import UserError
from retailctl.replay.proof import Archived, Streamed
from retailctl.stream.reader import StreamReader, list_shards

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from retailctl.environments.target import Target

LOOK_BACK_SECONDS = (600.0, 6 * 3600.0, None)
"""How far back to search for a shard's newest record of a kind, in turn; ``None``: the whole stream."""


class ReplayLog:
    """An environment's log: its stream and, if any, its archive."""

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
        summary = self._kinesis.describe_stream_summary(StreamName=self._name)["StreamDescriptionSummary"]
        self.arn = str(summary["StreamARN"])
        self.created: datetime = summary["StreamCreationTimestamp"]
        self.retention_hours = int(summary["RetentionPeriodHours"])

    @property
    def identity(self) -> str:
        """Return an id that no other stream ever has."""
        return archive.format_stream_identity(self._name, self.created)

    @property
    def has_archive(self) -> bool:
        """Whether the environment has an archive."""
        return bool(self._bucket)

    @property
    def is_young(self) -> bool:
        """Whether the stream is too young to have lost a record."""
        return self.created.timestamp() > retention.compute_retention_start(self._clock())

    def list_shards(self) -> dict[str, Shard]:
        """Return the shards that the stream has not forgotten."""
        shards = [
            archive.parse_shard_description(description)
            for description in list_shards(self._kinesis, self._name)
        ]
        return {shard.shard_id: shard for shard in shards}

    def inspect_stream(self) -> Streamed:
        """Return the stream's shards and oldest records, for the proof."""
        shards = self.list_shards()
        oldest = {shard_id: self._reader.read_first_record(shard_id) for shard_id in shards}
        parents = {parent for shard in shards.values() for parent in shard.parents} & shards.keys()
        since = retention.compute_retention_start(self._clock())
        closed_lately = {parent for parent in parents if self._reader.read_first_record(parent, since)}
        return Streamed(
            shards,
            {id_: int(record["SequenceNumber"]) if record else None for id_, record in oldest.items()},
            self.is_young,
            frozenset(id_ for id_, shard in shards.items() if closed_lately.intersection(shard.parents)),
        )

    def find_newest_record(self, shard_id: str, is_wanted: Callable[[bytes], bool]) -> int | None:
        """Return the number of a shard's newest wanted record, or ``None``."""
        for seconds in LOOK_BACK_SECONDS:
            since = None if seconds is None else self._clock() - seconds
            newest = None
            for record in self._reader.read_records(shard_id, since):
                if is_wanted(record["Data"]):
                    newest = int(record["SequenceNumber"])
            if newest is not None:
                return newest
        return None

    def read_stream(self) -> Iterator[tuple[int, bytes]]:
        """Yield sequence number and data of the stream's records, by shard."""
        for shard_id in self.list_shards():
            for record in self._reader.read_records(shard_id):
                yield int(record["SequenceNumber"]), record["Data"]

    def inspect_archive(self) -> Archived:
        """Return the archive's objects and links of this stream, from their names.

        Raises:
            UserError: where there is no archive.

        """
        if not self._bucket:
            raise UserError(
                "This environment has no archive (`archive.enabled` in its values): fold the generation from the "
                "stream, with --from stream."
            )
        spans = [span for key in self._keys(archive.RECORDS) if (span := archive.parse_records_key(key))]
        links = [link for key in self._keys(archive.LINKS) if (link := archive.parse_link_key(key))]
        lineage: dict[str, Shard] = {}
        for key in sorted(
            self._keys(archive.LINEAGE), reverse=True
        ):  # "open" after "closed", which takes precedence
            shard = archive.decode_shard(self._object(key))
            lineage.setdefault(shard.shard_id, shard)
            if shard.end is not None:
                lineage[shard.shard_id] = shard
        return Archived(spans, links, lineage)

    def read_records(self, span: Span) -> list[ArchivedRecord]:
        """Return the records of an object."""
        return archive.unpack_records(self._object(span.key))

    def _keys(self, part: str) -> Iterator[str]:
        return list_keys(self._s3, str(self._bucket), f"{part}/{self.identity}/")

    def _object(self, key: str) -> bytes:
        content: bytes = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return content
