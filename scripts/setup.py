"""Make `.venv` hold just what requirements/dev.txt pins, and the project itself, editable.

Run by `scripts/setup` with any Python from 3.11 on; standard library only. When nothing has changed since the last
time it ends at once.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "requirements" / "dev.txt"
STAMP = VENV / "setup.stamp"
KEPT = {"hello-retail", "pip"}


def wanted() -> str:
    """Return what the stamp says of an environment that is up to date; a moved clone's scripts do not run."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    installed = json.dumps([project["project"], project["build-system"]], sort_keys=True)
    content = hashlib.sha256(REQUIREMENTS.read_bytes() + installed.encode())
    return f"{content.hexdigest()} {ROOT}\n"


def is_up_to_date() -> bool:
    """Say whether there is nothing to do."""
    return STAMP.is_file() and STAMP.read_text() == wanted() and PYTHON.exists()


def canonical(name: str) -> str:
    """Return a distribution's name in its one normal form."""
    return re.sub(r"[-_.]+", "-", name).lower()


def run(*command: str) -> str:
    """Run ``command`` and return what it prints; end with its own words where it fails."""
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        sys.exit(
            f"make: could not set up .venv; `{' '.join(command)}` says:\n{result.stdout}{result.stderr}".rstrip()
        )
    return result.stdout


def create() -> None:
    """Make an empty `.venv`; end with the remedy where this Python cannot."""
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        sys.exit(
            f"make: {sys.executable} lacks the venv module: install it "
            "(on Debian and Ubuntu: apt install python3-venv) or set PYTHON=/path/to/another/python3."
        )
    run(sys.executable, "-m", "venv", "--clear", str(VENV))


def install() -> None:
    """Install what is pinned, by its hashes, and the project; remove what is pinned no longer."""
    pip = (str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input")
    run(*pip, "install", "--quiet", "--no-deps", "--require-hashes", "--requirement", str(REQUIREMENTS))
    run(*pip, "install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    pinned = {
        canonical(name)
        for name in re.findall(r"^([A-Za-z0-9._-]+)==", REQUIREMENTS.read_text(), re.MULTILINE)
    }
    present = {canonical(line.split("==")[0]) for line in run(*pip, "list", "--format=freeze").splitlines()}
    strays = sorted(present - pinned - KEPT)
    if strays:
        run(*pip, "uninstall", "--quiet", "--yes", *strays)


def main() -> None:
    """Set `.venv` up where it is not, one run at a time."""
    if is_up_to_date():
        return
    locks = ROOT / ".retail" / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    with (locks / "setup").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_up_to_date():
            return
        print("Setting up .venv (a minute or two the first time) …", file=sys.stderr, flush=True)  # noqa: T201
        if not PYTHON.exists():
            create()
        install()
        STAMP.write_text(wanted())


if __name__ == "__main__":
    main()
