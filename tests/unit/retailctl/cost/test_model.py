"""What a day costs, held against sums done by hand."""

from __future__ import annotations

from dataclasses import replace
from math import log
from typing import Any

import pytest

from retailctl.cost import figures, model, orders, prices, studio, units, workload
from retailctl.cost import original as cost_original
from retailctl.cost.bill import Bill, Line
from retailctl.errors import UserError
from support.costing import PLAIN

MONTH = 30.4375
HANDY = {"events_per_day": 86_400, "peak_per_second": 1, "shards": 1, "window_seconds": 10}
"""One sale a second, all day long: 8,640 batches of 10."""


def bill(**changes: Any) -> Bill:
    return model.compute_bill(
        workload.build_workload(**changes), units.read_committed_figures(), prices.read_price_list()
    )


def handy(**changes: Any) -> dict[tuple[str, str], Line]:
    load = workload.build_workload(**HANDY | changes)
    answer = model.compute_bill(load, replace(PLAIN), prices.read_price_list())
    return {(line.price.item, line.what): line for line in answer.way.lines}


def test_the_default_day_costs_three_dollars_at_most() -> None:
    assert bill().way.usd <= 3.0
    assert bill(peak_per_second=10_000_000 / 86_400).way.usd <= 3.0


def test_the_front_door_of_the_default_day_costs_no_more_than_its_bound() -> None:
    assert bill().front_door.usd <= 16.50
    assert bill().front_door_to_board == pytest.approx(bill().front_door.usd + bill().way.usd)


def test_the_front_door_by_hand() -> None:
    load = workload.build_workload(**HANDY)
    writer = model.compute_bill(load, replace(PLAIN), prices.read_price_list()).front_door
    lines = {(line.price.item, line.what): line for line in writer.lines}
    logged = 86_400 * 284 / 1e9

    assert lines["apigateway.request", "events posted"].usd == pytest.approx(86_400 * 1.0 / 1e6)
    assert lines["lambda.request", "event writer"].usd == pytest.approx(86_400 * 0.20 / 1e6)
    assert lines["lambda.gb_second", "event writer, time"].quantity == pytest.approx(86_400 * 0.03 * 0.5)
    assert lines["cloudwatch.infrequent_log_gb", "access log"].usd == pytest.approx(logged * 0.25)
    assert lines["cloudwatch.log_storage", "access log, kept"].usd == pytest.approx(
        logged * 90 * 0.03 / MONTH
    )
    assert "cloudwatch.log_gb" not in {line.price.item for line in writer.lines}


@pytest.mark.parametrize("times", [10, 100])
def test_more_load_takes_as_many_more_shards_and_makes_no_event_dearer(times: int) -> None:
    load = workload.build_workload()
    more = workload.multiply_workload(load, times)
    grown = model.compute_bill(more, units.read_committed_figures(), prices.read_price_list())

    assert (more.events_per_day, more.reads_per_day) == (1e7 * times, 1_000 * times)
    assert (more.peak_per_second, more.shards) == (pytest.approx(200 * times), 2 * times)
    assert grown.front_door_to_board < times * bill().front_door_to_board
    assert grown.front_door.usd == pytest.approx(times * bill().front_door.usd, rel=0.01)


def test_the_stream_by_hand() -> None:
    lines = handy()
    assert lines["kinesis.shard_hour", "shards"].usd == pytest.approx(24 * 0.015)
    assert lines["kinesis.put_unit", "events put"].usd == pytest.approx(86_400 * 0.014 / 1e6)


def test_the_tables_by_hand() -> None:
    lines = handy()
    crowd = units.compute_crowd(120, 1)
    writes = 8_640 * 10 * crowd * log(1 + 2 / crowd)
    assert lines["dynamodb.write_unit", "scores written"].quantity == pytest.approx(writes)
    assert lines["dynamodb.write_unit", "scores written"].usd == pytest.approx(writes * 0.625 / 1e6)
    assert lines["dynamodb.read_unit", "registrations read"].usd == pytest.approx(43_200 * 0.125 / 1e6)
    stored = (120 * 370 + 300 * 500) / 1e9
    assert lines["dynamodb.storage", "both tables"].usd == pytest.approx(stored * 0.25 / MONTH)
    # 60 scores of 370 bytes in 4 buckets are 5,550 bytes each: two times 4 KB, at half a unit.
    assert lines["dynamodb.read_unit", "boards read"].quantity == 1_000 * 4 * 2 * 0.5


