"""The route of trending products: parameters in, response out."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from hello_retail.http_api.methods import READS, refuse_other_methods
from hello_retail.http_api.parameters import build_limit_parameter, parse_parameters
from hello_retail.http_api.problems import HttpResponse, Problem
from hello_retail.http_api.protocol import HttpRequest, build_ok_response
from hello_retail.trending_api.board import RankedProduct, rank_products

if TYPE_CHECKING:
    from collections.abc import Callable

    from hello_retail.trending_api.store import TrendingApiStore

PATH = "/trending"
LIMIT = build_limit_parameter(default=10)
BOARD_SECONDS = 10.0
"""How long a warm function answers from what it has read: little beside a half-life."""


@dataclass(slots=True)
class TrendingApi:
    """The route over one store.

    ``clock`` returns seconds since the epoch, ``half_life`` is in seconds.
    """

    store: TrendingApiStore
    half_life: float
    clock: Callable[[], float]
    _read_at: float = float("-inf")
    _board: tuple[RankedProduct, ...] = ()

    def answer_request(self, request: HttpRequest) -> HttpResponse:
        """Return the answer to a request.

        Raises:
            Problem: what the client can mend: 400, 404 or 405.
            Unavailable: DynamoDB does not answer now.

        """
        if request.path != PATH:
            raise Problem(HTTPStatus.NOT_FOUND, f"There is no such resource; there is {PATH}.")
        refuse_other_methods(request.method, READS)
        most = parse_parameters((LIMIT,), request.query)["limit"]
        return build_ok_response([product.as_json() for product in self.read_board()[:most]])

    def read_board(self) -> tuple[RankedProduct, ...]:
        """Return what trends most, at most ``BOARD_SECONDS`` old."""
        now = self.clock()
        if not 0 <= now - self._read_at < BOARD_SECONDS:
            products = self.store.read_products()
            self._board, self._read_at = rank_products(products, now, self.half_life), now
        return self._board
