"""What the shop view's writes cost, as the emulator's DynamoDB tells it: it bills items and indexes as AWS does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from hello_retail.shop_view.batch import decode_batch
from hello_retail.shop_view.carts import CartStore
from hello_retail.shop_view.store import ShopViewStore
from hello_retail.stream_consumer.usage import Usage
from support import bare_emulator
from support.event_source import FIRST_NUMBER, LogRecord, kinesis_event
from support.events import cart, confirmed, image, payload, price, purchase, stock
from support.shop import CARTS, NOW, TABLES, create_tables, offer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MERCHANT, PRODUCT = "3f2b8a52-8c3e-4a57-9d1c-0a3e3d0f9c11", "01931f2a-7a00-7000-8000-000000000001"
CLICK = "6f1c2a52-8c3e-4a57-9d1c-0a3e3d0f9c{:02}"


@pytest.fixture(scope="module")
def spend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., float]]:
    """Return a function that folds a batch, as one warm instance, and tells its write units."""
    with bare_emulator.started(tmp_path_factory.mktemp("cloud") / "shop-units") as cloud:
        dynamodb = cloud.client("dynamodb")
        create_tables(dynamodb)
        executor = ThreadPoolExecutor(2)
        view = ShopViewStore(dynamodb, executor, tables=TABLES, recent_events=16)
        carts = CartStore(
            dynamodb, executor, table=CARTS, recent_events=16, retention_hours=24, now=lambda: NOW
        )
        numbers = iter(range(FIRST_NUMBER, FIRST_NUMBER + 1000))

        def fold(*documents: Any) -> float:
            records = [
                LogRecord("shardId-000000000000", str(next(numbers)), PRODUCT, payload(document))
                for document in documents
            ]
            batch, usage = decode_batch(kinesis_event(records)), Usage()
            view.fold_batch(batch, usage)
            carts.fold_batch(batch, usage)
            assert usage.failures == []
            assert all(each.unapplied is None for each in batch.folds)
            return usage.write_units

        yield fold


def test_each_event_costs_what_the_design_says(spend: Callable[..., float]) -> None:
    ids = (CLICK.format(number) for number in range(99))
    long = offer(PRODUCT, MERCHANT, event_id=next(ids))
    long["data"]["description"] = "A lamp for the desk, with a shade of paper and a foot of oak. " * 6

    assert spend(long, price(PRODUCT, MERCHANT, 2495, event_id=next(ids))) <= 7
    assert 1 <= spend(price(PRODUCT, MERCHANT, 2395, event_id=next(ids))) <= 2
    assert spend(image(PRODUCT, MERCHANT, event_id=next(ids))) <= 2
    assert spend(stock(PRODUCT, MERCHANT, 40, event_id=next(ids))) == 1
    assert spend(price(PRODUCT, "eve", 1, event_id=next(ids))) == 1
    assert spend(purchase(PRODUCT, "cy", event_id=next(ids))) == 0
    assert spend(offer(PRODUCT, MERCHANT, "Desk", event_id=next(ids))) <= 10
    assert spend(offer("other", MERCHANT), stock("other", MERCHANT, 1), price("other", MERCHANT, 5)) <= 7


def test_a_line_of_a_cart_is_a_write_unit_a_batch(spend: Callable[..., float]) -> None:
    ids = (CLICK.format(number) for number in range(99))
    customer = MERCHANT

    assert spend(*(cart("add", PRODUCT, customer, event_id=next(ids)) for _ in range(3))) == 1
    for _ in range(20):
        assert spend(cart("set", PRODUCT, customer, 9, event_id=next(ids))) == 1, "a full ring, too"
    assert spend(cart("add", "other", customer, event_id=next(ids))) == 1
    assert spend(confirmed(customer, {PRODUCT: 1, "other": 1}, event_id=next(ids))) == 2
    assert spend(cart("remove", PRODUCT, customer, event_id=next(ids))) == 1
