"""Make `.venv` hold just what requirements/dev.txt pins, and the project itself, editable; so too `.venv/checkov`.

Run by `scripts/setup` with a Python that the pins are for; standard library only. When nothing has changed since
the last time it ends at once. pip resolves nothing and builds nothing: it installs the pins, from wheels with
their hashes. `consistency.py` then tells whether they are whole.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KEPT = {"hello-retail", "pip"}
PIP_SETTINGS = {
    "PIP_CONSTRAINT": os.devnull,
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "PIP_USER": "0",
}
"""What overrides a machine's settings of pip. Those that say where packages come from stay in force."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment and what it is made from."""

    name: str
    """The requirement file's name, in requirements/ without its suffix."""
    folder: Path
    holds_project: bool = False

    @property
    def python(self) -> Path:
        """Return the environment's interpreter."""
        return self.folder / "bin" / "python"

    @property
    def requirements(self) -> Path:
        """Return the file with its pins."""
        return ROOT / "requirements" / f"{self.name}.txt"

    @property
    def stamp(self) -> Path:
        """Return the file that says from what the environment was last set up."""
        return self.folder / "setup.stamp"

    @property
    def shown(self) -> str:
        """Return the folder's name as messages have it."""
        return str(self.folder.relative_to(ROOT))


DEV = Environment("dev", ROOT / ".venv", holds_project=True)
ENVIRONMENTS = {"dev": DEV, "checkov": Environment("checkov", DEV.folder / "checkov")}


def describe_wanted(environment: Environment) -> str:
    """Return what the stamp of an up-to-date environment says; in a moved clone its scripts do not run."""
    if not environment.requirements.is_file():
        sys.exit(f"make: {environment.requirements.relative_to(ROOT)} is missing: `git checkout` it.")
    content = environment.requirements.read_bytes()
    if environment.holds_project:
        try:
            project = tomllib.loads((ROOT / "pyproject.toml").read_text())
        except tomllib.TOMLDecodeError as error:
            sys.exit(f"make: pyproject.toml is no TOML, perhaps after a merge: {error}.")
        content += json.dumps([project["project"], project["build-system"]], sort_keys=True).encode()
    return f"{hashlib.sha256(content).hexdigest()} {ROOT}\n"


def is_up_to_date(environment: Environment) -> bool:
    """Return whether there is nothing to do."""
    stamp = environment.stamp
    return (
        stamp.is_file() and stamp.read_text() == describe_wanted(environment) and environment.python.exists()
    )


def normalize_name(name: str) -> str:
    """Return a distribution's name in its one normal form."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_pinned_names(requirements: str) -> set[str]:
    """Return the names that the text of a requirement file pins, without their extras."""
    return {
        normalize_name(name)
        for name in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", requirements, re.MULTILINE)
    }


def run(environment: Environment, *command: str) -> None:
    """Run ``command``; end with its own words where it fails."""
    environ = {**os.environ, **PIP_SETTINGS}
    result = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        sys.exit(
            f"make: could not set up {environment.shown}; `{' '.join(command)}` says:\n"
            f"{result.stdout}{result.stderr}".rstrip()
        )


def create(environment: Environment) -> None:
    """Make an empty environment; end with the remedy where this Python cannot."""
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        sys.exit(
            f"make: {sys.executable} lacks the venv module: install it "
            "(on Debian and Ubuntu: apt install python3-venv) or set PYTHON=/path/to/another/python3."
        )
    run(environment, sys.executable, "-m", "venv", "--clear", str(environment.folder))


def find_strays(environment: Environment) -> list[str]:
    """Return the distributions in an environment that nothing pins."""
    folders = [str(folder) for folder in environment.folder.glob("lib/python3.*/site-packages")]
    present = {normalize_name(each.name) for each in importlib.metadata.distributions(path=folders)}
    return sorted(present - read_pinned_names(environment.requirements.read_text()) - KEPT)


def install(environment: Environment) -> None:
    """Install what is pinned and the project, remove all else, and check that the rest is whole."""
    # Without the shell's PYTHONPATH and the user's own packages.
    python = (str(environment.python), "-I")
    pip = (*python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile")
    run(
        environment,
        *(*pip, "--only-binary=:all:", "--require-hashes", "--requirement", str(environment.requirements)),
    )
    if environment.holds_project:
        run(environment, *pip, "--no-build-isolation", "--editable", str(ROOT))
    if strays := find_strays(environment):
        run(environment, *python, "-m", "pip", "uninstall", "--quiet", "--yes", *strays)
    run(environment, *python, str(ROOT / "scripts" / "consistency.py"), environment.name)


def set_up(environment: Environment) -> None:
    """Set an environment up where it is not."""
    if is_up_to_date(environment):
        return
    note = f"Setting up {environment.shown} (a minute or two the first time) …"
    print(note, file=sys.stderr, flush=True)  # noqa: T201
    runs_in_it = environment.python.exists() and Path(sys.prefix).samefile(DEV.folder)
    if not runs_in_it:  # there is none yet, or its Python is none that the pins are for
        create(environment)
    install(environment)
    environment.stamp.write_text(describe_wanted(environment))


def main() -> None:
    """Set up `.venv` and the environments that the command line names, one run at a time."""
    wanted = [DEV, *(ENVIRONMENTS[name] for name in sys.argv[1:])]
    if all(map(is_up_to_date, wanted)):
        return
    locks = ROOT / ".retail" / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    with (locks / "setup").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for environment in wanted:
            set_up(environment)


if __name__ == "__main__":
    main()
