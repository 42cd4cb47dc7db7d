"""The winner view over fakes: its real code from Lambda's event to its answer, with any number of instances."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hello_retail.winner_view.batch import decode_batch
from hello_retail.winner_view.handler import fold_batch
from hello_retail.winner_view.store import Places, WinnerViewStore
from support.fake_aws import FakeDynamoDB
from support.stepping import InlineExecutor

CONTRIBUTIONS, SCORES, REDRIVES, QUARANTINE = "contributions", "scores", "redrives", "quarantine"
GENERATION = 3
PLACES = Places(CONTRIBUTIONS, SCORES, REDRIVES, QUARANTINE, GENERATION)
SCORE_BUCKETS = 2
RECENT_EVENTS = 16


def tables() -> FakeDynamoDB:
    return FakeDynamoDB({CONTRIBUTIONS: ("productId",), SCORES: ("board", "userId"), REDRIVES: ("identity",)})


def warm_instance(dynamodb: Any, s3: Any) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """Return a handler with a cache of its own, as a warm instance of the function has."""
    views = WinnerViewStore(
        dynamodb,
        lambda: s3,
        InlineExecutor(),
        places=PLACES,
        score_buckets=SCORE_BUCKETS,
        recent_events=RECENT_EVENTS,
    )
    return lambda event: fold_batch(decode_batch(event), views, lambda: 1_763_800_001.5)
