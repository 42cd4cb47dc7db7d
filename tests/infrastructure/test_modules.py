"""Every module: its own tests pass and its parts are there; `make check` sees to its example and its README."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import hcl2
import pytest

from support import planned_app, shared_provider, variables_only
from support.stranger import PLANNED_ONLY
from tools import module_readmes

ROOT = Path(__file__).parents[2]
MODULES = module_readmes.list_modules(ROOT / "modules")
LOCK = ROOT / "terraform" / "bootstrap" / ".terraform.lock.hcl"
PARTS = ("versions.tf", "main.tf", "variables.tf", "outputs.tf", "README.md", "examples/basic/main.tf")

every_module = pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)


@pytest.fixture(scope="session")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of all modules and the bootstrap, but for their refusals: test_refusals.py has those."""
    folder = tmp_path_factory.mktemp("clone")
    left_out = shutil.ignore_patterns(".terraform*", "terraform.tfstate*", variables_only.REFUSALS)
    for part in ("modules", "terraform/bootstrap", "environments"):
        shutil.copytree(ROOT / part, folder / part, ignore=left_out)
    return folder


def assert_its_own_tests_pass(directory: Path) -> None:
    """Run a module's tests with the provider that the roots lock: alone it would take any newer one."""
    shutil.copy(LOCK, directory)
    planned_app.initialised(directory)
    done = planned_app.run(directory, "test", "-no-color", **shared_provider.attached(directory))
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


@pytest.mark.slow
@every_module
def test_a_modules_own_tests_pass(module: Path, copies: Path) -> None:
    assert_its_own_tests_pass(copies / "modules" / module.name)


@pytest.mark.slow
def test_the_bootstraps_own_tests_pass(copies: Path) -> None:
    assert_its_own_tests_pass(copies / "terraform" / "bootstrap")


@every_module
def test_a_module_has_all_its_parts(module: Path) -> None:
    missing = [part for part in PARTS if not (module / part).is_file()]

    assert not missing
    assert list((module / "tests").glob("*.tftest.hcl"))


@every_module
def test_a_module_knows_its_neighbours_by_their_outputs_only(module: Path) -> None:
    for file in module.glob("*.tf"):
        text = file.read_text()
        assert "\nprovider " not in text, f"{file}: a module takes its caller's provider"
        assert not re.search(r"product|winner|hello", text, re.IGNORECASE), f"{file} knows of our system"


@every_module
def test_a_module_says_what_each_input_and_output_is(module: Path) -> None:
    described = module_readmes.parse_inputs((module / "variables.tf").read_text())
    described += module_readmes.parse_outputs((module / "outputs.tf").read_text())

    assert [each.name for each in described if not each.description.endswith((".", "`"))] == []
    assert [each.name for each in described if "any" in re.findall(r"\w+", getattr(each, "type", ""))] == []


@every_module
def test_an_input_that_may_be_null_says_what_null_means(module: Path) -> None:
    for block in hcl2.loads((module / "variables.tf").read_text())["variable"]:
        for label, body in block.items():
            if body.get("nullable", True):
                assert "null" in body["description"].lower(), f"{module.name}: {label} may be null"


def test_no_example_is_only_planned_without_a_reason() -> None:
    first_lines = {
        file: file.read_text().splitlines()[0] for file in ROOT.glob("modules/*/examples/*/main.tf")
    }
    planned = {file: line for file, line in first_lines.items() if line.startswith(PLANNED_ONLY)}

    assert planned
    assert [file for file, line in planned.items() if len(line) <= len(PLANNED_ONLY)] == []


def test_modules_roots_and_examples_take_the_provider_that_runs_here_and_the_one_whose_schema_is_checked() -> (
    None
):
    files = [
        *(each / "versions.tf" for each in MODULES),
        *(ROOT / "terraform").glob("*/versions.tf"),
        *(ROOT / "modules").glob("*/examples/*/main.tf"),
        ROOT / "docs" / "adopting.md",
    ]

    assert {
        re.findall(r'^ +version += "([^"]+)"$', file.read_text(), re.MULTILINE)[-1] for file in files
    } == {">= 5.100, < 7.0"}
