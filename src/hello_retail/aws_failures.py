"""Transient failures of AWS: the same call may succeed later."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as NoConnection
from botocore.parsers import ResponseParserError

if TYPE_CHECKING:
    from collections.abc import Iterator

AWS_CONFIG = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 2},
    tcp_keepalive=True,
)
"""How functions that answer reads call DynamoDB.

The worst call ends after 7 s (two attempts and a pause): the function's time-out must be longer.
"""

SERVER_FAILURE: Final = 500
"""HTTP statuses from here on are AWS's own failures."""
TOO_MANY_REQUESTS: Final = 429
PASSING: Final = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "ExecutionLimitExceeded",
        "KMSThrottlingException",
        "KmsThrottlingException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
"""Codes that pass whatever the status: those that botocore.retries.standard tries again, KMS's, Step Functions'.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
"""
FAILURES: Final = (BotoCoreError, ClientError, ResponseParserError)
"""Whatever botocore raises for a call."""


def get_transient_code(error: BaseException | None) -> str | None:
    """Return the code of a transient failure, or ``None`` for others.

    An answer that was cut short or makes no sense passes too: the call itself may have done its work. What does not
    pass is a fault in code, policy or set-up.
    """
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        passes = code in PASSING or status == TOO_MANY_REQUESTS or status >= SERVER_FAILURE
        return code if passes else None
    if isinstance(error, HTTPClientError | NoConnection | IncompleteReadError | ResponseParserError):
        return type(error).__name__
    return None


class Unavailable(Exception):
    """AWS throttled, failed or did not answer: a retry may succeed.

    ``code`` is AWS's error code or the name of botocore's exception. Whether a write took place is not known.
    """

    def __init__(self, code: str) -> None:
        super().__init__(f"AWS is not available: {code}.")
        self.code = code


@contextmanager
def translate_transient_failures() -> Iterator[None]:
    """Turn what a later attempt may cure into ``Unavailable``; let everything else through."""
    try:
        yield
    except FAILURES as error:
        code = get_transient_code(error)
        if code is None:
            raise
        raise Unavailable(code) from error
