"""The contracts of the rooms: what is not allowed fails, and the report names both files and the contract."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ROOMS = "Rooms of retailctl: a room imports only what stands below it"
FUNCTIONS = "Rooms of hello_retail: a function imports no other"
CIRCLES = "No circle, in a room or between rooms"
PACKAGES = "What runs in Lambda knows nothing of the command line"
LOG_ONLY = "retailctl imports of hello_retail only events, event_log and visibility"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages and their contracts."""
    folder = tmp_path_factory.mktemp("house")
    for package in ("src/hello_retail", "src/retailctl", "tools"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint(house: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=house,
        env=os.environ | {"PYTHONPATH": f"{house / 'src'}{os.pathsep}{house}", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_house_keeps_its_contracts(house: Path) -> None:
    checked = lint(house)

    assert checked.returncode == 0, checked.stdout
    assert "5 kept, 0 broken" in checked.stdout


@pytest.mark.parametrize(
    ("file", "module", "contract"),
    [
        ("src/retailctl/environments/state.py", "retailctl.delivery.page", ROOMS),
        ("src/retailctl/quarantine/log.py", "retailctl.simulation.play", ROOMS),
        ("src/hello_retail/winner_api/api.py", "hello_retail.winner_view.tally", FUNCTIONS),
        ("src/hello_retail/events/event.py", "hello_retail.event_log.record_id", FUNCTIONS),
        ("src/retailctl/stream/sender.py", "retailctl.stream.publish", CIRCLES),
        ("src/hello_retail/settings.py", "retailctl.errors", PACKAGES),
        ("src/retailctl/errors.py", "tools.release", PACKAGES),
        ("src/retailctl/replay/fold.py", "hello_retail.winner_view.tally", LOG_ONLY),
    ],
)
def test_an_import_that_is_not_allowed_names_both_files_and_the_contract(
    house: Path, file: str, module: str, contract: str
) -> None:
    source = house / file
    before = source.read_text()
    source.write_text(f"{before}\nimport {module}\n")
    try:
        checked = lint(house)
    finally:
        source.write_text(before)

    assert checked.returncode == 1
    lines = checked.stdout.splitlines()
    assert [line for line in lines if line.startswith(contract) and "BROKEN" in line]
    both = (source.stem, module.rpartition(".")[2])
    assert [line for line in lines if "->" in line and all(name in line for name in both)], checked.stdout


def test_a_room_without_a_place_in_the_house_is_named(house: Path) -> None:
    room = house / "src/retailctl/attic"
    room.mkdir()
    (room / "__init__.py").touch()
    try:
        checked = lint(house)
    finally:
        shutil.rmtree(room)

    assert checked.returncode == 1
    assert "retailctl.attic" in checked.stdout
