"""`.ci/run` in a folder of its own, with a `make` that notes down what it is asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ["check", "test", "test-acceptance"]
MAKE = """#!/bin/sh
echo "$*" >> made
[ "$*" != "$FAILS" ] || exit 2
"""


class Clone:
    """A folder with `.ci/run`, and the programs that it finds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / ".ci").mkdir()
        shutil.copy(ROOT / ".ci/run", folder / ".ci/run")
        self.programs = folder / "bin"
        self.programs.mkdir()
        self.add_program("make", MAKE)

    def add_program(self, name: str, content: str) -> None:
        (self.programs / name).write_text(content)
        (self.programs / name).chmod(0o755)

    def run(self, *parts: str, **environ: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.programs}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            [self.folder / ".ci/run", *parts],
            env={"PATH": path, "FAILS": "", **environ},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def made(self) -> list[str]:
        note = self.folder / "made"
        return note.read_text().splitlines() if note.exists() else []


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


@pytest.mark.parametrize(
    ("named", "made"), [([], PARTS), (["check", "test"], ["check", "test"]), (PARTS[2:], PARTS[2:])]
)
def test_it_runs_the_parts_that_are_named_or_all(clone: Clone, named: list[str], made: list[str]) -> None:
    done = clone.run(*named)

    assert (done.returncode, clone.made) == (0, made)


@pytest.mark.parametrize("fails", PARTS)
def test_a_part_that_fails_hides_no_other_and_is_told(clone: Clone, fails: str) -> None:
    done = clone.run(FAILS=fails)

    assert (done.returncode, clone.made) == (2, PARTS)


@pytest.mark.parametrize("name", ["tests", "", "check test", "-n", "test; touch made"])
def test_an_unknown_part_is_refused_in_a_sentence_before_anything_runs(clone: Clone, name: str) -> None:
    done = clone.run("check", name)

    assert (done.returncode, clone.made) == (2, [])
    assert done.stderr == (
        f".ci/run: There is no part '{name}'. Name some of check test test-acceptance, or none to run them all.\n"
    )
