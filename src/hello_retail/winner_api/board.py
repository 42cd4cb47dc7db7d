"""Ranks contributors and masks ids: pure functions, without AWS or HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import nsmallest
from typing import TYPE_CHECKING

from hello_retail.http_api.cursor import BadCursor, open_cursor, seal_cursor
from hello_retail.http_api.keys import is_product_key
from hello_retail.http_api.mask import mask_user_id
from hello_retail.http_api.parameters import MAX_LIMIT
from hello_retail.read_models.scores import CREATOR, PHOTOGRAPHER
from hello_retail.unknown import UNKNOWN
from hello_retail.visibility import is_visible

if TYPE_CHECKING:
    from collections.abc import Iterable

ROLE_OF = {CREATOR: CREATOR, PHOTOGRAPHER: PHOTOGRAPHER, "merchant": CREATOR}
"""The roles that a request may name, and the board that each means."""
CONTRIBUTIONS = b"cursor-1"
"""The kind of the contributions' cursors."""


@dataclass(frozen=True, slots=True)
class Score:
    """The sales that count for one contributor in one role."""

    user_id: str
    name: str
    score: int


@dataclass(frozen=True, slots=True)
class Contribution:
    """A product's contributors by user id; ``None`` if not registered."""

    product_id: str
    creator: str | None
    photographer: str | None


@dataclass(frozen=True, slots=True)
class RankedScore:
    """A line of the board, as shown: no raw user id in it."""

    rank: int
    masked_user_id: str
    name: str
    score: int

    def as_json(self) -> dict[str, str | int]:
        """Return the object that the API answers."""
        return {"rank": self.rank, "userId": self.masked_user_id, "name": self.name, "score": self.score}


def rank_scores(scores: Iterable[Score]) -> tuple[RankedScore, ...]:
    """Return a role's top ``MAX_LIMIT``, ranked from 1, ties by user id.

    ``UNKNOWN`` is nobody, so it is not on the board.
    """
    players = (score for score in scores if score.user_id != UNKNOWN)
    best = nsmallest(MAX_LIMIT, players, key=lambda score: (-score.score, score.user_id))
    return tuple(
        RankedScore(
            rank, mask_user_id(score.user_id), choose_display_name(score.user_id, score.name), score.score
        )
        for rank, score in enumerate(best, start=1)
    )


def build_contribution_json(contribution: Contribution) -> dict[str, str | None]:
    """Return the object that the API answers for one product."""
    return {
        "productId": contribution.product_id,
        "creator": _mask_known(contribution.creator),
        "photographer": _mask_known(contribution.photographer),
    }


def choose_display_name(user_id: str, name: str) -> str:
    """Return the display name, or the mask if it reveals the id.

    The mask also replaces an invisible name.
    """
    return name if is_visible(name) and user_id not in name else mask_user_id(user_id)


def encode_cursor(product_id: str) -> str:
    """Return an opaque, URL-safe cursor for the position after this product."""
    return seal_cursor(CONTRIBUTIONS, product_id)


def decode_cursor(cursor: str) -> str:
    """Return the product id that :func:`encode_cursor` was given.

    Raises:
        BadCursor: for every text that ``encode_cursor`` does not make.

    """
    product_id = open_cursor(CONTRIBUTIONS, cursor)
    if not is_product_key(product_id):
        raise BadCursor
    return product_id


def _mask_known(user_id: str | None) -> str | None:
    return None if user_id is None or user_id == UNKNOWN else mask_user_id(user_id)
