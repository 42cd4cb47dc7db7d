"""The Pythons that are on a machine, and pips of known versions."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

from virtualenv.seed.wheels.embed import get_embed_wheel

from support.locks import PYTHONS, ROOT

OLD_PIPS = {
    "22.3": "1daab4b8d3b97d1d763caeb01a4640a2250a0ea899e257b1e44b9eded91e15ab",
    "23.2.1": "7ccf472345f20d35bdc9d1841ff5f313260c2c33fe417f48c30ac46cccabf5be",
}
"""The oldest pips that set-up may meet, as Python 3.11.0 and 3.12.0 bring them, with their wheels' SHA-256."""


def _version_of(python: Path) -> str | None:
    """Return the minor version of an interpreter, or None where it does not run."""
    code = "import sys, venv; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None


@cache
def find_pythons() -> dict[str, Path]:
    """Return one interpreter for each Python that the pins are for and that is on this machine.

    Looked at are this interpreter's own, the PATH, and where pyenv and GitHub's runners keep theirs.
    """
    own = Path(sys.base_prefix, "bin", "python3")
    places = [Path(folder, f"python{version}") for version in PYTHONS for folder in os.get_exec_path()]
    kept = [Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv", "versions")]
    kept += [Path(folder, "Python") for folder in [os.environ.get("RUNNER_TOOL_CACHE")] if folder]
    for folder in kept:
        places += [*folder.glob("3.*/bin/python3"), *folder.glob("3.*/*/bin/python3")]
    found: dict[str, Path] = {}
    for place in [own, *sorted(places)]:
        if place.exists() and (version := _version_of(place)) in PYTHONS:
            found.setdefault(str(version), place)
    return dict(sorted(found.items()))


def fetch_old_pip(version: str) -> Path:
    """Return the wheel of an old pip, fetched once by its hash."""
    folder = ROOT / "build" / "old-pips"
    wheel = folder / f"pip-{version}-py3-none-any.whl"
    if not wheel.exists():
        folder.mkdir(parents=True, exist_ok=True)
        wanted = folder / f"pip-{version}.txt"
        wanted.write_text(f"pip=={version} --hash=sha256:{OLD_PIPS[version]}\n")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        command += ["--require-hashes", f"--dest={folder}", f"--requirement={wanted}"]
        subprocess.run(command, check=True, capture_output=True)
    assert hashlib.sha256(wheel.read_bytes()).hexdigest() == OLD_PIPS[version]
    return wheel


def find_newest_pip() -> Path:
    """Return the wheel of the pip that virtualenv brings, which requirements/dev.txt pins."""
    wheel = get_embed_wheel("pip", PYTHONS[-1])
    assert wheel is not None
    return Path(wheel.path)


def make_environment(python: Path, folder: Path, pip: Path) -> None:
    """Make a virtual environment that has a certain pip."""
    subprocess.run([python, "-I", "-m", "venv", "--without-pip", folder], check=True, capture_output=True)
    (packages,) = folder.glob("lib/python3.*/site-packages")
    with zipfile.ZipFile(pip) as archive:
        archive.extractall(packages)
