"""One sentence for all tests that were left out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support import left_out

TESTS = Path(__file__).resolve().parents[2]
CHROMIUM = "Skipped: The browser tests need Chromium (`sudo apt-get install chromium`)."


def test_where_none_is_left_out_nothing_is_said() -> None:
    assert left_out.describe([]) is None


def test_many_are_told_in_one_sentence_with_what_would_bring_them() -> None:
    assert left_out.describe([CHROMIUM] * 50) == (
        "50 tests were left out: the browser tests need Chromium (`sudo apt-get install chromium`)."
    )


def test_two_reasons_are_one_sentence_too_and_of_a_long_one_its_first_line() -> None:
    said = left_out.describe([CHROMIUM, "Skipped: npm could not install the checks:\nERR 1\nERR 2"])
    assert said == (
        "2 tests were left out: the browser tests need Chromium (`sudo apt-get install chromium`); "
        "npm could not install the checks."
    )


@pytest.mark.slow
def test_a_run_ends_with_the_sentence_and_lists_no_skips(tmp_path: Path) -> None:
    many = "import pytest\n\n@pytest.mark.parametrize('n', range(50))\n"
    (tmp_path / "test_page.py").write_text(f"{many}def test_it(n):\n    pytest.skip('It needs a screen.')\n")
    (tmp_path / "conftest.py").write_text((TESTS / "conftest.py").read_text())
    options = [
        "-c",
        str(TESTS.parent / "pyproject.toml"),
        "--rootdir",
        str(tmp_path),
        "-p",
        "no:cacheprovider",
    ]

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "1", *options, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )

    *rest, sentence, last = done.stdout.splitlines()
    assert sentence == "50 tests were left out: it needs a screen."
    assert "50 skipped" in last
    assert "SKIPPED" not in "".join(rest)
