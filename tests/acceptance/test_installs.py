"""What set-up installs beside `.venv` is whole: tests/infrastructure/test_installs.py has what is there already."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scripts.consistency import read_inputs
from support import locks
from support.locks import ROOT


@pytest.fixture(scope="module")
def checkov_packages() -> Path:
    """Return where checkov's packages are; set-up puts them there, if `make check` has not yet."""
    subprocess.run([ROOT / "scripts" / "setup", "checkov"], check=True)
    (folder,) = (ROOT / ".venv" / "checkov").glob("lib/python3.*/site-packages")
    return folder


@pytest.mark.slow
def test_what_checkov_pins_is_whole_on_every_python_and_platform(checkov_packages: Path) -> None:
    demands = [*read_inputs(ROOT / "requirements/checkov.in")]

    assert locks.find_gaps("checkov", checkov_packages, demands) == []
