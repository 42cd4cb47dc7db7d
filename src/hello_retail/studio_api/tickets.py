"""Upload tickets: presigned POSTs of one object, of one type, up to one size.

Imported by the first request for one: S3's client and the parser of bodies would be most of the cold start, and the
inbox, which is asked again and again, needs neither.
"""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import boto3
from botocore.config import Config

from hello_retail.http_api.json_body import read_json_object
from hello_retail.http_api.problems import WrongMember, build_data_problem
from hello_retail.pictures import CONTENT_TYPES
from hello_retail.pictures.places import UploadPlace, format_upload_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_s3 import S3Client

MAXIMUM_BODY: Final = 1024
"""Bytes: twelve times what a request needs."""
AWS_CONFIG = Config(
    signature_version="s3v4",
    s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"},
)
"""Signature 4, which objects under a KMS key ask for, and the bucket's own address in its region.

The global address may redirect, which no browser follows for a POST of another origin:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html
"""


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """The file that somebody wants to upload."""

    content_type: str
    size: int


def read_upload_request(event: Mapping[str, Any], max_bytes: int) -> UploadRequest:
    """Return what a request of payload format 2.0 asks for.

    Raises:
        Problem: 415, 413 or 400, in this order; a 400 names every member that is wrong.

    """
    body = read_json_object(event, MAXIMUM_BODY)
    content_type, size = body.get("contentType"), body.get("bytes")
    wrong = []
    if content_type not in CONTENT_TYPES:
        wrong.append(WrongMember("/contentType", f"must be {' or '.join(CONTENT_TYPES)}"))
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= max_bytes:
        wrong.append(WrongMember("/bytes", f"must be a whole number from 1 to {max_bytes}"))
    if body.keys() - {"contentType", "bytes"}:
        wrong.append(WrongMember("", "must have contentType and bytes, and nothing else"))
    if wrong:
        raise build_data_problem(tuple(wrong))
    return UploadRequest(content_type, size)  # type: ignore[arg-type] # looked at above


@dataclass(frozen=True, slots=True)
class TicketOffice:
    """Signs tickets for one bucket with the function's own credentials; no call of AWS."""

    client: S3Client
    bucket: str

    def issue_ticket(self, place: UploadPlace, request: UploadRequest, seconds: int) -> dict[str, Any]:
        """Return the form of an upload that is good for some seconds, and when it expires.

        S3 refuses another key or type, more bytes than were announced, and whatever comes later.
        """
        fixed = {"Content-Type": request.content_type, "success_action_status": "201"}
        form = self.client.generate_presigned_post(
            self.bucket,
            format_upload_key(place, str(uuid4())),
            Fields=fixed,
            Conditions=[*({name: fixed[name]} for name in fixed), ["content-length-range", 1, request.size]],
            ExpiresIn=seconds,
        )
        policy = json.loads(b64decode(form["fields"]["policy"]))
        return {"url": form["url"], "fields": form["fields"], "expires": policy["expiration"]}


def open_ticket_office(bucket: str) -> TicketOffice:
    """Return the office of a bucket in the function's own region."""
    return TicketOffice(boto3.client("s3", config=AWS_CONFIG), bucket)
