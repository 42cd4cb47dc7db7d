"""What the laws share: a record that is delivered again is not decoded again."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from types import ModuleType

import pytest

import hello_retail.shop_view.batch
import hello_retail.trending_view.batch
import hello_retail.winner_view.batch
from hello_retail.events import decode_base64_event

CONSUMERS: tuple[ModuleType, ...] = (
    hello_retail.shop_view.batch,
    hello_retail.trending_view.batch,
    hello_retail.winner_view.batch,
)
RECORDS_OF_A_HISTORY = 256


@pytest.fixture(autouse=True, scope="session")
def decode_once() -> Iterator[None]:
    """Have a record decoded once in a history: the decoder answers from the bytes alone."""
    cached = functools.lru_cache(RECORDS_OF_A_HISTORY)(decode_base64_event)
    with pytest.MonkeyPatch.context() as patch:
        for consumer in CONSUMERS:
            patch.setattr(consumer, "decode_base64_event", cached)
        yield
