"""Ranks contributors and masks ids: pure functions, without AWS or HTTP."""

from __future__ import annotations

import re
from base64 import b32encode, urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import blake2b
from heapq import nsmallest
from typing import TYPE_CHECKING

from hello_retail.http_api.parameters import MAX_LIMIT
from hello_retail.read_models.scores import CREATOR, PHOTOGRAPHER
from hello_retail.unknown import UNKNOWN
from hello_retail.visibility import is_visible

if TYPE_CHECKING:
    from collections.abc import Iterable

ROLE_OF = {CREATOR: CREATOR, PHOTOGRAPHER: PHOTOGRAPHER, "merchant": CREATOR}
"""The roles that a request may name, and the board that each means."""

_TAIL = 4
_SHORTEST_ID_WITH_TAIL = 12
_KEY_BYTES = 2048
_CHECK_BYTES = 6
_CURSOR_FORM = re.compile(r"[A-Za-z0-9_-]{1,2800}")


class BadCursor(ValueError):
    """A text that :func:`cursor_after` never made."""


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
    """Return the top ``MAX_LIMIT`` of a role, ranked from 1, ties by user id.

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


def mask_user_id(user_id: str) -> str:
    """Return the masked id of a user: stable, and never the id itself.

    ``***``, the id's last four characters (players know their own again), and 40 bits of its hash, which keep
    two users apart: among 10,000 the chance of any two alike is below 1 in 20,000. An id shorter than twelve
    characters shows none of them, because four would be too much of it.
    """
    digest = blake2b(user_id.encode(), digest_size=5, person=b"hello-retail").digest()
    tail = user_id[-_TAIL:] if len(user_id) >= _SHORTEST_ID_WITH_TAIL else ""
    return f"***{tail}-{b32encode(digest).decode().lower()}"


def choose_display_name(user_id: str, name: str) -> str:
    """Return the display name, or the masked id if it is invisible or reveals the id."""
    return name if is_visible(name) and user_id not in name else mask_user_id(user_id)


def encode_cursor(product_id: str) -> str:
    """Return an opaque, URL-safe cursor for the position after this product."""
    key = product_id.encode()
    return urlsafe_b64encode(_compute_checksum(key) + key).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """Return the product id that :func:`cursor_after` was given.

    The check inside catches what was cut or mistyped. It is no signature: a cursor holds only a public
    product id, and any product id is a harmless place to start.

    Raises:
        BadCursor: for every text that ``encode_cursor`` does not make.

    """
    if not _CURSOR_FORM.fullmatch(cursor) or len(cursor) % 4 == 1:
        raise BadCursor
    content = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    key = content[_CHECK_BYTES:]
    try:
        product_id = key.decode()
    except UnicodeDecodeError as error:
        raise BadCursor from error
    if not is_product_key(product_id) or encode_cursor(product_id) != cursor:
        raise BadCursor
    return product_id


def is_product_key(product_id: str) -> bool:
    """Return whether DynamoDB accepts the hash key: 1 to 2,048 bytes of UTF-8."""
    try:
        return 0 < len(product_id.encode()) <= _KEY_BYTES
    except UnicodeEncodeError:  # half of a surrogate pair, as JSON may hold it
        return False


def _mask_known(user_id: str | None) -> str | None:
    return None if user_id is None or user_id == UNKNOWN else mask_user_id(user_id)


def _compute_checksum(key: bytes) -> bytes:
    return blake2b(key, digest_size=_CHECK_BYTES, person=b"cursor-1").digest()