def test_the_functions_by_hand() -> None:
    lines = handy()
    crowd = units.compute_crowd(120, 1)
    seconds = 8_640 * 10 * crowd * log(1 + 2 / crowd) * 0.01
    assert lines["lambda.request", "winner view, batches"].usd == pytest.approx(8_640 * 0.20 / 1e6)
    time = lines["lambda.gb_second", "winner view, time"]
    assert time.quantity == pytest.approx(seconds * 1769 / 1024)
    assert time.usd == pytest.approx(seconds * 1769 / 1024 * 0.0000133334)
    assert lines["lambda.gb_second", "winner API, time"].quantity == 1_000 * 0.13 * 0.5


def test_more_memory_than_a_processor_has_buys_no_time() -> None:
    time = "lambda.gb_second", "winner view, time"
    assert handy(memory_mb=1_024)[time].quantity == pytest.approx(handy()[time].quantity)
    assert handy(memory_mb=2 * 1_769)[time].quantity == pytest.approx(2 * handy()[time].quantity)


def test_what_watches_by_hand() -> None:
    lines = handy()
    logged = 8_640 * 1_000 / 1e9
    assert lines["cloudwatch.log_gb", "logs"].usd == pytest.approx(logged * 0.5)
    assert lines["cloudwatch.log_storage", "logs, kept"].usd == pytest.approx(logged * 365 * 0.03 / MONTH)
    asked = 1_000 * 309 / 1e9
    assert lines["cloudwatch.infrequent_log_gb", "access log"].usd == pytest.approx(asked * 0.25)
    assert lines["cloudwatch.log_storage", "access log, kept"].usd == pytest.approx(asked * 90 * 0.03 / MONTH)
    assert lines["cloudwatch.metric", "our metrics"].usd == pytest.approx(7 * 0.30 / MONTH)
    assert lines["cloudwatch.metric", "the mapping's metrics"].usd == pytest.approx(6 * 0.30 / MONTH)
    assert lines["cloudwatch.alarm", "alarms"].usd == pytest.approx(model.WAY.alarm_metrics * 0.10 / MONTH)
    assert lines["cloudwatch.dashboard", "dashboard"].usd == pytest.approx(3 / MONTH)
    assert lines["kms.key", "the environment's key"].usd == pytest.approx(1 / MONTH)
    requests = 288 * (12 * 2 + 8 * 1 * 2 + 2 + 3) + 100
    assert lines["kms.request", "use of the key"].usd == pytest.approx(requests * 0.03 / 10_000)
    assert lines["apigateway.request", "reads of the board"].usd == pytest.approx(0.001)
    assert lines["s3.put", "quarantine"].usd == pytest.approx(100 * 0.005 / 1_000)


def test_the_day_swings_between_the_peak_and_as_far_below_the_average() -> None:
    rates = workload.build_workload().compute_rates()
    average = 10_000_000 / 86_400
    assert sum(rate * seconds for rate, seconds in rates) == pytest.approx(10_000_000)
    assert max(rate for rate, _ in rates) == pytest.approx(200, rel=0.002)
    assert min(rate for rate, _ in rates) == pytest.approx(2 * average - 200, rel=0.01)


def test_a_day_with_a_peak_above_twice_its_average_is_partly_closed() -> None:
    rates = workload.build_workload(peak_per_second=926).compute_rates()
    assert sum(rate * seconds for rate, seconds in rates) == pytest.approx(10_000_000)
    assert sum(seconds for _, seconds in rates) == pytest.approx(86_400 / 4, rel=0.001)
    assert all(rate > 0 for rate, _ in rates)


def test_a_batch_is_cut_at_its_size_and_never_below_one_sale() -> None:
    load = workload.build_workload(shards=2, window_seconds=60)
    assert figures.compute_batch_size(load, 200) == 1_000
    assert figures.compute_batch_size(load, 10) == 300
    assert figures.compute_batch_size(load, 0.01) == 1


