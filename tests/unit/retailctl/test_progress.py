"""The steps of a command, as they go."""

from __future__ import annotations

import re

import pytest

from retailctl import progress
from retailctl.errors import UserError


def test_steps_may_overlap_and_each_says_how_long_it_took(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.show_progress("One") as first:
        first(1, None)
        with progress.show_progress("Two") as second:
            second(1, 2)
    with pytest.raises(UserError), progress.show_progress("Three"):
        raise UserError

    printed = capsys.readouterr().err
    assert re.findall(r"✓ (\w+) \(\d+\.\d s\)", printed) == ["Two", "One"]
