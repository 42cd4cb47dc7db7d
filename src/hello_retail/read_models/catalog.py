"""How the shop view lays out its tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

BY_CATEGORY = "byCategory"
"""The catalog's index by category and sort name; only offered products have a category."""
SHELF = "all"
"""The one hash key of all categories, so that a Query lists them by name."""
_PICTURE = re.compile(r"[^/]+/(?P<path>pictures/(?P<product>[^/]+)/[^/]+\.(?:jpg|png))")
"""Where the shop keeps its pictures: ``bucket/pictures/<product>/<file>``, under ``/pictures/`` of the page."""


def is_for_sale(item: Mapping[str, Any]) -> bool:
    """Return whether a catalog item is of a product that can be ordered: it is offered, and has a price."""
    return "merchant" in item and "cents" in item


def find_picture_path(product_id: str, place: str | None) -> str | None:
    """Return a picture's path, relative to the page.

    It is ``None`` where the place is not the shop's, or another product's.
    """
    picture = _PICTURE.fullmatch(place or "")
    return picture["path"] if picture and picture["product"] == product_id else None
