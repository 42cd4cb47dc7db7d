"""Which events the front door takes, and from whom.

What the original took, with four changes. Merchants also set prices and add stock. Customers also set how many of
a product are in the cart. ``product/image`` is taken from photographers: a person, not a Lambda, sends it here.
``user-info/add-role`` is not: the user pool says who may do what, so users cannot give themselves a role.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hello_retail.events.registry import (
    CART_ADD,
    CART_REMOVE,
    CART_SET,
    PRODUCT_CREATE,
    PRODUCT_IMAGE,
    PRODUCT_PRICE,
    PRODUCT_PURCHASE,
    PRODUCT_STOCK,
    USER_LOGIN,
    USER_REGISTER_PHOTOGRAPHER,
    USER_UNREGISTER_PHOTOGRAPHER,
    USER_UPDATE_PHONE,
)

MERCHANT: Final = "merchant"
PHOTOGRAPHER: Final = "photographer"


@dataclass(frozen=True, slots=True)
class Kind:
    """The rules of one kind of event.

    Attributes:
        action: what the user does, for the event's origin; the original's words.
        group: who may do it; None is every signed-in user.
        gets_id: an event without an ``id`` gets one.
        about_actor: ``id`` (and ``name``, where there is one) are the actor's own; elsewhere ``id`` is a product's.
        texts: what people are shown of it, so that it must show something.

    """

    action: str
    group: str | None = None
    gets_id: bool = False
    about_actor: bool = False
    texts: tuple[str, ...] = ()


KINDS: Final = {
    PRODUCT_CREATE: Kind(
        "create-product",
        MERCHANT,
        gets_id=True,
        texts=("brand", "name", "description", "category", "price"),
    ),
    PRODUCT_IMAGE: Kind("photograph-product", PHOTOGRAPHER),
    PRODUCT_PURCHASE: Kind("purchase-product"),
    PRODUCT_PRICE: Kind("price-product", MERCHANT),
    PRODUCT_STOCK: Kind("stock-product", MERCHANT),
    CART_ADD: Kind("cart-add"),
    CART_REMOVE: Kind("cart-remove"),
    CART_SET: Kind("cart-set"),
    USER_LOGIN: Kind("login-user", about_actor=True),
    USER_UPDATE_PHONE: Kind("update-phone", PHOTOGRAPHER, about_actor=True),
    USER_REGISTER_PHOTOGRAPHER: Kind("register-photographer", PHOTOGRAPHER, about_actor=True),
    USER_UNREGISTER_PHOTOGRAPHER: Kind("unregister-photographer", PHOTOGRAPHER, about_actor=True),
}
"""By exact schema id: a fragment of one, or the meta-schema's id, is none."""