def test_shards_follow_the_peak() -> None:
    assert workload.build_workload().shards == 2
    assert workload.build_workload(peak_per_second=200.1).shards == 3
    assert workload.build_workload(events_per_day=1_000).shards == 1


def test_below_a_second_records_are_pushed_and_that_is_paid() -> None:
    items = {line.price.item: line.usd for line in bill(window_seconds=0.5).way.lines}
    assert items["kinesis.fan_out_shard_hour"] == pytest.approx(2 * 24 * 0.015)
    assert items["kinesis.fan_out_gb"] == pytest.approx(2.7 * 0.013)
    assert "kinesis.fan_out_gb" not in {line.price.item for line in bill(window_seconds=1).way.lines}


def test_trending_by_hand() -> None:
    """One sale a second, in batches of 60: of 25 products that sell alike, 22.84 are in each."""
    load = workload.build_workload(**HANDY | {"contributors": 10})
    trending = model.compute_bill(load, replace(PLAIN), prices.read_price_list()).apart[2]
    lines = {(line.price.item, line.what): line for line in trending.lines}
    products = 25 * (1 - (24 / 25) ** 60)

    assert lines["lambda.request", "batches"].quantity == pytest.approx(1_440)
    assert lines["dynamodb.write_unit", "products written"].quantity == pytest.approx(1_440 * products)
    # 25 items of 370 bytes are 9,250: three times 4 KB, at half a unit.
    assert lines["dynamodb.read_unit", "products read"].quantity == 1_000 * 3 * 0.5


@pytest.mark.parametrize("days", [2, 7])
def test_a_longer_log_is_in_the_sum(days: int) -> None:
    assert bill(stream_days=days).way.usd - bill().way.usd == pytest.approx(2 * 24 * 0.02)


def test_apart_are_the_archive_and_the_writer() -> None:
    archive, writer, *_ = bill().apart
    objects = next(line for line in archive.lines if line.price.item == "s3.put")
    assert objects.quantity == pytest.approx(3 * 2 * 86_400 / 60)
    kept = next(line for line in archive.lines if line.price.item == "s3.storage")
    assert kept.usd == pytest.approx(10_000_000 * 270 / 8 * 365 / 1e9 * 0.023 / MONTH)
    assert writer.sum_by_service()["API Gateway"] == pytest.approx(10)


def test_the_archive_s_own_consumer_is_paid_where_it_has_one() -> None:
    pushed, polled = bill().apart[0], bill(archive_fan_out=False).apart[0]
    assert pushed.usd - polled.usd == pytest.approx(2 * 24 * 0.015 + 2.7 * 0.013)
    assert "kinesis.fan_out_gb" not in {line.price.item for line in polled.lines}


def test_the_catalog_by_hand() -> None:
    """A thousand new products at 6 units, 2 for the price, 2 for the picture and 1 for the stock."""
    catalog = bill(offers_per_day=1_000, reads_per_day=100).apart[3]
    units = sum(line.quantity for line in catalog.lines if line.price.item == "dynamodb.write_unit")
    assert catalog.name == "The catalog"
    assert units == 11_000
    # 25 products of 400 bytes are 10,000: three times 4 KB, at half a unit.
    reads = {line.what: line.quantity for line in catalog.lines if line.price.item == "dynamodb.read_unit"}
    assert reads == {"products judged": 500, "categories, pages and products read": 100 * (0.5 + 1.5 + 1)}
    requests = next(line for line in catalog.lines if line.price.item == "apigateway.request")
    assert requests.quantity == 300


def test_without_offers_the_catalog_costs_what_reading_the_stream_costs() -> None:
    catalog = bill(offers_per_day=0, reads_per_day=0).apart[3]
    assert not [line for line in catalog.lines if line.price.item == "dynamodb.write_unit"]
    assert catalog.usd > 0


def studio_lines(**changes: Any) -> dict[tuple[str, str], Line]:
    part = bill(**changes).apart[4]
    assert part.name == "The studio"
    return {(line.price.item, line.what): line for line in part.lines}


