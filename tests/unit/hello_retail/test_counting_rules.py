"""The rules of exact counting, one history each that goes wrong without the rule (docs/how-credit-works.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from hello_retail.event_log import watermark
from hello_retail.winner_view.batch import decode_batch
from hello_retail.winner_view.handler import fold_batch
from hello_retail.winner_view.store import WinnerViewStore
from support.event_source import FIRST_NUMBER, LogRecord, kinesis_event
from support.fake_aws import FakeDynamoDB, FakeS3, client_error
from support.histories import create, image, purchase, scores_of
from support.winner_view import CONTRIBUTIONS, PLACES, SCORE_BUCKETS, SCORES, tables, warm_instance

PARENT, CHILD = "shardId-000000000000", "shardId-000000000003"
Answer = Mapping[str, Any]


def at(number: int, payload: bytes, shard_id: str = PARENT) -> LogRecord:
    """Return a record at a small offset from a real, 56-digit sequence number."""
    return LogRecord(shard_id, str(FIRST_NUMBER + number), "product-1", payload)


def number(offset: int) -> str:
    return str(FIRST_NUMBER + offset)


class Interfering:
    """A DynamoDB client that runs a hook before a call; the hook may raise in its stead."""

    def __init__(self, dynamodb: FakeDynamoDB) -> None:
        self.dynamodb = dynamodb
        self.exceptions = dynamodb.exceptions
        self.before: Callable[[str, Mapping[str, Any]], None] = lambda operation, request: None
        self.after: Callable[[str, Mapping[str, Any]], None] = lambda operation, request: None
        self.calls: list[tuple[str, Mapping[str, Any]]] = []

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            self.calls.append((operation, request))
            self.before(operation, request)
            answer = getattr(self.dynamodb, operation)(**request)
            self.after(operation, request)
            return answer

        return call

    def writes_to(self, table: str) -> int:
        return sum(
            operation == "update_item" and request["TableName"] == table for operation, request in self.calls
        )


class Shop:
    """One set of tables, and instances of the winner view over them."""

    def __init__(self) -> None:
        self.dynamodb, self.s3 = tables(), FakeS3()
        self.client = Interfering(self.dynamodb)
        self.instance = warm_instance(self.client, self.s3)

    def deliver(self, *records: LogRecord) -> Answer:
        return self.instance(kinesis_event(records))

    def scores(self) -> dict[tuple[str, str], int]:
        return scores_of(self.dynamodb.items[SCORES])

    def facts(self, product: str = "product-1") -> Mapping[str, Any]:
        return self.dynamodb.items[CONTRIBUTIONS][product,]

    def score_item(self, user: str) -> Mapping[str, Any]:
        return next(item for (_, id_), item in self.dynamodb.items[SCORES].items() if id_ == user)


@pytest.fixture
def shop() -> Shop:
    return Shop()


def fail(*, table: str, product_or_user: str) -> Callable[[str, Mapping[str, Any]], None]:
    def hook(operation: str, request: Mapping[str, Any]) -> None:
        key = request.get("Key", {}).values()
        if operation == "update_item" and request["TableName"] == table and {"S": product_or_user} in key:
            raise client_error("ProvisionedThroughputExceededException", "UpdateItem")

    return hook


DONE = {"batchItemFailures": []}


def test_rule_1_creator_and_photographer_registered_side_by_side_both_stay(shop: Shop) -> None:
    shop.deliver(at(1, create("ada", "product-1")))
    assert shop.deliver(at(2, image("ben", "product-1")), at(3, purchase("cy", "product-1"))) == DONE
    assert shop.facts()["creator"] == {"S": "ada"}
    assert shop.facts()["photographer"] == {"S": "ben"}
    assert shop.facts()["photographerSequence"] == {"S": number(2)}


def test_rule_1_a_later_registration_changes_neither_value_nor_number(shop: Shop) -> None:
    shop.deliver(at(1, create("ada", "product-1")), at(2, image("ben", "product-1")))
    cold = warm_instance(shop.dynamodb, shop.s3)
    cold(kinesis_event([at(3, create("eve", "product-1")), at(4, image("eve", "product-1"))]))
    facts = shop.facts()
    assert (facts["creator"], facts["creatorSequence"]) == ({"S": "ada"}, {"S": number(1)})
    assert (facts["photographer"], facts["photographerSequence"]) == ({"S": "ben"}, {"S": number(2)})


@pytest.mark.parametrize("first", [purchase("cy", "product-1"), image("ben", "product-1")])
def test_rule_2_a_product_that_begins_without_its_create_belongs_to_unknown(shop: Shop, first: bytes) -> None:
    shop.deliver(at(1, first), at(2, create("ada", "product-1")), at(3, purchase("cy", "product-1")))
    assert shop.facts()["creator"] == {"S": "UNKNOWN"}
    assert {user for _, user in shop.scores()} == {"UNKNOWN"}


def test_rule_3_a_photographer_registered_by_another_instance_is_seen(shop: Shop) -> None:
    shop.deliver(at(1, create("ada", "product-1")), at(2, purchase("cy", "product-1")))
    other = warm_instance(shop.dynamodb, shop.s3)
    other(kinesis_event([at(3, image("ben", "product-1"))]))
    shop.deliver(at(4, purchase("cy", "product-1")))
    assert shop.scores() == {("creator", "ada"): 2, ("photographer", "ben"): 1}


def test_rule_3_reads_are_strongly_consistent_and_settled_products_cost_none(shop: Shop) -> None:
    shop.deliver(at(1, create("ada", "product-1")), at(2, image("ben", "product-1")))
    shop.deliver(at(3, purchase("cy", "product-1")))
    assert [operation for operation, _ in shop.client.calls] == ["scan", *["update_item"] * 3]
    cold = Interfering(shop.dynamodb)
    warm_instance(cold, shop.s3)(kinesis_event([at(4, purchase("cy", "product-1"))]))
    operation, request = cold.calls[1]
    assert operation == "batch_get_item"
    assert request["RequestItems"][CONTRIBUTIONS]["ConsistentRead"] is True


def test_rule_4_a_photographer_earns_only_what_is_sold_after_his_picture(shop: Shop) -> None:
    shop.deliver(
        at(1, create("ada", "product-1")),
        at(2, purchase("cy", "product-1")),
        at(3, image("ben", "product-1")),
        at(4, purchase("cy", "product-1")),
    )
    assert shop.scores() == {("creator", "ada"): 2, ("photographer", "ben"): 1}


def test_rule_5_nothing_behind_a_failed_registration_is_credited(shop: Shop) -> None:
    shop.deliver(at(1, create("ada", "product-1")), at(2, image("ben", "product-1")))
    batch = (
        at(3, purchase("cy", "product-1")),
        at(4, create("dan", "product-2")),
        at(5, purchase("cy", "product-1")),
    )
    shop.client.before = fail(table=CONTRIBUTIONS, product_or_user="product-2")
    assert shop.deliver(*batch) == {"batchItemFailures": [{"itemIdentifier": number(4)}]}
    assert shop.scores() == {("creator", "ada"): 1, ("photographer", "ben"): 1}


def test_rule_5_a_failed_quarantine_write_stops_what_lies_behind_the_bad_record(shop: Shop) -> None:
    def refuse(**request: Any) -> None:
        raise client_error("AccessDenied", "PutObject")

    shop.s3.put_object = refuse  # type: ignore[method-assign,assignment]
    answer = shop.deliver(
        at(1, create("ada", "product-1")),
        at(2, purchase("cy", "product-1")),
        at(3, b"garbage"),
        at(4, purchase("cy", "product-1")),
    )
    assert answer == {"batchItemFailures": [{"itemIdentifier": number(3)}]}
    assert shop.scores() == {("creator", "ada"): 1}


def test_rule_5_a_key_that_stays_unprocessed_cuts_the_batch(shop: Shop) -> None:
    shop.deliver(at(1, create("ada", "product-1")))

    class Overloaded(Interfering):
        def __getattr__(self, operation: str) -> Callable[..., Any]:
            if operation != "batch_get_item":
                return super().__getattr__(operation)
            return lambda **request: {"Responses": {}, "UnprocessedKeys": request["RequestItems"]}

    cold = warm_instance(Overloaded(shop.dynamodb), shop.s3)
    answer = cold(kinesis_event([at(2, purchase("cy", "product-1"))]))
    assert answer == {"batchItemFailures": [{"itemIdentifier": number(2)}]}
    assert shop.scores() == {}


def test_rule_6_a_batch_cut_differently_counts_only_what_is_new(shop: Shop) -> None:
    sales = [at(offset, purchase("cy", "product-1")) for offset in range(2, 7)]
    shop.deliver(at(1, create("ada", "product-1")), *sales[:3])
    assert shop.deliver(*sales[1:]) == DONE
    assert shop.scores() == {("creator", "ada"): 5}


def test_rule_6_a_zombie_that_overtakes_the_retry_makes_it_count_the_rest_only(shop: Shop) -> None:
    sales = [at(offset, purchase("cy", "product-1")) for offset in range(2, 6)]
    shop.deliver(at(1, create("ada", "product-1")), at(1, image("ada", "product-1")))
    zombie = warm_instance(shop.dynamodb, shop.s3)
    acted: list[str] = []

    def overtake(operation: str, request: Mapping[str, Any]) -> None:
        if operation == "update_item" and request["TableName"] == SCORES and not acted:
            acted.append(operation)
            zombie(kinesis_event(sales[:2]))

    shop.client.before = overtake
    assert shop.deliver(*sales) == DONE
    assert shop.scores()["creator", "ada"] == 4


def test_rule_6_an_answer_that_is_lost_makes_the_batch_come_again_and_count_once(shop: Shop) -> None:
    shop.deliver(at(1, create("ada", "product-1")))

    def lose(operation: str, request: Mapping[str, Any]) -> None:
        if operation == "update_item" and request["TableName"] == SCORES:
            raise ReadTimeoutError(endpoint_url="https://aws")

    shop.client.after = lose
    sale = at(2, purchase("cy", "product-1"))
    assert shop.deliver(sale) == {"batchItemFailures": [{"itemIdentifier": number(2)}]}
    shop.client.after = lambda operation, request: None
    assert shop.deliver(sale) == DONE
    assert shop.scores() == {("creator", "ada"): 1}


def test_rule_7_the_lowest_unapplied_number_comes_back_in_the_records_own_text(shop: Shop) -> None:
    padded = LogRecord(PARENT, f"{7:030d}", "product-1", purchase("cy", "product-1"))
    shop.client.before = fail(table=SCORES, product_or_user="UNKNOWN")
    assert shop.deliver(padded) == {"batchItemFailures": [{"itemIdentifier": padded.sequence_number}]}


def test_rule_7_the_lowest_of_several_failed_contributors_is_reported(shop: Shop) -> None:
    shop.deliver(at(1, create("ada", "product-1")), at(2, create("dan", "product-2")))

    def refuse(operation: str, request: Mapping[str, Any]) -> None:
        if operation == "update_item" and request["TableName"] == SCORES:
            raise client_error("InternalServerError", "UpdateItem")

    shop.client.before = refuse
    answer = shop.deliver(at(4, purchase("cy", "product-2")), at(5, purchase("cy", "product-1")))
    assert answer == {"batchItemFailures": [{"itemIdentifier": number(4)}]}


def test_rule_7_no_thread_is_left_running_when_the_handler_returns_or_raises() -> None:
    dynamodb = tables()
    client = Interfering(dynamodb)
    executor = ThreadPoolExecutor(4)
    views = WinnerViewStore(
        client,  # type: ignore[arg-type]
        FakeS3,  # type: ignore[arg-type]
        executor,
        places=PLACES,
        score_buckets=SCORE_BUCKETS,
        recent_events=16,
    )
    open_calls: list[str] = []

    def enter(operation: str, request: Mapping[str, Any]) -> None:
        open_calls.append(operation)
        if {"S": "product-0"} in request.get("Key", {}).values():
            open_calls.remove(operation)
            raise RuntimeError("a defect")

    def leave(operation: str, request: Mapping[str, Any]) -> None:
        del request
        open_calls.remove(operation)

    client.before, client.after = enter, leave
    records = [at(offset, create("ada", f"product-{offset}")) for offset in range(20)]
    with pytest.raises(RuntimeError, match="a defect"):
        fold_batch(decode_batch(kinesis_event(records)), views, lambda: 0.0)
    assert open_calls == []
    assert len(dynamodb.items[CONTRIBUTIONS]) == 19
    executor.shutdown()


@pytest.mark.parametrize(
    ("smaller", "greater"),
    [(9, 10), (255, 256), (FIRST_NUMBER, FIRST_NUMBER + 1), (10**55, 10**56), (2**400, 2**400 + 1)],
)
def test_rule_8_watermarks_sort_as_their_numbers_do(smaller: int, greater: int) -> None:
    assert watermark.encode_watermark(smaller) < watermark.encode_watermark(greater)
    assert watermark.decode_watermark(watermark.encode_watermark(greater)) == greater


def test_rule_8_a_watermark_costs_28_bytes_a_shard() -> None:
    assert (
        len(watermark.format_watermark_attribute("shardId-000000000012") + "")
        + len(watermark.encode_watermark(FIRST_NUMBER))
        == 28
    )


def test_rule_8_a_number_that_no_length_byte_can_tell_of_is_refused() -> None:
    with pytest.raises(OverflowError, match="does not fit"):
        watermark.encode_watermark(2 ** (8 * 256))


def test_rule_9_a_closed_shards_watermark_stays_and_a_child_starts_its_own(shop: Shop) -> None:
    shop.deliver(at(1, create("ada", "product-1")), at(2, purchase("cy", "product-1")))
    shop.deliver(at(3, purchase("cy", "product-1"), CHILD))
    shop.deliver(at(2, purchase("cy", "product-1")))
    item = shop.score_item("ada")
    assert item["score"] == {"N": "2"}
    assert watermark.decode_watermark(item["w0"]["B"]) == FIRST_NUMBER + 2
    assert watermark.decode_watermark(item["w3"]["B"]) == FIRST_NUMBER + 3


def test_rule_10_a_new_generation_starts_empty_and_counts_the_log_again(shop: Shop) -> None:
    log = [at(1, create("ada", "product-1")), at(2, purchase("cy", "product-1"))]
    shop.deliver(*log)
    generation = Shop()
    assert generation.deliver(*log) == DONE
    assert generation.scores() == shop.scores()


EVENT_IDS = [f"00000000-0000-4000-8000-{index:012d}" for index in range(40)]


def click(offset: int, event: int, shard_id: str = PARENT, product: str = "product-1") -> LogRecord:
    """Return a purchase that its producer identified, so that it can be put again under another number."""
    return at(offset, purchase("cy", product, EVENT_IDS[event]), shard_id)


def test_rule_11_a_ledger_is_kept_per_shard_and_only_after_its_answer(shop: Shop) -> None:
    shop.deliver(at(1, create("ada", "product-1")), click(2, 1))
    shop.deliver(click(3, 2, CHILD))

    def lose(operation: str, request: Mapping[str, Any]) -> None:
        raise ReadTimeoutError(endpoint_url="https://aws")

    shop.client.before = lose
    shop.deliver(click(4, 3, CHILD))
    shop.client.before = lambda operation, request: None
    shop.client.calls.clear()
    assert shop.deliver(click(4, 3, CHILD)) == DONE
    assert shop.scores() == {("creator", "ada"): 3}
    assert shop.client.writes_to(SCORES) == 1


def test_rule_12_a_cold_instance_learns_what_is_there_before_it_judges(shop: Shop) -> None:
    shop.deliver(at(1, create("ada", "product-1")), click(2, 1))
    cold = Interfering(shop.dynamodb)
    assert warm_instance(cold, shop.s3)(kinesis_event([click(3, 1), click(4, 2)])) == DONE
    conditions = [
        request["ConditionExpression"]
        for operation, request in cold.calls
        if operation == "update_item" and request["TableName"] == SCORES
    ]
    assert conditions == ["attribute_not_exists(userId)", "#watermark = :known"]
    assert shop.scores() == {("creator", "ada"): 2}


def test_rule_12_a_warm_instance_writes_only_on_the_score_it_knows(shop: Shop) -> None:
    shop.deliver(at(1, create("ada", "product-1")), click(2, 1))
    warm_instance(shop.dynamodb, shop.s3)(kinesis_event([click(3, 2)]))
    assert shop.deliver(click(4, 2), click(5, 3)) == DONE
    assert shop.scores() == {("creator", "ada"): 3}


@pytest.mark.parametrize("together", [True, False])
def test_rule_13_a_click_put_twice_counts_once_in_one_batch_or_in_two(shop: Shop, together: bool) -> None:
    records = [at(1, create("ada", "product-1")), click(2, 1), click(3, 1), click(4, 1)]
    for batch in [records] if together else [[record] for record in records]:
        assert shop.deliver(*batch) == DONE
    assert shop.scores() == {("creator", "ada"): 1}


def test_rule_13_a_child_shard_knows_what_its_parent_counted(shop: Shop) -> None:
    shop.deliver(at(1, create("ada", "product-1")), click(2, 1))
    assert shop.deliver(click(3, 1, CHILD), click(4, 2, CHILD)) == DONE
    assert shop.scores() == {("creator", "ada"): 2}


def test_rule_14_the_watermark_moves_also_where_all_are_repeats(shop: Shop) -> None:
    shop.deliver(at(1, create("ada", "product-1")), click(2, 1))
    before = shop.score_item("ada")["r0"]
    shop.deliver(click(3, 1))
    item = shop.score_item("ada")
    assert watermark.decode_watermark(item["w0"]["B"]) == FIRST_NUMBER + 3
    assert item["r0"] == before


def test_rule_14_sales_without_an_event_id_never_enter_the_ring(shop: Shop) -> None:
    shop.deliver(
        at(1, create("ada", "product-1")), *[at(n, purchase("cy", "product-1")) for n in range(2, 9)]
    )
    assert shop.score_item("ada")["score"] == {"N": "7"}
    assert "r0" not in shop.score_item("ada")


def test_rule_15_the_last_16_sales_are_remembered_and_what_comes_later_counts_again(shop: Shop) -> None:
    shop.deliver(at(1, create("ada", "product-1")), *[click(2 + index, index) for index in range(17)])
    shop.deliver(click(30, 1))
    assert shop.scores() == {("creator", "ada"): 17}
    shop.deliver(click(31, 0))
    assert shop.scores() == {("creator", "ada"): 18}


def test_rule_15_each_contributor_judges_for_itself(shop: Shop) -> None:
    shop.deliver(at(1, create("ada", "product-1")), click(2, 1))
    shop.deliver(at(3, image("ben", "product-1")), click(4, 1))
    assert shop.scores() == {("creator", "ada"): 1, ("photographer", "ben"): 1}


def test_a_score_stays_under_one_kilobyte_at_five_shards(shop: Shop) -> None:
    user = "a" * 36
    shop.deliver(at(1, create(user, "product-1")))
    for shard in range(5):
        fresh = [
            at(100 * (shard + 1) + n, purchase("cy", "product-1", f"{shard:08d}-0000-4000-8000-{n:012d}"))
            for n in range(20, 40)
        ]
        shop.deliver(*[replace(record, shard_id=f"shardId-{shard:012d}") for record in fresh])
    item = shop.score_item(user)
    size = sum(
        len(name) + len(value.get("B", b"") or value.get("S", value.get("N", "")))
        for name, value in item.items()
    )
    assert {f"r{shard}" for shard in range(5)} < set(item)
    assert size < 1024


def test_a_batch_costs_one_write_for_each_contributor_and_none_for_a_known_product(shop: Shop) -> None:
    shop.deliver(at(1, create("ada", "product-1")), at(2, image("ben", "product-1")))
    shop.client.calls.clear()
    shop.deliver(*[at(offset, purchase("cy", "product-1")) for offset in range(3, 103)])
    assert shop.client.writes_to(SCORES) == 2
    assert shop.client.writes_to(CONTRIBUTIONS) == 0
