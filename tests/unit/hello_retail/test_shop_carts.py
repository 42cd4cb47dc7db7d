"""The carts of the shop view over a fake DynamoDB: what is written, refused, kept and left alone."""

from __future__ import annotations

from typing import Any

import pytest

from hello_retail.shop_view.batch import decode_batch
from hello_retail.shop_view.carts import HOUR, KEPT_DAYS, CartStore
from hello_retail.shop_view.handler import ShopStores, fold_batch
from support.carts import read_carts
from support.event_source import LogRecord, kinesis_event
from support.events import cart, confirmed, payload
from support.fake_aws import FakeDynamoDB, client_error
from support.shop import CARTS, NOW, tables, warm_instance, warm_stores
from support.stepping import InlineExecutor

ARRIVAL = 1_763_800_000.25
RETENTION_HOURS = 24


class Watched(FakeDynamoDB):
    """A fake DynamoDB that counts updates and raises ``refusals``, one an update; ``None`` lets it through."""

    def __init__(self) -> None:
        super().__init__(tables().keys)
        self.updates: list[dict[str, Any]] = []
        self.refusals: list[Exception | None] = []

    def update_item(self, **request: Any) -> Any:
        self.updates.append(request)
        refusal = self.refusals.pop(0) if self.refusals else None
        if refusal:
            raise refusal
        return super().update_item(**request)


def batch(*documents: Any, first: int = 1, shard: int = 0) -> dict[str, Any]:
    return kinesis_event(
        [
            LogRecord(f"shardId-{shard:012}", str(number), "p", payload(document))
            for number, document in enumerate(documents, start=first)
        ]
    )


def instance_at(dynamodb: FakeDynamoDB, now: float) -> Any:
    """Return a handler whose clock shows ``now``."""
    carts = CartStore(
        dynamodb,  # type: ignore[arg-type] # a fake
        InlineExecutor(),
        table=CARTS,
        recent_events=16,
        retention_hours=RETENTION_HOURS,
        now=lambda: now,
    )
    stores = ShopStores(warm_stores(dynamodb).shelf, carts)
    return lambda event: fold_batch(decode_batch(event), stores)


def test_a_line_is_one_write_a_batch_and_everybody_has_a_cart_of_their_own() -> None:
    dynamodb = Watched()

    answer = warm_instance(dynamodb)(
        batch(
            cart("add", "p1", "ann"),
            cart("add", "p1", "ann"),
            cart("set", "p1", "bob", 7),
            cart("add", "p2", "ann"),
        )
    )

    assert answer == {"batchItemFailures": []}
    assert len(dynamodb.updates) == 3
    assert read_carts(dynamodb) == {("ann", "p1"): 2, ("ann", "p2"): 1, ("bob", "p1"): 7}


def test_an_order_takes_its_lines_out_of_its_customers_cart_only() -> None:
    dynamodb = tables()
    handler = warm_instance(dynamodb)
    handler(batch(cart("set", "p1", "ann", 5), cart("set", "p1", "bob", 5), cart("add", "p2", "ann")))

    handler(batch(confirmed("ann", {"p1": 2, "p2": 3, "p3": 1}), shard=1))

    assert read_carts(dynamodb) == {("ann", "p1"): 3, ("ann", "p2"): 0, ("ann", "p3"): 0, ("bob", "p1"): 5}


def test_a_warm_function_writes_at_once_what_it_wrote_before() -> None:
    dynamodb = Watched()
    handler = warm_instance(dynamodb)
    handler(batch(cart("add", "p1", "ann")))

    handler(batch(cart("add", "p1", "ann"), first=2))

    assert len(dynamodb.updates) == 2


def test_another_instance_looks_at_the_line_once_it_is_refused() -> None:
    dynamodb = Watched()
    warm_instance(dynamodb)(batch(cart("add", "p1", "ann")))

    warm_instance(dynamodb)(batch(cart("add", "p1", "ann"), first=2))

    assert len(dynamodb.updates) == 3
    assert read_carts(dynamodb) == {("ann", "p1"): 2}


def test_the_first_line_that_stays_undone_cuts_the_batch() -> None:
    dynamodb = Watched()
    dynamodb.refusals = [None, client_error("ThrottlingException", "UpdateItem"), None]
    event = batch(cart("add", "p1", "ann"), cart("add", "p2", "ann"), cart("add", "p3", "ann"))

    assert warm_instance(dynamodb)(event) == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert warm_instance(dynamodb)(event) == {"batchItemFailures": []}
    assert read_carts(dynamodb) == {("ann", "p1"): 1, ("ann", "p2"): 1, ("ann", "p3"): 1}


def test_an_emptied_line_is_kept_for_longer_than_the_stream_has_its_events() -> None:
    dynamodb = tables()
    handler = warm_instance(dynamodb)
    handler(batch(cart("add", "p1", "ann"), cart("remove", "p1", "ann")))

    (item,) = dynamodb.items[CARTS].values()
    assert item["expiresAt"] == {"N": str(int(NOW + RETENTION_HOURS * HOUR + KEPT_DAYS * 24 * HOUR))}

    handler(batch(cart("add", "p1", "ann"), first=3))
    (item,) = dynamodb.items[CARTS].values()
    assert "expiresAt" not in item


@pytest.mark.parametrize(
    ("age", "quantity"), [(RETENTION_HOURS * HOUR - 1, 1), (RETENTION_HOURS * HOUR, None)]
)
def test_what_the_stream_no_longer_has_is_not_folded(age: float, quantity: int | None) -> None:
    """A rebuild from the archive would fill a line that was emptied, and is gone."""
    dynamodb = tables()

    answer = instance_at(dynamodb, ARRIVAL + age)(batch(cart("add", "p1", "ann")))

    assert answer == {"batchItemFailures": []}
    assert read_carts(dynamodb).get(("ann", "p1")) == quantity


def test_a_line_that_has_expired_begins_anew() -> None:
    dynamodb = tables()
    handler = warm_instance(dynamodb)
    handler(batch(cart("set", "p1", "ann", 5), cart("remove", "p1", "ann")))
    dynamodb.items[CARTS].clear()

    handler(batch(cart("add", "p1", "ann"), first=3))

    assert read_carts(dynamodb) == {("ann", "p1"): 1}


def test_a_warm_function_forgets_lines_before_they_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hello_retail.shop_view.carts.LINES_KEPT", 1)
    dynamodb = tables()
    stores = warm_stores(dynamodb)
    for number in range(1, 4):
        fold_batch(decode_batch(batch(cart("add", f"p{number}", "ann"), first=number)), stores)

    assert len(stores.carts._lines) == 1
    assert len(read_carts(dynamodb)) == 3
