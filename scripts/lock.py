"""Pin requirements/*.in into requirements/*.txt, and Terraform's providers; or check that the pins are up to date.

A requirement file says in its first line of which inputs it was made, so that the check needs no network.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
UV = Path(sys.executable).parent / "uv"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
"""The Pythons that the pins are for; `requires-python` in pyproject.toml says the same."""
UNIVERSAL = ("--universal", f"--python-version={PYTHONS[0]}")
"""The options by which one resolution serves all of them."""
PLATFORMS = (
    "x86_64-manylinux_2_28",
    "aarch64-manylinux_2_28",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
)
"""The platforms that every pin needs a wheel for, as uv names them: set-up builds nothing."""
# What goes into Lambda is pinned first, so that development installs and tests those very versions.
INPUTS = {"lambda": ("lambda.in",), "dev": ("dev.in", "lambda.in"), "checkov": ("checkov.in",)}
PROVIDER_PLATFORMS = ("linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64", "windows_amd64")


def first_line(name: str) -> str:
    """Return the line that says how and of which inputs a requirement file was made.

    Dependabot keeps the line, and takes uv's options from it.
    """
    digest = hashlib.sha256()
    for file in INPUTS[name]:
        digest.update((ROOT / "requirements" / file).read_bytes())
    made = f"# Made by `make lock` ({' '.join(UNIVERSAL)}) of {' and '.join(INPUTS[name])}"
    return f"{made}, sha256 {digest.hexdigest()}\n"


def pin(name: str, *, upgrade: bool) -> None:
    """Write a requirement file, with a hash for every wheel and source of each pin."""
    output = ROOT / "requirements" / f"{name}.txt"
    command = [str(UV), "pip", "compile", "--quiet", *UNIVERSAL, "--generate-hashes", "--no-header"]
    command += [f"--output-file=requirements/{name}.txt"]
    command += ["--upgrade"] if upgrade else []
    command += ["--constraint=requirements/lambda.txt"] if name == "dev" else []
    subprocess.run([*command, f"requirements/{name}.in"], cwd=ROOT, check=True)
    output.write_text(first_line(name) + output.read_text())


def find_missing_wheels(name: str) -> list[str]:
    """Return, per Python and platform that lacks a wheel of a requirement file's pins, what uv says about it."""

    def ask(target: tuple[str, str]) -> str | None:
        python, platform = target
        command = [str(UV), "pip", "install", "--quiet", "--dry-run", "--no-deps", "--only-binary=:all:"]
        command += [f"--python-version={python}", f"--python-platform={platform}", "--target=build/no-wheels"]
        command += ["--require-hashes", f"--requirement=requirements/{name}.txt"]
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        return None if answer.returncode == 0 else f"{name}.txt, Python {python}, {platform}: {answer.stderr}"

    with ThreadPoolExecutor(4) as pool:
        return [answer for answer in pool.map(ask, product(PYTHONS, PLATFORMS)) if answer]


def lock_providers() -> None:
    """Pin the providers of every root for every platform; asks the public registry."""
    for lock_file in sorted((ROOT / "terraform").glob("*/.terraform.lock.hcl")):
        platforms = [f"-platform={platform}" for platform in PROVIDER_PLATFORMS]
        subprocess.run(
            ["terraform", f"-chdir={lock_file.parent}", "providers", "lock", *platforms], check=True
        )


def stale() -> list[str]:
    """Return the requirement files whose inputs have changed since."""
    files = {name: ROOT / "requirements" / f"{name}.txt" for name in INPUTS}
    return [file.name for name, file in files.items() if not file.read_text().startswith(first_line(name))]


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether the pins are up to date")
    parser.add_argument("--upgrade", action="store_true", help="take newer versions where there are some")
    parser.add_argument("--providers", action="store_true", help="pin Terraform's providers too")
    options = parser.parse_args()
    if options.check:
        if found := stale():
            sys.exit(
                f"These requirement files are older than their inputs: {', '.join(found)}. Run `make lock`."
            )
        return
    try:
        for name in INPUTS:
            pin(name, upgrade=options.upgrade)
        if missing := [answer for name in INPUTS for answer in find_missing_wheels(name)]:
            sys.exit("make lock: a pin has no wheel; bound it in the .in file:\n" + "\n".join(missing))
        if options.providers:
            lock_providers()
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"make lock: {error}")


if __name__ == "__main__":
    main()
