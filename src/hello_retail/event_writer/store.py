"""The stream, as the event writer uses it: one call, with little patience."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.config import Config

from hello_retail.aws_failures import FAILURES, get_transient_code

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


class NotAccepted(Exception):
    """AWS throttled, failed or did not answer: whether the event is on the stream is not known.

    ``code`` is AWS's error code or the name of botocore's exception.
    """

    def __init__(self, code: str) -> None:
        super().__init__(f"AWS is not available: {code}.")
        self.code = code


@dataclass(frozen=True, slots=True)
class EventStream:
    """The stream by its name."""

    client: KinesisClient
    name: str

    def put_record(self, record: EventRecord) -> None:
        """Put the record on the stream.

        Raises:
            NotAccepted: where a later attempt may do better. Whatever else botocore raises is a fault in code,
                policy or set-up.

        """
        try:
            self.client.put_record(
                StreamName=self.name, Data=record.payload, PartitionKey=record.partition_key
            )
        except FAILURES as error:
            code = get_transient_code(error)
            if code is None:
                raise
            raise NotAccepted(code) from error
