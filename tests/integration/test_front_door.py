"""The Makefile and the set-up, as somebody meets them in a fresh clone, and what a missing prerequisite says."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FIXED = {
    *("setup", "package", "test", "check", "demo", "up", "play", "down"),
    *("plan", "apply", "destroy", "bench", "lock", "clean", "help"),
}


def make(*arguments: str, folder: Path = ROOT, path: str | None = None) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": path or "/usr/bin:/bin", "HOME": str(folder)}
    command = [shutil.which("make") or "make", "-C", str(folder), *arguments]
    return subprocess.run(command, cwd="/", env=environ, capture_output=True, text=True, check=False)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return what of a clone the set-up needs."""
    folder = tmp_path / "a clone"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    for name in ("scripts", "requirements", "environments"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def programs(folder: Path, **scripts: str) -> str:
    """Return a PATH of a few harmless programs, and ``scripts`` by name (``_`` for a dot)."""
    folder.mkdir()
    for name in ("awk", "sh", "dirname", "cat", "echo", "ls", "rm", "find"):
        (folder / name).symlink_to(shutil.which(name) or name)
    for name, content in scripts.items():
        script = folder / name.replace("_", ".")
        script.write_text(f"#!/bin/sh\n{content}\n")
        script.chmod(0o755)
    return str(folder)


def test_help_lists_every_target_in_one_line_each() -> None:
    listed = re.findall(r"^  make (\S+) +\S.*$", make("help").stdout, re.MULTILINE)

    assert set(listed) >= FIXED
    assert make().stdout == make("help").stdout


@pytest.mark.parametrize("target", ["up", "plan", "apply", "destroy", "demo", "play", "bootstrap"])
def test_an_unknown_environment_is_refused_before_anything_is_set_up(clone: Path, target: str) -> None:
    refused = make(target, "ENV=production", folder=clone)

    assert refused.returncode != 0
    assert "There is no environment 'production': set ENV to one of dev prod staging" in refused.stderr
    assert not (clone / ".venv").exists()


def test_without_a_python_there_is_one_sentence_with_the_remedy(clone: Path, tmp_path: Path) -> None:
    old = "exit 1"  # what a candidate answers that is too old, or a version manager's shim with nothing behind it
    path = programs(tmp_path / "bin", python3=old, python3_13="exit 127")

    refused = make("setup", folder=clone, path=path)

    assert refused.returncode != 0
    assert refused.stderr.splitlines()[0] == (
        "make: Python 3.11 to 3.14 is needed, and none was found: "
        "install it (https://www.python.org/downloads/) or set PYTHON=/path/to/python3."
    )


def test_a_python_without_venv_names_the_package_that_brings_it(clone: Path, tmp_path: Path) -> None:
    poor = (
        f'case "$1" in -c) exec "{sys.executable}" "$@";; esac\n'
        f'exec "{sys.executable}" -c "import importlib.util as u, runpy, sys; f = u.find_spec; '
        "u.find_spec = lambda n, *a: None if n == 'ensurepip' else f(n, *a); "
        'sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name=\'__main__\')" "$@"'
    )
    path = programs(tmp_path / "bin", python3=poor)

    refused = make("setup", folder=clone, path=path)

    assert refused.returncode != 0
    assert (
        "lacks the venv module: install it (on Debian and Ubuntu: apt install python3-venv)" in refused.stderr
    )
    assert not (clone / ".venv").exists()


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("pyproject.toml", "make: pyproject.toml is no TOML, perhaps after a merge: Invalid"),
        ("requirements/dev.txt", "make: requirements/dev.txt is missing"),
    ],
)
def test_a_clone_that_is_not_as_it_should_be_is_told_in_a_sentence(
    clone: Path, tmp_path: Path, file: str, said: str
) -> None:
    (clone / file).unlink()
    if file == "pyproject.toml":
        (clone / file).write_text("<<<<<<< HEAD\n")
    (clone / ".venv").mkdir()
    (clone / ".venv" / "setup.stamp").touch()  # so that it is compared
    path = programs(tmp_path / "bin", python3=f'exec "{sys.executable}" "$@"')

    refused = make("setup", folder=clone, path=path)

    assert refused.returncode != 0
    assert refused.stderr.startswith(said)


@pytest.mark.slow
def test_what_pip_says_is_shown_when_the_set_up_fails(clone: Path, tmp_path: Path) -> None:
    (clone / "requirements" / "dev.txt").write_text("no requirement\n")
    path = programs(tmp_path / "bin", python3=f'exec "{sys.executable}" "$@"')

    refused = make("setup", folder=clone, path=path)

    assert refused.returncode != 0
    assert "could not set up .venv" in refused.stderr
    assert "Invalid requirement" in refused.stderr
    assert not (clone / ".venv" / "setup.stamp").exists()


def test_clean_removes_what_was_made_and_nothing_else(clone: Path) -> None:
    before = sorted(clone.rglob("*"))
    for made in (
        ".venv/bin/x",
        "build/x",
        ".retail/x",
        "scripts/__pycache__/x",
        ".mypy_cache/x",
        ".import_linter_cache/x",
        ".coverage",
    ):
        path = clone / made
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    assert make("clean", folder=clone).returncode == 0
    assert sorted(clone.rglob("*")) == before


def test_the_pins_are_as_fresh_as_their_inputs(clone: Path) -> None:
    check = [sys.executable, str(clone / "scripts" / "lock.py"), "--check"]
    assert subprocess.run(check, check=False).returncode == 0

    with (clone / "requirements" / "lambda.in").open("a") as file:
        file.write("simplejson\n")

    stale = subprocess.run(check, capture_output=True, text=True, check=False)
    assert stale.returncode != 0
    assert "older than their inputs: lambda.txt, dev.txt. Run `make lock`" in stale.stderr


def test_development_tests_the_very_versions_that_go_into_lambda() -> None:
    def pins(name: str) -> set[str]:
        return set(
            re.findall(r"^\S+==\S+", (ROOT / "requirements" / f"{name}.txt").read_text(), re.MULTILINE)
        )

    assert pins("lambda") <= pins("dev")