def test_the_studio_by_hand() -> None:
    lines = studio_lines(offers_per_day=1_000)
    kept = 1_000 * (90 + 1) * 500

    # Three steps a product, start and end; thirty write units.
    assert lines["states.transition", "products photographed"].usd == pytest.approx(5 * 0.025)
    assert lines["dynamodb.write_unit", "products photographed"].usd == pytest.approx(30_000 * 0.625 / 1e6)
    # Every quarter of an hour the whole table, eventually consistently: half a unit for 4 KB.
    assert lines["dynamodb.read_unit", "reconciliation"].quantity == pytest.approx(96 * kept / 4_096 / 2)
    assert lines["dynamodb.storage", "the table"].usd == pytest.approx(kept / 1e9 * 0.25 / MONTH)
    assert lines["lambda.request", "studio tasks"].quantity == 3_000
    assert lines["lambda.request", "photo desk"].quantity == 1_000
    assert lines["s3.put", "uploads and pictures"].usd == pytest.approx(2_000 * 0.005 / 1_000)
    assert lines["s3.storage", "pictures, kept"].usd == pytest.approx(365 * 0.35 * 0.023 / MONTH)
    # Two minutes of looks every five seconds, and a ticket.
    assert lines["apigateway.request", "inbox"].quantity == 1_000 * (24 + 1)


def test_products_that_wait_and_texts_are_paid_where_there_are_any() -> None:
    lines = studio_lines(waiting_products=1_000, texts=True)
    assert lines["states.transition", "products that wait"].usd == pytest.approx(96 * 0.025)
    assert lines["sns.sms", "texts"].usd == pytest.approx(1_000 * 0.00645)
    assert {("states.transition", "products that wait"), ("sns.sms", "texts")}.isdisjoint(studio_lines())


def test_without_offers_the_studio_costs_what_stands_there() -> None:
    lines = studio_lines(offers_per_day=0)
    assert {item.partition(".")[0] for item, _ in lines} == {"lambda", "cloudwatch", "kms"}


def test_a_thousand_products_cost_less_of_step_functions_than_their_bounds() -> None:
    pictured, missed, waiting = studio.list_machine_costs(prices.read_price_list())

    assert pictured.ours == (pytest.approx(0.075), pytest.approx(0.125))
    assert pictured.ours[1] <= studio.PICTURED_BOUND == 0.13
    assert pictured.original == (pytest.approx(0.325), pytest.approx(0.375))
    assert missed.ours == (pytest.approx(0.075), pytest.approx(0.075))
    assert waiting.ours == (pytest.approx(2.4), pytest.approx(2.4))
    assert waiting.ours[1] <= studio.WAITING_BOUND == 2.5
    assert waiting.original == (pytest.approx(432), pytest.approx(432))


def order_lines(**changes: Any) -> dict[tuple[str, str], Line]:
    part = bill(**changes).apart[5]
    assert part.name == "Carts and orders"
    return {(line.price.item, line.what): line for line in part.lines}


def test_carts_and_orders_by_hand() -> None:
    lines = order_lines(orders_per_day=1_000)

    # Three steps an order, start and end.
    assert lines["states.transition", "orders"].usd == pytest.approx(5 * 0.025)
    assert lines["dynamodb.write_unit", "orders"].quantity == 1_000 * orders.WRITE_UNITS
    # Two lines are put into the cart and taken out.
    assert lines["dynamodb.write_unit", "cart lines"].quantity == 4_000
    assert lines["lambda.request", "order tasks"].quantity == 3_000
    # Three looks at the cart, three at the order, and the order itself.
    assert lines["apigateway.request", "carts and orders"].quantity == 7_000
    assert lines["kinesis.put_unit", "events"].quantity == 3_000
    assert lines["dynamodb.storage", "the tables"].usd == pytest.approx(365 * 1e6 / 1e9 * 0.25 / MONTH)


def test_without_orders_they_cost_what_stands_there() -> None:
    lines = order_lines(orders_per_day=0)
    assert {item.partition(".")[0] for item, _ in lines} == {"cloudwatch", "dynamodb", "kms"}
    assert {what for item, what in lines if item.startswith("dynamodb")} == {"reconciliation"}


