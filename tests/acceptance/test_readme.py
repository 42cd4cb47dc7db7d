"""The README's way to play, typed as it stands there."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLOUD = "readme"


def commands(heading: str) -> list[str]:
    """Return the commands of the first console block below a heading of the README."""
    below = (ROOT / "README.md").read_text().split(f"\n{heading}\n")[1]
    block = re.findall(r"```console\n(.*?)```", below, re.DOTALL)[0]
    return [line.removeprefix("$ ").strip() for line in block.splitlines() if line.startswith("$ ")]


def typed(command: str) -> str:
    """Type a command at the clone's root, in a local cloud of the test's own; return what it printed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MAKE"))}
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=ROOT,
        env={**kept, "CLOUD": CLOUD, "RETAIL_CLOUD": CLOUD, "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


@pytest.fixture
def put_away() -> Iterator[None]:
    yield
    typed("make down")


@pytest.mark.slow
@pytest.mark.usefixtures("put_away")
def test_the_readmes_way_to_play_works_as_it_stands_there() -> None:
    printed = {command: typed(command) for command in commands("## Play")}

    board = printed["make winners"]
    assert re.search(r"Grace 5 +│ +200", board), board
    assert json.loads(printed[".venv/bin/retailctl outputs --json"])["environment"] == "dev"
    assert list(printed)[-1] == "make down"
    assert not (ROOT / ".retail" / CLOUD).exists()
