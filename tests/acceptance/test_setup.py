"""Set-up installs the pins and nothing else, whatever the index offers, with every pip that it may meet."""

from __future__ import annotations

import importlib.metadata
import io
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from support import locks, pythons, stub_index
from support.locks import ROOT, Pin
from support.stub_index import StubIndex, Wheel

pytestmark = pytest.mark.slow

HERE = Path(sysconfig.get_path("purelib"))
FOUND = pythons.find_pythons()
OLDEST = next(iter(FOUND))
MET = [(OLDEST, "oldest"), *((python, "newest") for python in FOUND)]
"""The Pythons of this machine and the pips that set-up is tried with."""
REAL = ("packaging", "setuptools")
"""What set-up itself runs on, and so has to work."""
MARKERS = "import json; from packaging.markers import default_environment as e; print(json.dumps(e()))"


def choose_old_pip(python: str) -> Path:
    """Return the oldest pip that a Python may bring; 22.3 does not run on later ones than 3.11."""
    return pythons.fetch_old_pip("22.3" if python == "3.11" else "23.2.1")


def make_pinned_wheel(pin: Pin) -> Wheel:
    if pin.name in REAL:
        return stub_index.repack(importlib.metadata.distribution(pin.name))
    return stub_index.make_wheel(pin.name, pin.version, locks.read_requires(pin, HERE))


@pytest.fixture(scope="module")
def pinned() -> dict[Pin, Wheel]:
    """Return a wheel for each line of requirements/dev.txt: empty, but with its real requirements."""
    return {pin: make_pinned_wheel(pin) for pin in locks.read_pins("dev")}


@pytest.fixture(scope="module")
def index(pinned: dict[Pin, Wheel]) -> Iterator[StubIndex]:
    """Serve what is pinned, and of each package a newer release."""
    with stub_index.serve_index() as index:
        for pin, wheel in pinned.items():
            index.offer(wheel)
            newer = f"{Version(pin.version).major + 1}.0"
            index.offer(stub_index.make_wheel(pin.name, newer, locks.read_requires(pin, HERE)))
        yield index


@pytest.fixture
def clone(tmp_path: Path, pinned: dict[Pin, Wheel]) -> Path:
    """Return what of a clone the set-up needs, its pins' hashes those of the stub's wheels."""
    folder = tmp_path / "a clone"
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    shutil.copytree(ROOT / "requirements", folder / "requirements")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    for package in ("hello_retail", "retailctl"):
        (folder / "src" / package).mkdir(parents=True)
        (folder / "src" / package / "__init__.py").touch()
    write_lock(folder, pinned)
    return folder


def write_lock(folder: Path, pinned: dict[Pin, Wheel]) -> None:
    lines = (write_pin(replace(pin, hashes=(f"sha256:{wheel.digest}",))) for pin, wheel in pinned.items())
    (folder / "requirements" / "dev.txt").write_text("".join(lines))


def write_pin(pin: Pin) -> str:
    """Return a pin as a line of a requirement file."""
    marker = f" ; {pin.marker}" if pin.marker else ""
    return f"{pin.name}=={pin.version}{marker} {' '.join(f'--hash={each}' for each in pin.hashes)}\n"


def put_by_hand(wheel: Wheel, folder: Path) -> None:
    """Unpack a wheel into a clone's `.venv`."""
    (packages,) = (folder / ".venv").glob("lib/python3.*/site-packages")
    with zipfile.ZipFile(io.BytesIO(wheel.content)) as archive:
        archive.extractall(packages)


def clean_environ() -> dict[str, str]:
    """Return this process's environment without what steers pip, Python and coverage."""
    steering = ("PIP_", "PYTHON", "COV_", "COVERAGE_")
    return {name: value for name, value in os.environ.items() if not name.startswith(steering)}


def environ_with(index: StubIndex, folder: Path) -> dict[str, str]:
    """Return an environment in which pip knows the stub only, and nothing of this machine's settings."""
    return clean_environ() | {
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": index.address,
        "PIP_NO_CACHE_DIR": "1",
        "NO_PROXY": "127.0.0.1",
    }


def set_up(folder: Path, index: StubIndex, *names: str, **more: str) -> subprocess.CompletedProcess[str]:
    environ = environ_with(index, folder) | more
    command = [folder / "scripts" / "setup", *names]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def read_installed(folder: Path) -> dict[str, str]:
    """Return what a clone's `.venv` holds beside pip and the project."""
    (packages,) = (folder / ".venv").glob("lib/python3.*/site-packages")
    there = importlib.metadata.distributions(path=[str(packages)])
    versions = {str(canonicalize_name(each.name)): each.version for each in there}
    return {name: version for name, version in versions.items() if name not in {"pip", "hello-retail"}}


