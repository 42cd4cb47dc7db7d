"""A clone of its own for each test that asks for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.miniature import miniature

if TYPE_CHECKING:
    from pathlib import Path

    from retailctl.project import Project


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("RETAIL_ROOT", str(tmp_path))
    return miniature(tmp_path)
