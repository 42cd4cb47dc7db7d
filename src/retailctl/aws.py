"""What every room asks of AWS in the same way.

It knows which failures there are, and what lies in a bucket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client

FAILURES = (BotoCoreError, ClientError, ResponseParserError)
"""Whatever botocore raises for a call."""


def list_keys(s3: S3Client, bucket: str, prefix: str = "") -> Iterator[str]:
    """Yield a bucket's object names that begin with ``prefix``, in order."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from (entry["Key"] for entry in page.get("Contents", ()))
