"""The seed of `make test-laws`."""

from __future__ import annotations

import pytest

from retailctl.errors import UserError
from tools.laws import choose_seed


def test_the_seed_is_the_one_that_is_named_or_the_time() -> None:
    assert choose_seed("7", 1_795_000_000.9) == 7
    assert choose_seed("", 1_795_000_000.9) == 1_795_000_000


@pytest.mark.parametrize("text", ["-1", "1.5", "x'; touch F; '", "\u0661", " 1"])
def test_what_is_no_seed_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(UserError, match=r"is no seed: give a whole number, such as SEED=1"):
        choose_seed(text, 0)
