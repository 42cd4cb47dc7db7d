"""Shared by the views: AWS settings, outcomes of writes, responses to Lambda."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from botocore.config import Config

SIDE_BY_SIDE = 8
"""Threads that write items: more would not be faster on the part of a processor that a function has."""
AWS_CONFIG = Config(
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=SIDE_BY_SIDE,
    tcp_keepalive=True,
)


@dataclass(frozen=True, slots=True)
class Applied:
    """How the update of one item ended.

    ``counted`` events were new, ``repeats`` were put on the stream twice, ``redelivered`` had been taken before;
    ``unapplied`` is the lowest sequence number that is not known to be done with (``None``: all are).
    """

    counted: int
    repeats: int
    redelivered: int
    unapplied: int | None


def build_batch_response(numbers: Mapping[int, str], resume: int | None) -> dict[str, list[dict[str, str]]]:
    """Return Lambda's ``batchItemFailures``: none, or the record to retry from.

    ``numbers`` gives each record's own text of its sequence number, which Lambda wants to the letter.
    """
    return {"batchItemFailures": [] if resume is None else [{"itemIdentifier": numbers[resume]}]}
