"""What a customer sees of their cart and orders: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hello_retail.http_api.cursor import BadCursor, open_cursor, seal_cursor
from hello_retail.http_api.keys import is_order_id
from hello_retail.read_models.catalog import find_picture_path

if TYPE_CHECKING:
    from hello_retail.orders.items import Order

ORDERS: Final = b"cursor-orders"


@dataclass(frozen=True, slots=True)
class CartLine:
    """How many of a product are in the cart, at least one."""

    product_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class ProductForSale:
    """A product that has been offered and has a price; ``image`` is as in its event."""

    name: str
    brand: str
    cents: int
    image: str | None


def build_cart_json(lines: Iterable[CartLine], for_sale: Mapping[str, ProductForSale]) -> dict[str, Any]:
    """Return a cart and its total; only lines of products in ``for_sale`` cost something.

    The lines come by name and id, those that are not for sale last.
    """
    known = [(line, for_sale.get(line.product_id)) for line in lines]
    known.sort(
        key=lambda pair: (pair[1] is None, pair[1].name.casefold() if pair[1] else "", pair[0].product_id)
    )
    return {
        "lines": [_build_cart_line(line, product) for line, product in known],
        "totalCents": sum(line.quantity * product.cents for line, product in known if product),
    }


def build_order_json(order: Order) -> dict[str, Any]:
    """Return an order, without the payment token."""
    return {
        "id": order.order_id,
        "state": order.state,
        "placedAt": order.placed_at,
        "lines": [
            {"id": line.product_id, "quantity": line.quantity, "cents": line.cents, "name": line.name}
            for line in order.lines
        ],
        "totalCents": order.total_cents,
        "expectedCents": order.expected_cents,
        "reason": order.reason,
        "products": list(order.products),
        "newTotalCents": order.new_total_cents,
    }


def encode_order_cursor(order_id: str) -> str:
    """Return the cursor of the position after this order."""
    return seal_cursor(ORDERS, order_id)


def decode_order_cursor(cursor: str) -> str:
    """Return the order id that :func:`encode_order_cursor` was given.

    Raises:
        BadCursor: for every text that it does not make.

    """
    order_id = open_cursor(ORDERS, cursor)
    if not is_order_id(order_id):
        raise BadCursor
    return order_id


def _build_cart_line(line: CartLine, product: ProductForSale | None) -> dict[str, Any]:
    return {
        "id": line.product_id,
        "quantity": line.quantity,
        "name": product.name if product else None,
        "brand": product.brand if product else None,
        "cents": product.cents if product else None,
        "image": find_picture_path(line.product_id, product.image) if product else None,
    }
