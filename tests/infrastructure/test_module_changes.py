"""The changes that tests/acceptance/test_module_changes.py applies: they are of every module and every input."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import module_changes
from support.module_changes import MODULES

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("module", MODULES)
def test_every_input_is_changed(module: str) -> None:
    inputs = set(module_changes.variables(module))

    assert set(MODULES[module].given) == set(MODULES[module].other) == inputs
    assert {MODULES[module].usual, *MODULES[module].refused} <= set(module_changes.changes(module))


def test_every_module_is_changed() -> None:
    assert set(MODULES) == {file.parent.name for file in (ROOT / "modules").glob("*/variables.tf")}
