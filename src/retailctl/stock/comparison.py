"""Compare the stock with what the log says was added to it: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from retailctl.catalog.recount import Catalog, Items

NOTHING: Mapping[str, int] = {"added": 0, "available": 0}


@dataclass(frozen=True, slots=True)
class StockDifference:
    """A product whose stock is not what the log says was added.

    ``ordered`` is what orders have reserved or bought.
    """

    product: str
    logged: int
    added: int
    available: int
    ordered: int


@dataclass(frozen=True, slots=True)
class StockComparison:
    """What differs, how much was compared, and how much is unknown."""

    differences: Sequence[StockDifference]
    compared: int
    unknown: int


def compare_stock(
    recounted: Catalog, products: Items, stock: Items, ordered: Mapping[str, int], *, is_log_whole: bool
) -> StockComparison:
    """Compare the table's stock, and what is ``ordered``, with what the log says was added.

    Where the log is not whole, only those products can be compared whose first offer is in it: the catalog's
    ``products`` tell when and by whom that was.
    """
    with_stock = sorted(recounted.stock.keys() | stock.keys())
    known = [
        product
        for product in with_stock
        if is_log_whole or _is_first_offer(recounted.products.get(product, {}), products.get(product, {}))
    ]
    differences = []
    for product in known:
        logged = int(recounted.stock.get(product, NOTHING)["added"])
        item = stock.get(product, NOTHING)
        added, available = int(item["added"]), int(item["available"])
        taken = ordered.get(product, 0)
        if not logged == added == available + taken:
            differences.append(StockDifference(product, logged, added, available, taken))
    return StockComparison(differences, len(known), len(with_stock) - len(known))


def _is_first_offer(logged: Mapping[str, str | int], product: Mapping[str, str | int]) -> bool:
    return "merchant" in logged and all(
        logged[name] == product.get(name) for name in ("merchant", "offeredAt")
    )
