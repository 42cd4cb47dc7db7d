"""What each route answers to a customer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from hello_retail.http_api.cursor import CURSOR_REMEDY
from hello_retail.http_api.identity import parse_identity, require_group, require_signed_in
from hello_retail.http_api.keys import is_order_id
from hello_retail.http_api.methods import (
    READS,
    READS_AND_PUT,
    build_preflight_response,
    is_preflight,
    refuse_other_methods,
)
from hello_retail.http_api.parameters import Parameter, build_limit_parameter, parse_parameters
from hello_retail.http_api.problems import HttpResponse, Problem
from hello_retail.http_api.protocol import build_private_response
from hello_retail.orders.items import OrderState
from hello_retail.shop_api.answers import (
    build_cart_json,
    build_order_json,
    decode_order_cursor,
    encode_order_cursor,
)

if TYPE_CHECKING:
    from hello_retail.http_api.protocol import HttpRequest
    from hello_retail.orders.items import Order
    from hello_retail.shop_api.store import ShopApiStore

GROUP: Final = "customer"
"""Who may buy, as the event writer has it."""
PATHS: Final = ("/cart", "/orders", "/orders/{orderId}")
PAGE: Final = (build_limit_parameter(default=25), Parameter("cursor", CURSOR_REMEDY, decode_order_cursor))


@dataclass(frozen=True, slots=True)
class ShopApi:
    """The routes over one store. ``clock`` returns the time in seconds."""

    store: ShopApiStore
    clock: Callable[[], float]

    def answer_request(self, request: HttpRequest, event: Mapping[str, Any]) -> HttpResponse:
        """Return the answer to a request; ``event`` is the same as API Gateway has it.

        Raises:
            Problem: what the client can mend.
            Unavailable: AWS does not answer now.

        """
        if is_preflight(event):
            return build_preflight_response()
        match request.path.split("/")[1:]:
            case ["cart"]:
                refuse_other_methods(request.method, READS)
                return self.answer_cart(_require_user(event))
            case ["orders"]:
                refuse_other_methods(request.method, READS)
                return self.answer_orders(_require_user(event), request.query)
            case ["orders", order_id] if order_id:
                refuse_other_methods(request.method, READS_AND_PUT)
                if request.method == "PUT":
                    return self.answer_placing(_require_customer(event), order_id, event)
                return self.answer_order(_require_user(event), order_id)
        raise Problem(HTTPStatus.NOT_FOUND, f"There is no such resource; there are {', '.join(PATHS)}.")

    def answer_cart(self, user_id: str) -> HttpResponse:
        """Answer ``GET /cart``."""
        lines = self.store.read_cart(user_id)
        for_sale = self.store.read_products(line.product_id for line in lines)
        return build_private_response(HTTPStatus.OK, build_cart_json(lines, for_sale))

    def answer_orders(self, user_id: str, query: Mapping[str, str]) -> HttpResponse:
        """Answer ``GET /orders``: one page."""
        values = parse_parameters(PAGE, query)
        limit: int = values["limit"]
        orders = self.store.list_orders(user_id, limit + 1, values["cursor"])
        headers = {}
        if len(orders) > limit:
            following = {"limit": limit, "cursor": encode_order_cursor(orders[limit - 1].order_id)}
            headers["link"] = f'<orders?{urlencode(following)}>; rel="next"'
        return build_private_response(
            HTTPStatus.OK, [build_order_json(order) for order in orders[:limit]], headers
        )

    def answer_order(self, user_id: str, order_id: str) -> HttpResponse:
        """Answer ``GET /orders/{orderId}``."""
        order = self.store.read_order(user_id, order_id) if is_order_id(order_id) else None
        if order is None:
            raise Problem(HTTPStatus.NOT_FOUND, "You have no order with this id.", code="not-theirs")
        return build_private_response(HTTPStatus.OK, build_order_json(order))

    def answer_placing(self, user_id: str, order_id: str, event: Mapping[str, Any]) -> HttpResponse:
        """Answer ``PUT /orders/{orderId}``.

        The order is put first and its machine started then, as long as nothing has begun: a request that was cut
        off between the two is finished by the next one.
        """
        from hello_retail.shop_api import placing  # noqa: PLC0415 - see there

        now = self.clock()
        made = placing.parse_order_time(order_id)
        order = placing.read_order(event, user_id, order_id, now)
        if placing.is_made_now(made, now):
            placed: Order | None = self.store.place_order(order)
        else:
            placed = self.store.read_order(user_id, order_id)  # the first answer may have been lost
        if placed is None:
            raise placing.build_time_refusal()
        if placed.body != order.body:
            raise placing.build_reused_id_refusal()
        if placed.state == OrderState.NEW:
            self.store.start_machine(placed)
        return build_private_response(HTTPStatus.ACCEPTED, build_order_json(placed), {"location": order_id})


def _require_user(event: Mapping[str, Any]) -> str:
    return require_signed_in(event, parse_identity).user_id


def _require_customer(event: Mapping[str, Any]) -> str:
    """Return the id of the user, who must be a customer: only they may buy."""
    identity = require_signed_in(event, parse_identity)
    require_group(identity.groups, GROUP, "may order")
    return identity.user_id