def test_a_thousand_orders_cost_less_of_step_functions_than_their_bound() -> None:
    (ordered,) = orders.list_machine_costs(prices.read_price_list())

    assert ordered.ours == (pytest.approx(0.075), pytest.approx(0.125))
    assert ordered.ours[1] <= orders.ORDERED_BOUND == 0.13


def test_the_original_as_measured_by_hand() -> None:
    original = cost_original.price_original(workload.build_workload(), prices.read_price_list())
    assert original.usd == pytest.approx(88 * 0.625 + 20 * 0.125)


def test_the_originals_whole_day_by_hand() -> None:
    day = cost_original.price_original_day(
        workload.build_workload(), prices.read_price_list(), writer_seconds=0.03
    )
    front_door = 10 * 3.50 + 10 * 0.20 + 300_000 * 0.0000133334
    stream = 72 * 0.015 + 10 * 0.014
    consumer = 2 * 0.20 + 10_000_000 / 60 * 0.0000133334 + 88 * 0.625 + 20 * 0.125
    assert day.usd == pytest.approx(front_door + stream + consumer)


def test_a_workload_without_reads_and_bad_records_has_no_lines_of_theirs() -> None:
    items = {line.price.item for line in bill(reads_per_day=0, bad_records_per_day=0).way.lines}
    assert items.isdisjoint({"apigateway.request", "s3.put", "s3.storage"})


def test_the_free_tier_is_taken_off_once_for_each_price() -> None:
    load = workload.build_workload(**HANDY)
    lines = model.compute_bill(load, PLAIN, prices.read_price_list(), free_tier=True).way.lines
    by_what = {line.what: line for line in lines}
    assert by_what["shards"].usd == pytest.approx(0.36)
    assert by_what["winner view, batches"].usd == 0
    # Ten metrics are free: our seven, and three of the mapping's six.
    assert by_what["our metrics"].usd == 0
    assert by_what["the mapping's metrics"].usd == pytest.approx(3 * 0.30 / MONTH)
    assert by_what["use of the key"].billed == pytest.approx(
        by_what["use of the key"].quantity - 20_000 / MONTH
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"events_per_day": 0}, "0 events a day cannot be"),
        ({"events_per_day": float("nan")}, "nan events a day cannot be"),
        ({"peak_per_second": 100}, "115.7 a second on average: a peak of 100 is below that"),
        ({"shards": 0}, "0 shards cannot be"),
        ({"peak_per_second": 2_500, "shards": 2}, "needs 3 shards or more, not 2"),
        ({"window_seconds": 0.1}, "give 0.2 to 300 s"),
        ({"window_seconds": 301}, "give 0.2 to 300 s"),
        ({"contributors": 1}, "a merchant and a photographer"),
        ({"reads_per_day": -1}, "cannot be below nothing"),
        ({"waiting_products": -1}, "cannot be below nothing"),
        ({"orders_per_day": -1}, "cannot be below nothing"),
        ({"stream_days": 8}, "give 1 to 7; what is older is the archive's"),
        ({"memory_mb": 0}, "0 MB of memory cannot be"),
        ({"batch_size": -5}, "-5 records a batch cannot be"),
    ],
)
def test_a_workload_that_cannot_be_is_refused_in_words(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        workload.build_workload(**changes)


def test_a_missing_price_is_an_error_and_no_zero() -> None:
    listed = prices.read_price_list()
    without = replace(listed, by_item={k: v for k, v in listed.by_item.items() if k != "kms.request"})
    with pytest.raises(UserError, match=r"has no price for kms\.request"):
        model.compute_bill(workload.build_workload(), PLAIN, without)


def test_more_dollars_buy_a_shorter_window() -> None:
    def total(window: float) -> float:
        return 10 / window + (5 if window < 1 else 0)

    assert model.find_window(4, total, now=5) == pytest.approx(2.5, abs=0.001)
    assert model.find_window(10, total, now=5) == pytest.approx(1, abs=0.001)
    assert model.find_window(25, total, now=5) == pytest.approx(0.5, abs=0.001)
    assert model.find_window(1_000, total, now=5) == 0.2
    assert model.find_window(1, total, now=5) == 5
