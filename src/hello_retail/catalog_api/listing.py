"""The catalog API's answers and cursors; pure."""

from __future__ import annotations

from dataclasses import dataclass

from hello_retail.http_api.cursor import BadCursor, open_cursor, seal_cursor
from hello_retail.http_api.keys import is_product_id
from hello_retail.http_api.mask import mask_user_id
from hello_retail.read_models.catalog import find_picture_path

MAX_CATEGORY = 100
"""The longest category, in characters, as the schema of product/create has it."""
CATEGORIES = b"cursor-category"
PRODUCTS = b"cursor-products"
_SEPARATOR = "\0"
"""Between the parts of a cursor's position: no name and no id contains a control character."""
_SORT_NAME_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Category:
    """A category and how many products it has."""

    name: str
    products: int

    def as_json(self) -> dict[str, str | int]:
        """Return the object that the API answers."""
        return {"category": self.name, "products": self.products}


@dataclass(frozen=True, slots=True)
class ListedProduct:
    """A product in a list; ``image`` is as in its event."""

    product_id: str
    sort_name: str
    brand: str
    name: str
    description: str
    cents: int | None
    image: str | None

    def as_json(self) -> dict[str, str | int | None]:
        """Return the object that the API answers."""
        return {
            "id": self.product_id,
            "brand": self.brand,
            "name": self.name,
            "description": self.description,
            "cents": self.cents,
            "image": find_picture_path(self.product_id, self.image),
        }


@dataclass(frozen=True, slots=True)
class CatalogProduct:
    """All that the shop tells of one product."""

    listed: ListedProduct
    category: str
    merchant: str
    offered_at: str
    in_stock: bool

    def as_json(self) -> dict[str, str | int | bool | None]:
        """Return the object that the API answers."""
        return {
            **self.listed.as_json(),
            "category": self.category,
            "merchant": mask_user_id(self.merchant),
            "offeredAt": self.offered_at,
            "inStock": self.in_stock,
        }


def is_category(text: str) -> bool:
    """Return whether a text is a category by the events' schemas."""
    return 0 < len(text) <= MAX_CATEGORY and _is_encodable(text)


def encode_category_cursor(category: str) -> str:
    """Return the cursor of the position after this category."""
    return seal_cursor(CATEGORIES, category)


def decode_category_cursor(cursor: str) -> str:
    """Return the category that :func:`encode_category_cursor` was given.

    Raises:
        BadCursor: for every text that it does not make.

    """
    category = open_cursor(CATEGORIES, cursor)
    if not is_category(category):
        raise BadCursor
    return category


@dataclass(frozen=True, slots=True)
class ProductPlace:
    """The position after a product in its category's list."""

    category: str
    sort_name: str
    product_id: str


def encode_product_cursor(place: ProductPlace) -> str:
    """Return the cursor of a position."""
    return seal_cursor(PRODUCTS, _SEPARATOR.join((place.category, place.sort_name, place.product_id)))


def decode_product_cursor(cursor: str) -> ProductPlace:
    """Return the position that :func:`encode_product_cursor` was given.

    Raises:
        BadCursor: for every text that it does not make, or that DynamoDB would not take.

    """
    parts = open_cursor(PRODUCTS, cursor).split(_SEPARATOR)
    if len(parts) != 3:  # noqa: PLR2004 - the three parts of a place
        raise BadCursor
    category, sort_name, product_id = parts
    if not (
        is_category(category)
        and 0 < len(sort_name.encode()) <= _SORT_NAME_BYTES
        and is_product_id(product_id)
    ):
        raise BadCursor
    return ProductPlace(category, sort_name, product_id)


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True
