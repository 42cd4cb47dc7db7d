from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    IncompleteReadError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker

from hello_retail.aws_failures import (
    FAILURES,
    PASSING,
    Unavailable,
    get_transient_code,
    translate_transient_failures,
)


def aws_error(code: str, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "PutRecord")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (aws_error("ThrottlingException", 400), "ThrottlingException"),
        (aws_error("InternalFailure", 500), "InternalFailure"),
        (aws_error("NobodyKnowsWhat", 429), "NobodyKnowsWhat"),
        (aws_error("RequestThrottled", 400), "RequestThrottled"),
        (aws_error("RequestTimeout", 400), "RequestTimeout"),
        (ConnectTimeoutError(endpoint_url="https://example.com"), "ConnectTimeoutError"),
        (ReadTimeoutError(endpoint_url="https://example.com"), "ReadTimeoutError"),
        (ConnectionClosedError(endpoint_url="https://example.com"), "ConnectionClosedError"),
        (IncompleteReadError(actual_bytes=1, expected_bytes=2), "IncompleteReadError"),
        (ResponseParserError("<html>"), "ResponseParserError"),
    ],
)
def test_what_a_later_attempt_may_cure_passes(error: Exception, code: str) -> None:
    assert get_transient_code(error) == code
    assert isinstance(error, FAILURES)


def test_every_code_that_botocore_itself_would_try_again_passes() -> None:
    checkers = (
        ThrottledRetryableChecker._THROTTLED_ERROR_CODES,
        TransientRetryableChecker._TRANSIENT_ERROR_CODES,
    )
    assert {code for codes in checkers for code in codes} <= PASSING


@pytest.mark.parametrize(
    "error",
    [
        aws_error("AccessDeniedException", 400),
        NoCredentialsError(),
        ParamValidationError(report="id"),
        KeyError("id"),
        None,
    ],
)
def test_a_fault_in_code_policy_or_set_up_does_not_pass(error: Exception | None) -> None:
    assert get_transient_code(error) is None


def test_what_passes_is_unavailable_and_keeps_its_code() -> None:
    failure = aws_error("ThrottlingException", 400)

    with pytest.raises(Unavailable, match=r"^AWS is not available: ThrottlingException\.$") as raised:
        raise_in_the_block(failure)
    assert raised.value.code == "ThrottlingException"
    assert raised.value.__cause__ is failure


@pytest.mark.parametrize("error", [aws_error("AccessDeniedException", 400), KeyError("id")])
def test_what_does_not_pass_goes_through_as_it_is(error: Exception) -> None:
    with pytest.raises(type(error)) as raised:
        raise_in_the_block(error)
    assert raised.value is error


def raise_in_the_block(error: Exception) -> None:
    with translate_transient_failures():
        raise error
