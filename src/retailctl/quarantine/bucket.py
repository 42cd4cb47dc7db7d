"""The quarantine's bucket, in AWS or in a local cloud."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hello_retail.event_log.quarantine import RECORDS
from retailctl.aws import list_keys
from retailctl.quarantine.records import BATCHES, BrokenObject, Entry, parse_entries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Quarantine:
    """The bucket of what could not be applied."""

    client: S3Client
    bucket: str

    def read_entries(
        self, on_object: Callable[[int], object], on_broken: Callable[[str], object]
    ) -> Iterator[Entry]:
        """Yield all entries of the bucket.

        ``on_object`` hears how many objects were read, ``on_broken`` of those that are broken.
        """
        objects_read = 0
        for prefix in (RECORDS, BATCHES):
            for key in list_keys(self.client, self.bucket, prefix):
                body = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
                objects_read += 1
                on_object(objects_read)
                try:
                    yield from parse_entries(key, body)
                except BrokenObject as error:
                    on_broken(str(error))
