"""The scores that a table holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retailctl.progress import REAL, Clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient

    from retailctl.scores.recount import Scores

PATIENCE_SECONDS = 60.0
"""How long the last event may take until it counts."""


def read_stored_scores(client: DynamoDBClient, table: str, prefix: str = "") -> Scores:
    """Return a Scores table's scores by role and user, without zeros."""
    scores: Scores = {"creator": {}, "photographer": {}}
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        for item in page["Items"]:
            user_id = item["userId"]["S"]
            if user_id.startswith(prefix):
                role, _, _ = item["board"]["S"].partition("#")
                scores[role][user_id] = scores[role].get(user_id, 0) + int(item["score"]["N"])
    return scores


def await_scores(read: Callable[[], Scores], expected: Scores, clock: Clock = REAL) -> None:
    """Wait until the scores are right, or until their time is over."""
    deadline = clock.now() + PATIENCE_SECONDS
    while read() != expected and clock.now() < deadline:
        clock.pause(0.2)
