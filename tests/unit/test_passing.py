from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, NoCredentialsError

from hello_retail.passing import passing_failure


def aws_error(code: str, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "PutRecord")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (aws_error("ThrottlingException", 400), "ThrottlingException"),
        (aws_error("InternalFailure", 500), "InternalFailure"),
        (ConnectTimeoutError(endpoint_url="https://example.com"), "ConnectTimeoutError"),
    ],
)
def test_what_a_later_attempt_may_cure_passes(error: Exception, code: str) -> None:
    assert passing_failure(error) == code


@pytest.mark.parametrize(
    "error", [aws_error("AccessDeniedException", 400), NoCredentialsError(), KeyError("id"), None]
)
def test_a_fault_in_code_policy_or_set_up_does_not_pass(error: Exception | None) -> None:
    assert passing_failure(error) is None
