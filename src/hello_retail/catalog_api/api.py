"""What each route of the catalog API answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from hello_retail.catalog_api.listing import (
    MAX_CATEGORY,
    ProductPlace,
    decode_category_cursor,
    decode_product_cursor,
    encode_category_cursor,
    encode_product_cursor,
    is_category,
)
from hello_retail.http_api.cursor import CURSOR_REMEDY
from hello_retail.http_api.keys import is_product_id
from hello_retail.http_api.methods import READS
from hello_retail.http_api.parameters import Parameter, build_limit_parameter
from hello_retail.http_api.problems import HttpResponse, Problem, WrongParameter
from hello_retail.http_api.protocol import (
    CACHE_SECONDS,
    HttpRequest,
    build_ok_response,
    build_parameter_problem,
)
from hello_retail.http_api.routes import Route, answer_by_route

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hello_retail.catalog_api.store import CatalogApiStore

ANSWERS_KEPT = 100
"""How many answers a warm function keeps: some 80 MB at the most."""


def _parse_category(text: str) -> str:
    if not is_category(text):
        raise ValueError
    return text


CATEGORY = Parameter(
    "category",
    f"give a category of 1 to {MAX_CATEGORY} characters; /categories lists those that have products.",
    _parse_category,
    required=True,
)
LIMIT = build_limit_parameter(default=25)
CATEGORY_CURSOR = Parameter("cursor", CURSOR_REMEDY, decode_category_cursor)
PRODUCT_CURSOR = Parameter("cursor", CURSOR_REMEDY, decode_product_cursor)


@dataclass(slots=True)
class CatalogApi:
    """The routes over one store. ``clock`` returns seconds and never goes back."""

    store: CatalogApiStore
    clock: Callable[[], float]
    _answers: dict[tuple[str, frozenset[tuple[str, str]]], tuple[float, HttpResponse]] = field(
        default_factory=dict
    )

    def answer_request(self, request: HttpRequest) -> HttpResponse:
        """Return the answer to a request, at most ``CACHE_SECONDS`` old.

        Raises:
            Problem: what the client can mend: 400, 404 or 405.
            Unavailable: DynamoDB does not answer now.

        """
        if request.method not in READS:
            return answer_by_route(ROUTES, self, request)
        asked, now = (request.path, frozenset(request.query.items())), self.clock()
        read_at, answer = self._answers.get(asked, (now - CACHE_SECONDS, None))
        if answer is None or now - read_at >= CACHE_SECONDS:
            answer = answer_by_route(ROUTES, self, request)
            if len(self._answers) >= ANSWERS_KEPT:
                self._answers.clear()
            self._answers[asked] = (now, answer)
        return answer

    def answer_categories(self, _segment: str, values: Mapping[str, Any]) -> HttpResponse:
        """Answer ``GET /categories``: one page."""
        page = self.store.read_categories(values["limit"], values["cursor"])
        next_page = None
        if page.more:
            cursor = encode_category_cursor(page.lines[-1].name)
            next_page = f"categories?{urlencode({'limit': values['limit'], 'cursor': cursor})}"
        return build_ok_response([category.as_json() for category in page.lines], next_page)

    def answer_products(self, _segment: str, values: Mapping[str, Any]) -> HttpResponse:
        """Answer ``GET /products``: one page of a category."""
        category, after = values["category"], values["cursor"]
        if after is not None and after.category != category:
            raise build_parameter_problem((WrongParameter("cursor", CURSOR_REMEDY),))
        page = self.store.read_products(category, values["limit"], after)
        next_page = None
        if page.more:
            last = page.lines[-1]
            cursor = encode_product_cursor(ProductPlace(category, last.sort_name, last.product_id))
            query = {"category": category, "limit": values["limit"], "cursor": cursor}
            next_page = f"products?{urlencode(query, quote_via=quote)}"
        return build_ok_response([product.as_json() for product in page.lines], next_page)

    def answer_product(self, product_id: str, _values: Mapping[str, Any]) -> HttpResponse:
        """Answer ``GET /products/{id}``."""
        product = self.store.read_product(product_id) if is_product_id(product_id) else None
        if product is None:
            raise Problem(HTTPStatus.NOT_FOUND, "No product with this id has been offered.")
        return build_ok_response(product.as_json())


ROUTES: tuple[Route[CatalogApi], ...] = (
    Route("/categories", CatalogApi.answer_categories, (LIMIT, CATEGORY_CURSOR)),
    Route("/products", CatalogApi.answer_products, (CATEGORY, LIMIT, PRODUCT_CURSOR)),
    Route("/products/{id}", CatalogApi.answer_product),
)
