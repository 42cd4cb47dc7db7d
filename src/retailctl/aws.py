"""What every room asks of AWS in the same way: which failures there are, in words, and what lies in a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection
from botocore.parsers import ResponseParserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client

FAILURES = (BotoCoreError, ClientError, ResponseParserError)
"""Whatever botocore raises for a call."""


def explain_failure(failure: Exception) -> str:
    """Return one of ``FAILURES`` in words, with what would do."""
    if isinstance(failure, ClientError):
        code, words = failure.response["Error"]["Code"], failure.response["Error"].get("Message", "")
        return (
            f"AWS refused {failure.operation_name} ({code}): {words.rstrip('.') or 'it does not say why'}. "
            "`aws sts get-caller-identity` says whose credentials these are."
        )
    if isinstance(failure, (NoConnection, HTTPClientError)):
        return (
            f"AWS, or the local cloud in its place, does not answer ({failure}): try again, or see `make up`."
        )
    if isinstance(failure, ResponseParserError):
        return (
            f"What answers in the place of AWS is not AWS ({failure}): see the AWS variables of this shell."
        )
    return f"AWS cannot be asked: {str(failure).rstrip('.')}. See the AWS variables of this shell."


def list_keys(s3: S3Client, bucket: str, prefix: str = "") -> Iterator[str]:
    """Yield the names of the objects in a bucket that begin with ``prefix``, in their order."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from (found["Key"] for found in page.get("Contents", ()))
