"""What each route answers: reads its parameters, asks the store, shapes the answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from hello_retail import contract
from hello_retail.http_api.parameters import Parameter, limit
from hello_retail.http_api.parameters import values as values_of
from hello_retail.http_api.problems import Answer, Problem
from hello_retail.http_api.protocol import Request, found
from hello_retail.http_api.respond import refuse_other_methods
from hello_retail.read_models.scores import CREATOR, PHOTOGRAPHER
from hello_retail.winner_api.board import (
    ROLE_OF,
    RankedScore,
    contribution_as_json,
    cursor_after,
    is_product_key,
    product_before,
    ranking,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hello_retail.winner_api.store import Store

BOARD_SECONDS = 1.0
"""How long a warm function answers from a board that it has read."""


def _role(text: str) -> str:
    if text not in ROLE_OF:
        raise ValueError
    return ROLE_OF[text]


ROLE = Parameter("role", f"give one of {', '.join(ROLE_OF)}.", _role, required=True)
SCORES_LIMIT = limit(default=1)
CONTRIBUTIONS_LIMIT = limit(default=25)
CURSOR = Parameter(
    "cursor",
    "take it unchanged from the Link header of the page before, or leave it out to get the first page.",
    product_before,
)


@dataclass(slots=True)
class Api:
    """The routes over one store. ``clock`` returns seconds and never goes back.

    ``measure`` is told the number of contributors of every board that was read (``Contributors``).
    """

    store: Store
    clock: Callable[[], float]
    measure: Callable[[str, float], None]
    _boards: dict[str, tuple[float, tuple[RankedScore, ...]]] = field(default_factory=dict)

    def answer(self, request: Request) -> Answer:
        """Return the answer to a request.

        Raises:
            Problem: what the client can mend: 400, 404 or 405.
            Unavailable: DynamoDB does not answer now.

        """
        route, product_id = _route(request.path)
        refuse_other_methods(request)
        values = values_of(route.parameters, request.query)
        return route.answer(self, product_id, values)

    def scores(self, _path: str, values: Mapping[str, Any]) -> Answer:
        """Answer ``GET /scores``: the best ``limit`` of a role."""
        return found([score.as_json() for score in self.board(values["role"])[: values["limit"]]])

    def winners(self, _path: str, _values: Mapping[str, Any]) -> Answer:
        """Answer ``GET /winners``: the first of each board, ``null`` while a board is empty."""
        best = {"merchant": self.board(CREATOR)[:1], "photographer": self.board(PHOTOGRAPHER)[:1]}
        return found({role: top[0].as_json() if top else None for role, top in best.items()})

    def contributions(self, _path: str, values: Mapping[str, Any]) -> Answer:
        """Answer ``GET /contributions``: one page, and where the next one is."""
        page = self.store.contributions(values["limit"], values["cursor"])
        next_page = None
        if page.next_after is not None:
            query = urlencode({"limit": values["limit"], "cursor": cursor_after(page.next_after)})
            next_page = f"contributions?{query}"
        return found([contribution_as_json(contribution) for contribution in page.contributions], next_page)

    def contribution(self, product_id: str, _values: Mapping[str, Any]) -> Answer:
        """Answer ``GET /contributions/{productId}``."""
        contribution = self.store.contribution(product_id) if is_product_key(product_id) else None
        if contribution is None:
            raise Problem(
                HTTPStatus.NOT_FOUND, "No product with this id has been offered, photographed or sold."
            )
        return found(contribution_as_json(contribution))

    def contract(self, _path: str, _values: Mapping[str, Any]) -> Answer:
        """Answer ``GET /openapi.json``: what all functions of the API promise."""
        return _contract()

    def board(self, role: str) -> tuple[RankedScore, ...]:
        """Return the best of a role (``creator`` or ``photographer``), at most ``BOARD_SECONDS`` old."""
        now = self.clock()
        read_at, board = self._boards.get(role, (now - BOARD_SECONDS, ()))
        if now - read_at >= BOARD_SECONDS:
            scores = self.store.scores(role)
            self.measure("Contributors", len(scores))
            board = ranking(scores)
            self._boards[role] = (now, board)
        return board


@dataclass(frozen=True, slots=True)
class Route:
    """A resource. ``path`` is an OpenAPI path template; its one placeholder, if any, stands for a segment."""

    path: str
    answer: Callable[[Api, str, Mapping[str, Any]], Answer]
    parameters: tuple[Parameter, ...] = ()


ROUTES = (
    Route("/scores", Api.scores, (ROLE, SCORES_LIMIT)),
    Route("/winners", Api.winners),
    Route("/contributions", Api.contributions, (CONTRIBUTIONS_LIMIT, CURSOR)),
    Route("/contributions/{productId}", Api.contribution),
    Route("/openapi.json", Api.contract),
)
_PLACEHOLDER = "/{productId}"


@cache
def _contract() -> Answer:
    return found(contract.document())


def _route(path: str) -> tuple[Route, str]:
    """Return the route of a path and what its placeholder stands for ("" where it has none)."""
    for route in ROUTES:
        if route.path == path:
            return route, ""
        collection = route.path.removesuffix(_PLACEHOLDER)
        head, _, segment = path.rpartition("/")
        if collection != route.path and head == collection and segment:
            return route, segment
    paths = ", ".join(route.path for route in ROUTES)
    raise Problem(HTTPStatus.NOT_FOUND, f"There is no such resource; there are {paths}.")
