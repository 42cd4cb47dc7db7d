"""Nothing that is installed depends on what a registry holds that day: each install, and what pins it."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import hcl2
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts import lock
from scripts.consistency import Demand, read_inputs
from support import locks
from support.locks import ROOT

HERE = Path(sysconfig.get_path("purelib"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKED = sorted(file.stem for file in (ROOT / "requirements").glob("*.txt"))
TRACKED = [
    file
    for pattern in (
        ".ci/*",
        ".github/**/*.yml",
        "Makefile",
        "scripts/*",
        "src/**/*.py",
        "tools/**/*.py",
        "tests/support/*.py",
    )
    for file in sorted(ROOT.glob(pattern))
    if file.is_file()
]
"""The files that may install something."""


def normalize(requirement: str) -> str:
    return canonicalize_name(Requirement(requirement).name)


# --- The requirement files -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LOCKED)
def test_every_line_of_a_requirement_file_is_a_pin_with_hashes(name: str) -> None:
    lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
    pinning = [line for line in lines if not line.startswith((" ", "#"))]

    assert len(locks.read_pins(name)) == len(pinning) > 0
    assert all(
        re.fullmatch(r"sha256:[0-9a-f]{64}", each) for pin in locks.read_pins(name) for each in pin.hashes
    )


def find_gaps_of_development() -> list[str]:
    extras = [each for listed in PROJECT["optional-dependencies"].values() for each in listed]
    declared = [Demand("pyproject.toml", each) for each in [*PROJECT["dependencies"], *extras]]
    return locks.find_gaps("dev", HERE, [*read_inputs(ROOT / "requirements/dev.in"), *declared])


def test_what_development_pins_is_whole_on_every_python_and_platform() -> None:
    assert find_gaps_of_development() == []


def test_what_goes_into_lambda_is_whole_without_development() -> None:
    assert locks.find_gaps("lambda", HERE, [*read_inputs(ROOT / "requirements/lambda.in")]) == []


def test_the_law_notices_a_pin_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    pins = tuple(pin for pin in locks.read_pins("dev") if pin.name != "joserfc")
    environment = next(locks.list_environments())
    monkeypatch.setattr(locks, "read_pins", lambda _: pins)
    monkeypatch.setattr(locks, "list_environments", lambda: [environment])

    assert re.search(r"moto\[cognitoidp\] \S+ needs joserfc", "\n".join(find_gaps_of_development()))


def test_all_that_says_for_which_pythons_the_pins_are_says_the_same() -> None:
    oldest, newest = locks.PYTHONS[0], locks.PYTHONS[-1]
    minor = int(newest.split(".")[1])
    script = (ROOT / "scripts" / "setup").read_text()

    assert lock.PYTHONS == locks.PYTHONS
    assert PROJECT["requires-python"] == f">={oldest},<3.{minor + 1}"
    assert f"({oldest.replace('.', ', ')}) <= sys.version_info[:2] <= (3, {minor})" in script
    assert f"Python {oldest} to {newest} is needed" in script
    assert set(re.findall(r"python(3\.\d+)", script)) == set(locks.PYTHONS)


# --- What the command line imports -----------------------------------------------------------------------------


def list_imports(file: Path) -> list[tuple[str, bool]]:
    """Return the top-level modules that a file imports at run time, and whether only a function does."""
    tree = ast.parse(file.read_text())
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for child in node.body
        for inner in ast.walk(child)
    }
    in_functions = {
        inner for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for inner in ast.walk(node)
    }
    found = []
    for node in ast.walk(tree):
        if node in for_types:
            continue
        if isinstance(node, ast.Import):
            found += [(each.name.split(".")[0], node in in_functions) for each in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append((node.module.split(".")[0], node in in_functions))
    return found


def find_undeclared(folder: Path) -> set[str]:
    """Return the third-party modules that a package imports and pyproject.toml does not declare."""
    provided = packages_distributions()
    declared = {normalize(each) for each in PROJECT["dependencies"]}
    late = {normalize(each) for extra in PROJECT["optional-dependencies"].values() for each in extra}
    return {
        f"{file.relative_to(folder)}: {module}"
        for file in folder.rglob("*.py")
        for module, in_function in list_imports(file)
        if module not in sys.stdlib_module_names | {"hello_retail", "retailctl"}
        and not {canonicalize_name(each) for each in provided.get(module, [])}
        & (declared | (late if in_function else set()))
    }


def test_the_command_line_imports_what_is_declared_only() -> None:
    assert find_undeclared(ROOT / "src" / "retailctl") == set()


def test_an_import_that_is_not_declared_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import json, yaml\nimport boto3\n\ndef f():\n    import ministack\n")
    (tmp_path / "b.py").write_text("import ministack\nif TYPE_CHECKING:\n    import mypy_boto3_s3\n")

    assert find_undeclared(tmp_path) == {"a.py: yaml", "b.py: ministack"}


# --- All other installs ----------------------------------------------------------------------------------------


def test_pip_installs_by_hash_and_resolves_nothing() -> None:
    calls = {
        f"{file.relative_to(ROOT)}": text
        for file in TRACKED
        if re.search(r"pip[\"', -]+(install|download)\b", text := file.read_text())
    }

    assert {name.split("/")[-1] for name in calls} == {"lock.py", "setup.py", "package.py", "pythons.py"}
    for name, text in calls.items():
        assert "--require-hashes" in text, name
        assert "--no-deps" in text, name
        assert "--only-binary=:all:" in text, name


def test_the_project_is_built_with_what_is_pinned() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]

    assert "--no-build-isolation" in (ROOT / "scripts/setup.py").read_text()
    assert {normalize(each) for each in build["requires"]} <= {pin.name for pin in locks.read_pins("dev")}


def test_pre_commit_installs_nothing() -> None:
    content = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    hooks = [hook for repository in content["repos"] for hook in repository["hooks"]]

    assert [repository["repo"] for repository in content["repos"]] == ["local"]
    assert {hook["language"] for hook in hooks} == {"system"}
    assert not any("additional_dependencies" in hook for hook in hooks)


def test_npm_installs_by_hash_and_runs_no_script_of_a_package() -> None:
    packages = json.loads((ROOT / "tests/browser/package-lock.json").read_text())["packages"]

    assert [
        name for name, each in packages.items() if name and not each["integrity"].startswith("sha512-")
    ] == []
    callers = [
        file for file in TRACKED if re.search(r"npm\b.*\b(ci|install|exec)\b|\bnpx\b", file.read_text())
    ]
    assert [file.name for file in callers if "sudo apt-get" not in file.read_text()] == []
    assert '[npm, "ci", "--ignore-scripts"' in (ROOT / "tests/support/page_tools.py").read_text()


def test_every_root_has_its_provider_locked_and_no_module_comes_from_a_registry() -> None:
    roots = sorted(file.parent for file in ROOT.glob("terraform/*/versions.tf"))
    assert roots
    for root in roots:
        content = hcl2.loads((root / ".terraform.lock.hcl").read_text())
        (entry,) = content["provider"]
        ((_, provider),) = entry.items()
        assert provider["version"]
        assert provider["hashes"]
    sources = {
        source
        for folder in ("terraform", "modules")
        for file in (ROOT / folder).rglob("*.tf")
        if ".terraform" not in file.parts
        for source in re.findall(
            r'^\s*module\s+"[^"]+"\s*\{[^}]*?source\s*=\s*"([^"]+)"', file.read_text(), re.MULTILINE
        )
    }
    assert sources
    assert [source for source in sources if not source.startswith("..")] == []


def test_the_locked_provider_is_the_only_one() -> None:
    """Roots are initialised with their lock, examples and tests with a copy: another provider would be resolved."""
    files = [file for folder in ("terraform", "modules") for file in (ROOT / folder).rglob("*.tf")]
    text = "\n".join(file.read_text() for file in files if ".terraform" not in file.parts)

    assert set(re.findall(r'^\s*(?:source|provider)\s*=\s*"([\w-]+/[\w-]+)"', text, re.MULTILINE)) == {
        "hashicorp/aws"
    }
    kinds = set(re.findall(r'^\s*(?:resource|data)\s+"([a-z0-9]+)_', text, re.MULTILINE))
    assert kinds == {"aws", "terraform"}  # terraform_data is Terraform's own


def test_only_the_browser_comes_from_the_system_s_packages() -> None:
    """Debian keeps no older version than its newest, so a version could not be pinned for long."""
    installing = [
        file for file in TRACKED if re.search(r"apt-get\" install|apt-get install", file.read_text())
    ]

    assert {file.name for file in installing} <= {"run", "browser.py", "page_tools.py"}


@pytest.mark.parametrize(
    ("browser", "installed"), [(None, ["chromium chromium-driver"]), ("google-chrome", []), ("chromium", [])]
)
def test_ci_installs_what_the_browser_tests_lack(
    tmp_path: Path, browser: str | None, installed: list[str]
) -> None:
    programs = {"make": "", "id": "echo 0", "apt-get": '[ "$1" = update ] || echo "$@" >&2'}
    for name, script in (programs | ({browser: ""} if browser else {})).items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "dirname").symlink_to(shutil.which("dirname") or "")
    done = subprocess.run(
        [shutil.which("bash") or "", ROOT / ".ci/run"],
        env={"PATH": str(tmp_path), "CI": "true"}, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stderr.splitlines() == [
        f"install -qq -y --no-install-recommends {each}" for each in installed
    ]
