"""What the Makefile says of itself."""

from __future__ import annotations

import re
from pathlib import Path

TEXT = (Path(__file__).resolve().parents[2] / "Makefile").read_text()
RECIPES = {
    target: recipe.replace("\\\n", " ")
    for target, recipe in re.findall(r"^([a-z-]+):.*\n((?:\t.*\n)+)", TEXT, re.MULTILINE)
}
"""Each target's commands."""
TARGETS = tuple(re.findall(r"^\.PHONY: ([a-z-]+)$", TEXT, re.MULTILINE))
_LIST = re.search(r"^override settings := ((?:.*\\\n)*.*)$", TEXT, re.MULTILINE)
SETTINGS = frozenset(_LIST[1].replace("\\\n", " ").split() if _LIST else ())
"""What a user may set; CLOUD is handed on as RETAIL_CLOUD."""
