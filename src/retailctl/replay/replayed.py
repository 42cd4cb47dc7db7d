"""What a replay has to know of each view, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from hello_retail import events
from retailctl.catalog.recount import OFFER, PICTURE, PRICE, Catalog, compare_catalogs
from retailctl.catalog.stored import read_generation
from retailctl.environments import generations
from retailctl.scores.recount import Scores, compare_scores
from retailctl.scores.stored import read_stored_scores

if TYPE_CHECKING:
    from retailctl.environments.generations import FoldedView
    from retailctl.environments.target import Target


class ViewName(StrEnum):
    """The views that can be rebuilt from the log."""

    WINNER = "winner"
    SHOP = "shop"


@dataclass(frozen=True, slots=True)
class ReplayedView:
    """What a replay has to know of a view.

    Attributes:
        view: its values, outputs and function.
        marks_table: the output of the table whose items hold the watermarks.
        advances: says whether a record always advances a watermark.
        newest: such a record, in words.
        place: where it is to be found once it is folded, in words.
        amount: what ``sum`` gives, in words.
        rows: what ``count`` gives, in words.
        read: returns what a generation's tables hold.
        sum: returns how much that is, for the status.
        count: returns how many rows are compared.
        compare: returns a sentence for each difference, given the live contents, the new ones and the live number.

    """

    view: FoldedView
    marks_table: str
    advances: Callable[[bytes], bool]
    newest: str
    place: str
    amount: str
    rows: str
    read: Callable[[Any, Mapping[str, str]], Any]
    sum: Callable[[Any], int]
    count: Callable[[Any], int]
    compare: Callable[[Any, Any, int], list[str]]

    def format_command(self, target: Target, command: str) -> str:
        """Return a `retailctl replay` command on this view, for messages."""
        option = "" if self.view == generations.WINNER else f" --view {self.view.name}"
        return target.format_command(f"replay {command}{option}")


def is_sale(data: bytes) -> bool:
    """Say whether a record is a valid purchase, which moves a watermark."""
    return _is_event(data, events.PRODUCT_PURCHASE)


def is_catalog_event(data: bytes) -> bool:
    """Say whether a record is a valid offer, price or picture."""
    return _is_event(data, OFFER, PRICE, PICTURE)


def _is_event(data: bytes, *kinds: str) -> bool:
    decoded = events.decode_event(data)
    return isinstance(decoded, events.Event) and decoded.kind in kinds


def _read_scores(client: Any, tables: Mapping[str, str]) -> Scores:  # noqa: ANN401 - a boto3 client
    return read_stored_scores(client, tables["scores_table"])


def _compare_scores(live: Scores, new: Scores, number: int) -> list[str]:
    return [
        sentence.replace("must have", f"in generation {number}") for sentence in compare_scores(live, new)
    ]


def _compare_catalogs(live: Catalog, new: Catalog, number: int) -> list[str]:
    return compare_catalogs(live, new, f"in generation {number}")


REPLAYED = {
    ViewName.WINNER: ReplayedView(
        view=generations.WINNER,
        marks_table="scores_table",
        advances=is_sale,
        newest="a sale",
        place="on the board",
        amount="Sales on the board",
        rows="scores",
        read=_read_scores,
        sum=lambda scores: sum(scores["creator"].values()),
        count=lambda scores: sum(map(len, scores.values())),
        compare=_compare_scores,
    ),
    ViewName.SHOP: ReplayedView(
        view=generations.SHOP,
        marks_table="catalog_table",
        advances=is_catalog_event,
        newest="an offer, price or picture",
        place="in the catalog",
        amount="Products",
        rows="products and categories",
        read=read_generation,
        sum=lambda catalog: sum(item["products"] for item in catalog.categories.values()),
        count=lambda catalog: len(catalog.products) + len(catalog.categories),
        compare=_compare_catalogs,
    ),
}
