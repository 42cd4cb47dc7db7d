"""What every room asks of AWS in the same way."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, NoCredentialsError
from botocore.parsers import ResponseParserError

from retailctl.aws import FAILURES, list_keys
from retailctl.explanations import explain_error


def bucket_of(*pages: list[str]) -> Any:
    """A bucket whose listing comes in these pages; an empty page says nothing of contents, as S3 does."""

    def paginate(**asked: str) -> list[dict[str, Any]]:
        assert asked == {"Bucket": "archive", "Prefix": "records/"}
        return [{"Contents": [{"Key": key} for key in page]} if page else {} for page in pages]

    return SimpleNamespace(
        get_paginator=lambda name: {"list_objects_v2": SimpleNamespace(paginate=paginate)}[name]
    )


@pytest.mark.parametrize(
    ("pages", "keys"), [([[]], []), ([["a", "b"]], ["a", "b"]), ([["a"], [], ["b", "c"]], ["a", "b", "c"])]
)
def test_keys_are_those_of_every_page(pages: list[list[str]], keys: list[str]) -> None:
    assert list(list_keys(bucket_of(*pages), "archive", "records/")) == keys


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), "does not answer"),
        (
            ClientError({"Error": {"Code": "AccessDenied", "Message": "Not you."}}, "List"),
            "(AccessDenied): Not you. `aws",
        ),
        (ClientError({"Error": {"Code": "403"}}, "HeadBucket"), "(403): it does not say why. `aws sts"),
        (NoCredentialsError(), "AWS cannot be asked: Unable to locate credentials. See"),
        (ResponseParserError("<html>"), "What answers in the place of AWS is not AWS (<html>)"),
        (BotoCoreError(), "AWS cannot be asked: "),
    ],
)
def test_every_failure_is_a_sentence(failure: Exception, said: str) -> None:
    assert isinstance(failure, FAILURES)
    assert said in explain_error(failure)
    assert explain_error(failure).endswith(".")
