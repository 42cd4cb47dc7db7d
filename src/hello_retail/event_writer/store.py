"""The stream, as the event writer uses it: one call, with little patience."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.config import Config

from hello_retail.aws_failures import translate_transient_failures

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient

    from hello_retail.event_writer.submission import EventRecord

AWS_CONFIG = Config(
    connect_timeout=1,
    read_timeout=1,
    retries={"mode": "standard", "total_max_attempts": 2},
    tcp_keepalive=True,
)
"""The worst call ends after 5 s (two attempts and a pause). Sent twice, an event has one ``eventId``."""


@dataclass(frozen=True, slots=True)
class EventStream:
    """The stream by its name."""

    client: KinesisClient
    name: str

    def put_record(self, record: EventRecord) -> None:
        """Put the record on the stream.

        Raises:
            Unavailable: where a later attempt may do better. Whatever else botocore raises is a fault in code,
                policy or set-up.

        """
        with translate_transient_failures():
            self.client.put_record(
                StreamName=self.name, Data=record.payload, PartitionKey=record.partition_key
            )
