"""From a bench's few points to any batch: the curve, and what it says of exact counts."""

from __future__ import annotations

import json
from hashlib import md5
from math import log
from typing import TYPE_CHECKING, Any

import pytest

from retailctl.cost import units
from retailctl.cost.units import EXPONENT, PEOPLE, PRODUCTS, SHARDS
from retailctl.errors import UserError
from retailctl.simulation.workshop import Workshop
from support.costing import PLAIN
from tools.bench.worker import SEED

if TYPE_CHECKING:
    from pathlib import Path

BENCH = json.loads(units.COMMITTED.read_text())


def counted(batch: int, shards: int, people: int, sales: int) -> float:
    """Return the writes of a batch, by counting who is in each batch of a simulated day."""
    workshop = Workshop(SEED, people * PRODUCTS // PEOPLE, people, EXPONENT)
    products = {product.product_id: product for product in workshop.catalog}
    waiting: list[list[str]] = [[] for _ in range(shards)]
    writes: list[int] = []
    for sale in workshop.generate_purchases(sales):
        digest = md5(sale.partition_key.encode(), usedforsecurity=False).digest()
        queue = waiting[int.from_bytes(digest) * shards >> 128]
        queue.append(sale.partition_key)
        if len(queue) == batch:
            sold = [products[id_] for id_ in queue]
            writes.append(len({p.merchant for p in sold}) + len({p.photographer for p in sold}))
            queue.clear()
    return sum(writes) / len(writes)


def written(folder: Path, **changes: Any) -> Path:
    file = folder / "bench.json"
    file.write_text(json.dumps({"batches": [BENCH["batches"][0] | changes]}))
    return file


@pytest.mark.parametrize("batch", BENCH["batches"])
def test_the_curve_meets_every_measured_point(batch: dict[str, float]) -> None:
    size = batch["batch_size"]
    found = units.read_committed_figures()
    assert found.estimate_write_units(size) == pytest.approx(size * batch["write_units_per_purchase"])
    assert found.estimate_read_units(size) == pytest.approx(batch["read_units_per_purchase"])
    assert found.estimate_seconds(size) == pytest.approx(size / (batch["speedup"] * 60))


def test_a_lone_sale_takes_almost_two_writes_and_no_sale_takes_more() -> None:
    found = units.read_committed_figures()
    assert 1.85 < found.estimate_write_units(1) < 2
    assert all(found.estimate_write_units(size) < 2 * size for size in (1, 5, 67, 335, 1000, 100_000))


def test_a_curve_by_hand() -> None:
    assert PLAIN.estimate_write_units(10) == pytest.approx(10 * log(3))
    assert PLAIN.estimate_write_units(10, crowd=2) == pytest.approx(20 * log(2))
    assert PLAIN.estimate_seconds(10) == pytest.approx(0.1 * log(3))


def test_bigger_batches_write_more_in_all_and_less_a_sale() -> None:
    found = units.read_committed_figures()
    sizes = [1, 2, 5, 20, 66, 67, 68, 150, 334, 336, 600, 999, 1001, 5000]
    writes = [found.estimate_write_units(size) for size in sizes]
    assert writes == sorted(writes)
    each = [write / size for write, size in zip(writes, sizes, strict=True)]
    assert each == sorted(each, reverse=True)


def test_a_shard_of_the_bench_sees_the_benchs_crowd() -> None:
    assert units.compute_crowd(PEOPLE, SHARDS) == 1
    assert (
        units.compute_crowd(PEOPLE, 6) < 1 < units.compute_crowd(PEOPLE, 2) < units.compute_crowd(PEOPLE, 1)
    )
    assert units.compute_crowd(10 * PEOPLE, SHARDS) == pytest.approx(10, rel=0.15)


@pytest.mark.parametrize(
    ("batch", "shards", "people"),
    [(20, 3, 120), (193, 3, 120), (290, 2, 120), (67, 1, 120), (579, 1, 120), (335, 2, 360)],
)
def test_the_curve_is_within_a_tenth_of_exact_counts(batch: int, shards: int, people: int) -> None:
    exact = counted(batch, shards, people, sales=30 * batch * shards)
    found = units.read_committed_figures().estimate_write_units(batch, units.compute_crowd(people, shards))
    assert found == pytest.approx(exact, rel=0.1)


def test_without_figures_it_says_make_bench(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"There are no measured units at .*: run `make bench`"):
        units.read_figures(tmp_path / "bench.json")


def test_a_clones_own_bench_goes_before_the_committed_one(tmp_path: Path) -> None:
    assert units.read_latest_figures(tmp_path / "bench.json") == units.read_committed_figures()
    assert "2026-11-22" in units.read_committed_figures().source
    own = units.read_latest_figures(written(tmp_path))
    assert (own.source, len(own.points)) == ("build/bench.json", 1)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"batches": []}', '{"batches": [{"batch_size": 67}]}'])
def test_a_file_that_no_bench_wrote_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "bench.json"
    file.write_text(text)
    with pytest.raises(UserError, match="run `make bench`"):
        units.read_figures(file)


@pytest.mark.parametrize(
    "wrong",
    [
        {"write_units_per_purchase": 2.5},
        {"write_units_per_purchase": 0.001},
        {"read_units_per_purchase": -1},
        {"speedup": 0},
    ],
)
def test_figures_that_cannot_be_are_refused(tmp_path: Path, wrong: dict[str, float]) -> None:
    with pytest.raises(UserError, match="cannot be"):
        units.read_figures(written(tmp_path, **wrong))
