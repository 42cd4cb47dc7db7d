"""How the shop view lays out its tables."""

from __future__ import annotations

BY_CATEGORY = "byCategory"
"""The catalog's index by category and sort name; only offered products have a category."""
SHELF = "all"
"""The one hash key of all categories, so that a Query lists them by name."""
