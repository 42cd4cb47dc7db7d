"""The shop view's handler over a fake DynamoDB: what it calls, and from where it has a batch delivered again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hello_retail.shop_view import handler as entry
from hello_retail.shop_view.conditional import ATTEMPTS, CONFLICT_PAUSE, parse_refusal
from hello_retail.shop_view.store import ShopTables
from support.event_source import LogRecord, kinesis_event
from support.events import image, payload, price, purchase, stock
from support.fake_aws import FakeDynamoDB, client_error, transaction_canceled
from support.shop import CATALOG, STOCK, TABLES, offer, read_shop, tables, warm_instance, warm_stores

SHARD = "shardId-000000000000"


def batch(*documents: Any, first: int = 1, shard: str = SHARD) -> dict[str, Any]:
    return kinesis_event(
        [
            LogRecord(
                shard, str(first + place), "p", document if isinstance(document, bytes) else payload(document)
            )
            for place, document in enumerate(documents)
        ]
    )


class Watched:
    """A fake DynamoDB that notes its calls and raises ``refusals``, one a call; ``None`` lets the call through."""

    def __init__(self, fake: FakeDynamoDB | None = None) -> None:
        self.fake = fake or tables()
        self.calls: list[str] = []
        self.refusals: list[Exception | None] = []
        self.exceptions = self.fake.exceptions

    def _call(self, name: str, **request: Any) -> Any:
        self.calls.append(name)
        refusal = self.refusals.pop(0) if self.refusals else None
        if refusal:
            raise refusal
        return getattr(self.fake, name)(**request)

    def batch_get_item(self, **request: Any) -> Any:
        return self._call("batch_get_item", **request)

    def update_item(self, **request: Any) -> Any:
        return self._call("update_item", **request)

    def transact_write_items(self, **request: Any) -> Any:
        return self._call("transact_write_items", **request)


def test_a_new_product_with_its_price_and_stock_takes_a_read_a_transaction_and_a_write() -> None:
    dynamodb = Watched()

    answer = warm_instance(dynamodb)(batch(offer("p1", "ann"), price("p1", "ann", 9), stock("p1", "ann", 4)))

    assert answer == {"batchItemFailures": []}
    assert dynamodb.calls == ["batch_get_item", "transact_write_items", "update_item"]
    assert read_shop(dynamodb.fake).stock == {"p1": 4}


def test_sales_and_garbage_cost_nothing() -> None:
    dynamodb = Watched()

    assert warm_instance(dynamodb)(batch(purchase("p1", "cy"), b"garbage")) == {"batchItemFailures": []}
    assert dynamodb.calls == []


def test_a_warm_function_does_not_read_what_it_wrote() -> None:
    dynamodb = Watched()
    handler = warm_instance(dynamodb)
    handler(batch(offer("p1", "ann")))
    dynamodb.calls.clear()

    handler(batch(price("p1", "ann", 5), stock("p1", "ann", 1), first=2))

    assert dynamodb.calls == ["update_item", "update_item"]


def test_that_a_product_is_not_offered_is_read_again_where_stock_depends_on_it() -> None:
    dynamodb = Watched()
    one, other = warm_instance(dynamodb), warm_instance(dynamodb)
    one(batch(image("p1", "bob")))
    other(batch(offer("p1", "ann"), first=2))

    one(batch(stock("p1", "ann", 3), first=3))

    assert read_shop(dynamodb.fake).stock == {"p1": 3}


def test_a_crash_between_the_catalogs_write_and_the_stocks_loses_nothing_and_adds_nothing_twice() -> None:
    dynamodb = Watched()
    event = batch(stock("p1", "ann", 100), offer("p1", "ann"), stock("p1", "ann", 4))
    dynamodb.refusals = [None, None, client_error("ThrottlingException", "UpdateItem")]
    assert warm_instance(dynamodb)(event) == {"batchItemFailures": [{"itemIdentifier": "3"}]}
    assert dynamodb.fake.items[STOCK] == {}

    for _ in range(2):
        assert warm_instance(dynamodb)(event) == {"batchItemFailures": []}

    assert read_shop(dynamodb.fake).stock == {"p1": 4}, "what came before the offer is not counted either"


def test_what_cannot_be_read_is_not_written() -> None:
    dynamodb = Watched()
    dynamodb.refusals = [client_error("InternalServerError", "BatchGetItem")]

    answer = warm_instance(dynamodb)(batch(purchase("p1", "cy"), stock("p1", "ann", 1), offer("p1", "ann")))

    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert dynamodb.calls == ["batch_get_item"]


def conflict(*codes: str) -> Exception:
    return transaction_canceled([{"Code": code} for code in codes])


@pytest.mark.parametrize(
    "refusal",
    [
        conflict("None", "TransactionConflict"),
        conflict("TransactionConflict", "TransactionConflict"),
    ],
)
def test_a_conflict_is_tried_again_after_a_pause(refusal: Exception) -> None:
    dynamodb, pauses = Watched(), []
    stores = warm_stores(dynamodb, pause=pauses.append)
    dynamodb.refusals = [None, refusal, refusal]

    answer = entry.fold_batch(entry.decode_batch(batch(offer("p1", "ann"))), stores)

    assert answer == {"batchItemFailures": []}
    assert dynamodb.calls.count("transact_write_items") == 3
    assert len(pauses) == 2
    assert 0 < pauses[0] < 4 * CONFLICT_PAUSE


def test_the_first_category_change_that_stays_undone_cuts_the_batch() -> None:
    dynamodb = Watched()
    dynamodb.refusals = [None, None, *[conflict("None", "TransactionConflict")] * ATTEMPTS]

    answer = warm_instance(dynamodb)(batch(*(offer(f"p{number}", "ann") for number in range(1, 5))))

    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert set(read_shop(dynamodb.fake).products) == {"p1"}
    assert warm_instance(dynamodb)(
        batch(*(offer(f"p{number}", "ann") for number in range(2, 5)), first=2)
    ) == {"batchItemFailures": []}
    assert read_shop(dynamodb.fake).categories == {"Light": 4}


@pytest.mark.parametrize(
    "refusal",
    [
        conflict("None", "ThrottlingError"),
        conflict("TransactionConflict", "ProvisionedThroughputExceeded"),
        client_error("TransactionInProgressException", "TransactWriteItems"),
        client_error("ProvisionedThroughputExceededException", "TransactWriteItems"),
    ],
)
def test_a_transaction_that_fails_otherwise_is_left_to_the_mapping(refusal: Exception) -> None:
    dynamodb = Watched()
    dynamodb.refusals = [None, refusal]

    assert warm_instance(dynamodb)(batch(offer("p1", "ann"))) == {
        "batchItemFailures": [{"itemIdentifier": "1"}]
    }
    assert dynamodb.calls == ["batch_get_item", "transact_write_items"]


def test_the_log_tells_why_a_transaction_stays_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[dict[str, Any]] = []
    monkeypatch.setattr(entry.logger, "warning", lambda _, extra: lines.append(extra))
    dynamodb = Watched()
    dynamodb.refusals = [
        None,
        *[conflict("None", "TransactionConflict")] * ATTEMPTS,
        client_error("ThrottlingException", "BatchGetItem"),
        None,
        conflict("TransactionConflict", "ThrottlingError"),
    ]
    handler = warm_instance(dynamodb)
    for _ in range(3):
        handler(batch(offer("p1", "ann")))

    assert [(line["resume_at"], line["failures"]) for line in lines] == [
        ("1", ["TransactionConflict"]),
        ("1", ["ThrottlingException"]),
        ("1", ["ThrottlingError", "TransactionConflict"]),
    ]


def test_a_refusal_tells_what_the_item_is_or_that_another_transaction_had_hold_of_it() -> None:
    item = {"productId": {"S": "p1"}}
    known = transaction_canceled([{"Code": "ConditionalCheckFailed", "Item": item}, {"Code": "None"}])
    gone = transaction_canceled([{"Code": "ConditionalCheckFailed"}, {"Code": "TransactionConflict"}])
    found = [
        parse_refusal(error)
        for error in (known, gone, client_error("TransactionConflictException", "UpdateItem"), ValueError())
    ]

    assert [refusal and refusal.item for refusal in found] == [item, {}, None, None]
    assert [refusal is None for refusal in found] == [False, False, False, True]


def test_an_offer_that_moves_takes_its_count_along() -> None:
    dynamodb = Watched()
    handler = warm_instance(dynamodb)
    handler(batch(offer("p1", "ann", "Light"), offer("p2", "ann", "Light"), offer("p1", "ann", "Desk")))
    handler(batch(offer("p1", "ann", "Desk", "Again"), offer("p2", "eve", "Bed"), first=4))

    assert read_shop(dynamodb.fake).categories == {"Light": 1, "Desk": 1}
    assert read_shop(dynamodb.fake).products["p1"]["name"] == "Again"


def test_a_category_that_a_product_only_passed_through_stays_with_none() -> None:
    """However the batch is cut: two folds of one log are equal item by item."""
    documents = [offer("p1", "ann", category) for category in ("Light", "Desk", "Light")]
    whole, cut = tables(), tables()
    warm_instance(whole)(batch(*documents))
    for number, document in enumerate(documents, start=1):
        warm_instance(cut)(batch(document, first=number))

    assert read_shop(whole).categories == {"Light": 1, "Desk": 0}
    assert whole.items == cut.items


def test_the_metrics_are_of_the_environment_and_the_generation(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")
    warm_instance(tables())(batch(offer("p1", "ann"), offer("p1", "eve"), stock("p1", "eve", 1)))

    (line,) = capsys.readouterr().out.splitlines()
    metrics = json.loads(line)
    assert (metrics["Environment"], metrics["Generation"]) == ("test", "3")
    assert {name: metrics[name] for name in ("ProductsFolded", "ForeignOffers", "RedeliveredEvents")} == {
        "ProductsFolded": [1.0],
        "ForeignOffers": [2.0],
        "RedeliveredEvents": [0.0],
    }
    assert (metrics["RepeatedEvents"], metrics["WriteCapacityUnits"]) == ([0.0], [4.0])
    assert metrics["ReadCapacityUnits"] == [1.0]


def test_the_function_folds_into_the_tables_of_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    dynamodb = tables()
    settings = entry.SETTINGS
    named = ShopTables(settings.catalog_table, settings.categories_table, settings.stock_table)
    monkeypatch.setattr(entry, "get_store", lambda: warm_stores(dynamodb, named))

    assert entry.handler(batch(offer("p1", "ann")), None) == {"batchItemFailures": []}
    assert named == TABLES
    assert set(dynamodb.items[CATALOG]) == {("p1",)}
