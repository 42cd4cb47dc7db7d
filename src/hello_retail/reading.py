"""How functions that answer reads call DynamoDB: soon done, and honest where it does not answer."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.config import Config

from hello_retail.aws_failures import FAILURES, passing_failure

if TYPE_CHECKING:
    from collections.abc import Iterator

AWS_CONFIG = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 2},
    tcp_keepalive=True,
)
"""The worst call ends after 7 s (two attempts and a pause): the function's time-out must be longer."""


class StoreUnavailable(Exception):
    """DynamoDB throttled, failed or did not answer: the same request may well succeed in a moment.

    ``code`` is AWS's error code or the name of botocore's exception.
    """

    def __init__(self, code: str) -> None:
        super().__init__(f"DynamoDB is not available: {code}.")
        self.code = code


@contextmanager
def unavailable_where_passing() -> Iterator[None]:
    """Turn what a later attempt may cure into ``StoreUnavailable``; let everything else through."""
    try:
        yield
    except FAILURES as error:
        code = passing_failure(error)
        if code is None:
            raise
        raise StoreUnavailable(code) from error
