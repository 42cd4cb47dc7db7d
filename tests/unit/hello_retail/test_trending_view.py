"""The trending view: what a product's standing becomes, what a batch answers, and what DynamoDB is asked."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from hello_retail.events import decode_event
from hello_retail.events.event import Event
from hello_retail.read_models.trending import compute_score
from hello_retail.trending_view import handler as entry
from hello_retail.trending_view.batch import decode_batch
from hello_retail.trending_view.store import TrendingViewStore
from hello_retail.trending_view.trend import FORGOTTEN, Standing, TrendingSale, fold_sales
from support.event_source import LogRecord, kinesis_event
from support.events import create, payload, purchase
from support.fake_aws import FakeDynamoDB, client_error
from support.stepping import InlineExecutor
from support.trending import EPOCH, HALF_LIFE, RULE, TRENDING, table, warm_instance, weights

SHARD = "shardId-000000000003"


def sale(sequence: int, arrival: float, event_id: str | None = None) -> TrendingSale:
    event = decode_event(payload(purchase("lamp", "cy", **({"event_id": event_id} if event_id else {}))))
    assert isinstance(event, Event)
    return TrendingSale(sequence, event, arrival)


def batch_of(*payloads: tuple[str, bytes], first: int = 1) -> tuple[dict[str, Any], dict[str, float]]:
    records = [
        LogRecord(SHARD, str(number), product, body)
        for number, (product, body) in zip(count(first), payloads, strict=False)
    ]
    return kinesis_event(records), {record.sequence_number: EPOCH for record in records}


def a_sale_of(product: str) -> tuple[str, bytes]:
    return product, payload(purchase(product, "cy"))


# The rule


def test_a_sale_is_worth_a_half_after_the_half_life() -> None:
    after = fold_sales(Standing(), [sale(1, EPOCH)], RULE).after

    assert after
    assert after.weight
    assert compute_score(after.weight, EPOCH, HALF_LIFE) == pytest.approx(1)
    assert compute_score(after.weight, EPOCH + HALF_LIFE, HALF_LIFE) == pytest.approx(0.5)


def test_what_was_taken_already_changes_nothing() -> None:
    sales = [sale(1, EPOCH), sale(2, EPOCH)]
    after = fold_sales(Standing(), sales, RULE).after
    assert after

    again = fold_sales(after, sales, RULE)

    assert (again.counted, again.redelivered, again.after) == (0, 2, None)


def test_a_click_that_was_put_twice_weighs_once() -> None:
    click = "6f1c2a52-8c3e-4a57-9d1c-0a3e3d0f9c11"

    outcome = fold_sales(Standing(), [sale(1, EPOCH, click), sale(2, EPOCH, click)], RULE)

    assert (outcome.counted, outcome.repeats) == (1, 1)


def test_a_product_is_kept_until_its_sales_neither_weigh_nor_can_come_again() -> None:
    newest = EPOCH + 100
    after = fold_sales(Standing(), [sale(1, newest), sale(2, EPOCH)], RULE).after

    assert after
    assert after.expires == newest + FORGOTTEN * HALF_LIFE + RULE.kept_seconds


# A batch


def test_only_sales_are_folded_and_each_by_its_product() -> None:
    event, _ = batch_of(
        a_sale_of("lamp"),
        ("lamp", payload(create("lamp", "ada"))),
        ("lamp", b"garbage"),
        a_sale_of("chair"),
        a_sale_of("lamp"),
    )

    batch = decode_batch(event)

    assert {product: [each.sequence for each in sales] for product, sales in batch.sales.items()} == {
        "lamp": [1, 5],
        "chair": [4],
    }


def test_a_batch_writes_each_product_once_however_many_of_its_sales_are_in_it() -> None:
    dynamodb = Counting(table())
    event, arrivals = batch_of(*[a_sale_of(product) for product in ("lamp", "chair", "lamp", "lamp")])
    handler = warm_instance(dynamodb, arrivals)

    assert handler(event) == {"batchItemFailures": []}
    assert dynamodb.calls == ["batch_get_item", "update_item", "update_item"]


def test_a_warm_function_does_not_read_what_it_wrote() -> None:
    dynamodb = Counting(table())
    first, arrivals = batch_of(a_sale_of("lamp"))
    second, later = batch_of(a_sale_of("lamp"), first=2)
    handler = warm_instance(dynamodb, arrivals | later)
    handler(first)
    dynamodb.calls.clear()

    handler(second)

    assert dynamodb.calls == ["update_item"]
    assert compute_score(weights(dynamodb.items[TRENDING])["lamp"], EPOCH, HALF_LIFE) == pytest.approx(2)


def test_a_failure_answers_with_the_first_record_that_is_not_done() -> None:
    dynamodb = Counting(table(), refuse="chair")
    event, arrivals = batch_of(a_sale_of("lamp"), a_sale_of("chair"), a_sale_of("lamp"), a_sale_of("chair"))

    answer = warm_instance(dynamodb, arrivals)(event)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert set(weights(dynamodb.items[TRENDING])) == {"lamp"}


def test_what_cannot_be_read_is_not_written() -> None:
    dynamodb = Counting(table(), unreadable=True)
    event, arrivals = batch_of(a_sale_of("lamp"), a_sale_of("chair"))

    answer = warm_instance(dynamodb, arrivals)(event)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert dynamodb.items[TRENDING] == {}


def test_sales_of_one_product_on_two_shards_both_count() -> None:
    """A producer may choose other partition keys; then two shards bring one product's sales."""
    dynamodb = table()
    event, arrivals = batch_of(a_sale_of("lamp"))
    elsewhere = kinesis_event([LogRecord("shardId-000000000004", "1", "x", a_sale_of("lamp")[1])])
    second, later = batch_of(a_sale_of("lamp"), first=2)
    one, other = (warm_instance(dynamodb, arrivals | later) for _ in range(2))

    for handler, batch in ((one, event), (other, elsewhere), (one, second)):
        handler(batch)

    assert compute_score(weights(dynamodb.items[TRENDING])["lamp"], EPOCH, HALF_LIFE) == pytest.approx(3)


def test_the_function_folds_with_the_rule_of_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    dynamodb = table()
    store = TrendingViewStore(dynamodb, InlineExecutor(), table=TRENDING, rule=entry.SETTINGS.rule)  # type: ignore[arg-type] # a fake
    monkeypatch.setattr(entry, "get_store", lambda: store)
    event, _ = batch_of(a_sale_of("lamp"))

    assert entry.handler(event, None) == {"batchItemFailures": []}
    assert entry.SETTINGS.rule.half_life == 3600
    assert entry.SETTINGS.rule.kept_seconds == 48 * 3600
    assert set(weights(dynamodb.items[TRENDING])) == {"lamp"}


class Counting:
    """A fake DynamoDB that notes its calls, and refuses what it is told to."""

    def __init__(self, fake: FakeDynamoDB, *, refuse: str = "", unreadable: bool = False) -> None:
        self.fake, self.refuse, self.unreadable = fake, refuse, unreadable
        self.items, self.exceptions = fake.items, fake.exceptions
        self.calls: list[str] = []

    def batch_get_item(self, **request: Any) -> Any:
        self.calls.append("batch_get_item")
        if self.unreadable:
            raise client_error("InternalServerError", "BatchGetItem")
        return self.fake.batch_get_item(**request)

    def update_item(self, **request: Any) -> Any:
        self.calls.append("update_item")
        if request["Key"]["productId"]["S"] == self.refuse:
            raise client_error("ProvisionedThroughputExceededException", "UpdateItem")
        return self.fake.update_item(**request)
