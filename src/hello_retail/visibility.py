"""Whether a text shows anything on a screen."""

from __future__ import annotations

import re
import unicodedata

BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Letters, marks and symbols that show nothing: fillers, selectors of variations, the empty braille cell."""
_BLANK_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})


def is_visible(text: str) -> bool:
    """Say whether any character of a text leaves a mark on the screen."""
    return any(
        unicodedata.category(character) not in _BLANK_CATEGORIES and not BLANK.match(character)
        for character in text
    )
