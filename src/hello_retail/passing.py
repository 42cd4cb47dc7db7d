"""Which failures of AWS pass: the same call may well succeed in a moment."""

from __future__ import annotations

from typing import Final

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

SERVER_FAILURE: Final = 500
"""HTTP statuses from here on are AWS's own failures."""
THROTTLES: Final = frozenset(
    {
        "KMSThrottlingException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
    }
)
FAILURES: Final = (BotoCoreError, ClientError)
"""Whatever botocore raises for a call."""


def passing_failure(error: BaseException | None) -> str | None:
    """Return AWS's error code, or the name of botocore's exception, where the failure passes; else None.

    What does not pass is a fault in code, policy or set-up.
    """
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return code if code in THROTTLES or status >= SERVER_FAILURE else None
    if isinstance(error, HTTPClientError | NoConnection):
        return type(error).__name__
    return None
