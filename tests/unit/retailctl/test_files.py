"""Files that are written whole, and locks among commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from retailctl import files
from retailctl.errors import UserError
from retailctl.project import Project


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "deep" / "file"
    assert files.write_atomically(path, "one")
    assert not files.write_atomically(path, b"one")

    def refuse(_self: Path, _target: Path) -> None:
        raise OSError

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError):  # noqa: PT011 - ours, raised above
        files.write_atomically(path, "two")
    assert [each.name for each in path.parent.iterdir()] == ["file"]
    assert path.read_text() == "one"


def test_a_lock_is_for_one_at_a_time(clone: Project) -> None:
    with (
        files.hold_lock(clone, "till"),
        pytest.raises(UserError, match="somebody is at it"),
        files.hold_lock(clone, "till", or_else="somebody is at it"),
    ):
        pass
    with files.hold_lock(clone, "till", or_else="nobody is"):
        pass
