"""What each route answers: reads its parameters, asks the store, shapes the answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from hello_retail import contract
from hello_retail.http_api.cursor import CURSOR_REMEDY
from hello_retail.http_api.keys import is_product_key
from hello_retail.http_api.parameters import Parameter, build_limit_parameter
from hello_retail.http_api.problems import HttpResponse, Problem
from hello_retail.http_api.protocol import HttpRequest, build_ok_response
from hello_retail.http_api.routes import Route, answer_by_route
from hello_retail.read_models.scores import CREATOR, PHOTOGRAPHER
from hello_retail.winner_api.board import (
    ROLE_OF,
    RankedScore,
    build_contribution_json,
    decode_cursor,
    encode_cursor,
    rank_scores,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hello_retail.winner_api.store import WinnerApiStore

BOARD_SECONDS = 1.0
"""How long a warm function answers from a board that it has read."""


def _parse_role(text: str) -> str:
    if text not in ROLE_OF:
        raise ValueError
    return ROLE_OF[text]


ROLE = Parameter("role", f"give one of {', '.join(ROLE_OF)}.", _parse_role, required=True)
SCORES_LIMIT = build_limit_parameter(default=1)
CONTRIBUTIONS_LIMIT = build_limit_parameter(default=25)
CURSOR = Parameter("cursor", CURSOR_REMEDY, decode_cursor)


@dataclass(slots=True)
class WinnerApi:
    """The routes over one store. ``clock`` returns seconds and never goes back."""

    store: WinnerApiStore
    clock: Callable[[], float]
    _boards: dict[str, tuple[float, tuple[RankedScore, ...]]] = field(default_factory=dict)

    def answer_request(self, request: HttpRequest) -> HttpResponse:
        """Return the answer to a request.

        Raises:
            Problem: what the client can mend: 400, 404 or 405.
            Unavailable: DynamoDB does not answer now.

        """
        return answer_by_route(ROUTES, self, request)

    def answer_scores(self, _path: str, values: Mapping[str, Any]) -> HttpResponse:
        """Answer ``GET /scores``: the best ``limit`` of a role."""
        return build_ok_response(
            [score.as_json() for score in self.read_board(values["role"])[: values["limit"]]]
        )

    def answer_winners(self, _path: str, _values: Mapping[str, Any]) -> HttpResponse:
        """Answer ``GET /winners``: the first of each board, ``null`` if it is empty."""
        best = {"merchant": self.read_board(CREATOR)[:1], "photographer": self.read_board(PHOTOGRAPHER)[:1]}
        return build_ok_response({role: top[0].as_json() if top else None for role, top in best.items()})

    def answer_contributions(self, _path: str, values: Mapping[str, Any]) -> HttpResponse:
        """Answer ``GET /contributions``: one page, and where the next one is."""
        page = self.store.read_contributions(values["limit"], values["cursor"])
        next_page = None
        if page.next_after is not None:
            query = urlencode({"limit": values["limit"], "cursor": encode_cursor(page.next_after)})
            next_page = f"contributions?{query}"
        return build_ok_response(
            [build_contribution_json(contribution) for contribution in page.contributions], next_page
        )

    def answer_contribution(self, product_id: str, _values: Mapping[str, Any]) -> HttpResponse:
        """Answer ``GET /contributions/{productId}``."""
        contribution = self.store.read_contribution(product_id) if is_product_key(product_id) else None
        if contribution is None:
            raise Problem(
                HTTPStatus.NOT_FOUND, "No product with this id has been offered, photographed or sold."
            )
        return build_ok_response(build_contribution_json(contribution))

    def answer_contract(self, _path: str, _values: Mapping[str, Any]) -> HttpResponse:
        """Answer ``GET /openapi.json``: what all functions of the API promise."""
        return _build_contract_response()

    def read_board(self, role: str) -> tuple[RankedScore, ...]:
        """Return the best of a role (``creator`` or ``photographer``), at most ``BOARD_SECONDS`` old."""
        now = self.clock()
        read_at, board = self._boards.get(role, (now - BOARD_SECONDS, ()))
        if now - read_at >= BOARD_SECONDS:
            board = rank_scores(self.store.read_scores(role))
            self._boards[role] = (now, board)
        return board


ROUTES: tuple[Route[WinnerApi], ...] = (
    Route("/scores", WinnerApi.answer_scores, (ROLE, SCORES_LIMIT)),
    Route("/winners", WinnerApi.answer_winners),
    Route("/contributions", WinnerApi.answer_contributions, (CONTRIBUTIONS_LIMIT, CURSOR)),
    Route("/contributions/{productId}", WinnerApi.answer_contribution),
    Route("/openapi.json", WinnerApi.answer_contract),
)


@cache
def _build_contract_response() -> HttpResponse:
    return build_ok_response(contract.read_openapi_document())