def read_wanted(folder: Path) -> dict[str, str]:
    """Return what requirements/dev.txt pins for the Python of a clone's `.venv`."""
    answer = subprocess.check_output([folder / ".venv/bin/python", "-I", "-c", MARKERS])
    markers = json.loads(answer)
    return {pin.name: pin.version for pin in locks.read_pins("dev") if pin.holds_in(markers)}


@pytest.mark.parametrize(("python", "pip"), MET)
def test_exactly_the_pins_are_installed_where_newer_releases_are_offered(
    clone: Path, index: StubIndex, python: str, pip: str
) -> None:
    wheel = choose_old_pip(python) if pip == "oldest" else pythons.find_newest_pip()
    pythons.make_environment(FOUND[python], clone / ".venv", wheel)
    put_by_hand(stub_index.make_wheel("stray", "1.0", ()), clone)

    done = set_up(clone, index)

    assert done.returncode == 0, done.stderr
    assert read_installed(clone) == read_wanted(clone)


def test_letting_pip_resolve_the_lock_fails_with_the_oldest_pip(clone: Path, index: StubIndex) -> None:
    """This is how set-up broke: `coverage[toml]`, asked for by pytest-cov, was resolved past its pin."""
    pythons.make_environment(FOUND[OLDEST], clone / ".venv", choose_old_pip(OLDEST))
    setup = clone / "scripts" / "setup.py"
    setup.write_text(setup.read_text().replace(', "--no-deps"', ""))

    done = set_up(clone, index)

    assert done.returncode != 0
    assert "In --require-hashes mode, all requirements must have their versions pinned with ==" in done.stderr
    assert "coverage[toml]" in done.stderr


def test_what_the_lock_lacks_is_named_with_who_wants_it(
    clone: Path, index: StubIndex, pinned: dict[Pin, Wheel]
) -> None:
    """`pip check` would say nothing of an extra's requirements."""
    pythons.make_environment(FOUND[OLDEST], clone / ".venv", pythons.find_newest_pip())
    write_lock(clone, {pin: wheel for pin, wheel in pinned.items() if pin.name in {*REAL, "moto"}})

    done = set_up(clone, index)

    assert done.returncode != 0
    moto = importlib.metadata.version("moto")
    assert f"moto[cognitoidp] {moto} needs joserfc" in done.stderr
    assert "hello-retail 0.1.0 needs psutil, which is missing." in done.stderr
    assert "requirements/dev.txt does not pin all that is needed: run `make lock`." in done.stderr
    assert not (clone / ".venv" / "setup.stamp").exists()


@pytest.mark.parametrize("python", FOUND)
def test_the_pins_install_for_real_and_the_command_line_runs(tmp_path: Path, python: str) -> None:
    """Whether each pin has a wheel that works on a Python; uv is quick enough to try them all."""
    install_for_real(FOUND[python], tmp_path / "all", ROOT / "requirements" / "dev.txt")

    check = [tmp_path / "all/bin/python", "-I", ROOT / "scripts/consistency.py", "dev"]
    done = subprocess.run(check, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "publish" in run_help(tmp_path / "all")


def test_the_command_line_needs_nothing_that_it_does_not_declare(tmp_path: Path) -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    wanted = tmp_path / "declared.txt"
    wanted.write_text("".join(write_pin(pin) for pin in locks.find_closure("dev", declared, HERE)))

    install_for_real(Path(sys.executable), tmp_path / "declared", wanted)

    assert "publish" in run_help(tmp_path / "declared")


def install_for_real(python: Path, folder: Path, requirements: Path) -> None:
    """Make an environment of a requirement file, as it stands and by its hashes."""
    uv = Path(sys.executable).parent / "uv"
    environ = clean_environ() | {"UV_LINK_MODE": "copy"}
    install = [uv, "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    for command in (
        [uv, "venv", "--quiet", "--python", python, folder],
        [*install, "--python", folder / "bin/python", "--requirement", requirements],
    ):
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def run_help(folder: Path) -> str:
    """Return what `retailctl --help` prints in an environment."""
    command = [folder / "bin/python", "-c", "from retailctl.cli import main; main()", "--help"]
    environ = clean_environ() | {"PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
