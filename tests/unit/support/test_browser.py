"""Which of the browsers that a machine has the tests of the page use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support import browser

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The only folder of programs."""
    monkeypatch.setenv("PATH", str(tmp_path))
    browser.find_programs.cache_clear()
    yield tmp_path
    browser.find_programs.cache_clear()


@pytest.mark.parametrize(
    ("installed", "found"),
    [
        (["google-chrome", "chromium"], "chromium"),
        (["google-chrome"], "google-chrome"),
        ([], None),
    ],
)
def test_chromium_is_used_before_google_s_own(
    programs: Path, installed: list[str], found: str | None
) -> None:
    for name in ["chromedriver", *installed]:
        (programs / name).touch(0o755)

    assert browser.find_programs() == (
        str(programs / found) if found else None,
        str(programs / "chromedriver"),
    )


def test_without_a_driver_there_is_none(programs: Path) -> None:
    (programs / "chromium").touch(0o755)

    assert browser.find_programs() == (str(programs / "chromium"), None)
