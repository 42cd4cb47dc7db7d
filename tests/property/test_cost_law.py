"""What holds of the bill of every workload."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from retailctl.cost import figures, model, prices, units, workload

BENCH, PRICES = units.read_committed_figures(), prices.read_price_list()
EVENTS = st.floats(1_000, 200_000_000)
MORE = st.floats(1.0, 50.0)


@st.composite
def workloads(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "events_per_day": draw(EVENTS),
        "window_seconds": draw(st.floats(0.2, 300)),
        "contributors": draw(st.integers(2, 5_000)),
        "reads_per_day": draw(st.floats(1, 1e6)),
        "bad_records_per_day": draw(st.floats(1, 1e4)),
    }


def total(**load: Any) -> float:
    return model.compute_bill(workload.build_workload(**load), BENCH, PRICES).way.usd


def whole_day(**load: Any) -> float:
    return model.compute_bill(workload.build_workload(**load), BENCH, PRICES).front_door_to_board


@settings(max_examples=40)
@given(workloads(), MORE)
def test_more_events_never_cost_less(load: dict[str, Any], times: float) -> None:
    more = load | {"events_per_day": load["events_per_day"] * times}
    assert total(**more) >= total(**load) * (1 - 1e-9)
    assert whole_day(**more) >= whole_day(**load) * (1 - 1e-9)


@settings(max_examples=40)
@given(workloads(), MORE)
def test_more_events_never_cost_less_on_the_same_shards(load: dict[str, Any], times: float) -> None:
    shards = workload.build_workload(**load | {"events_per_day": load["events_per_day"] * times}).shards
    more = load | {"events_per_day": load["events_per_day"] * times}
    assert total(**more, shards=shards) >= total(**load, shards=shards) * (1 - 1e-9)


@settings(max_examples=40)
@given(workloads())
def test_no_service_that_is_used_costs_nothing(load: dict[str, Any]) -> None:
    answer = model.compute_bill(workload.build_workload(**load), BENCH, PRICES)
    used = {service for part in (answer.way, *answer.apart) for service in part.sum_by_service()}
    assert used == set(prices.SERVICES.values()) - {"SNS"}
    assert all(line.usd > 0 for part in (answer.way, *answer.apart) for line in part.lines)


@settings(max_examples=40)
@given(workloads(), st.floats(1.0, 20.0))
def test_a_fresher_board_never_costs_less(load: dict[str, Any], times: float) -> None:
    fresher = load | {"window_seconds": max(0.2, load["window_seconds"] / times)}
    assert total(**fresher) >= total(**load) * (1 - 1e-9)


@settings(max_examples=40)
@given(workloads(), st.integers(0, 5_000))
def test_more_contributors_never_cost_less(load: dict[str, Any], more: int) -> None:
    crowded = load | {"contributors": load["contributors"] + more}
    assert total(**crowded) >= total(**load) * (1 - 1e-9)


@settings(max_examples=40)
@given(workloads())
def test_the_same_sales_spread_evenly_cost_no_less_where_no_batch_is_full(load: dict[str, Any]) -> None:
    whole = workload.build_workload(**load)
    assume(figures.compute_batch_size(whole, whole.peak_per_second) < whole.batch_size)
    even = load | {"peak_per_second": whole.average, "shards": whole.shards}
    assert total(**even) >= total(**load) * 0.999
