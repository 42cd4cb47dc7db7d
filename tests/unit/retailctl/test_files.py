"""Files that are written whole, and locks among commands."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from retailctl import cli, files
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


@pytest.mark.parametrize(
    "arguments",
    [
        ("drift-issue", "/dev/zero"),
        ("cost", "--prices", "/dev/zero"),
        ("cost", "--measured", "/dev/zero"),
    ],
)
def test_a_device_without_an_end_is_not_read_for_ever(arguments: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cli.app, arguments)

    assert isinstance(result.exception, UserError)
    assert "/dev/zero holds more than 64 MiB: name the file that was meant." in str(result.exception)


def test_a_file_of_the_longest_size_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LONGEST_FILE", 3)
    (tmp_path / "x").write_bytes(b"abc")

    assert files.read_limited(tmp_path / "x") == b"abc"
    (tmp_path / "x").write_bytes(b"abcd")
    with pytest.raises(UserError, match="holds more than 0 MiB"):
        files.read_limited(tmp_path / "x")


def test_a_folder_that_takes_no_file_is_told_with_the_name_that_was_meant() -> None:
    with pytest.raises(OSError, match="svg") as refused:
        files.write_atomically(Path("/proc/self/x.svg"), "x")
    assert refused.value.filename == "/proc/self/x.svg"
