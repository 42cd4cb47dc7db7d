"""The text that asks a photographer for a picture; pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

LONGEST_NAME: Final = 40
_LINK = re.compile(r"\S*(?:://|www\.|\w\.\w{2,})\S*", re.IGNORECASE)
"""What a telephone might make a link of: an address with or without a scheme, or a host's name."""


def write_message(product_name: str, page_url: str) -> str:
    """Return the message: what to photograph, and where to do it."""
    return f"Hello, Retail! asks you for a picture: {clean_name(product_name)}. {page_url}"


def clean_name(name: str) -> str:
    """Return a product's name as a stranger may have written it, without links, at most 40 characters."""
    visible = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in name)
    words = " ".join(_LINK.sub(" ", visible).split())
    return words[:LONGEST_NAME].strip() or "a product"
