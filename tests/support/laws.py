"""How many histories a law draws: all of them at night (`make test-laws`), a tenth of them at every change."""

from __future__ import annotations

from hypothesis import settings

PROFILE = "laws"
"""The Hypothesis profile of the night, which tests/conftest.py registers."""


def histories(number: int) -> settings:
    """Return the setting of a law that draws ``number`` histories at night."""
    at_night = settings.get_current_profile_name() == PROFILE
    return settings(max_examples=number if at_night else number // 10)
