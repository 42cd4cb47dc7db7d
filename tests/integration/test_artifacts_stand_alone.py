"""The real artifacts: the same from any clone, and complete without anything of this machine but boto3."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

from retailctl import project
from retailctl.artifacts import package
from retailctl.project import Project

pytestmark = pytest.mark.slow

RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3")
IMPORT_ALONE = """
import importlib, json, sys
code, handler, runtime = sys.argv[1:]
sys.path[:] = [code, *[path for path in sys.path if "site-packages" not in path], runtime]
module, _, name = handler.rpartition(".")
function = getattr(importlib.import_module(module), name)
foreign = {
    name for name, each in sys.modules.items()
    if name.split(".")[0] in ("hello_retail", "aws_lambda_powertools", "fastjsonschema")
    and not (each.__file__ or code).startswith(code)
}
print(json.dumps({"callable": callable(function), "foreign": sorted(foreign)}))
"""


@pytest.fixture(scope="module")
def built() -> Project:
    here = project.find_project()
    package.build_artifacts(here)
    return here


def test_two_clones_build_the_same_bytes(tmp_path: Path) -> None:
    contents: list[dict[str, bytes]] = []
    for name, umask in (("one", 0o022), ("another/deeper", 0o077)):
        before = os.umask(umask)
        try:
            clone = tmp_path / name
            clone.parent.mkdir(parents=True, exist_ok=True)
            clone_here = ["git", "clone", "--quiet", "--no-hardlinks", project.find_project().root, clone]
            subprocess.run(clone_here, check=True)
            package.build_artifacts(Project(clone))
        finally:
            os.umask(before)
        artifacts = Project(clone).artifacts
        contents.append({path.name: path.read_bytes() for path in artifacts.iterdir()})

    assert contents[0] == contents[1]
    assert set(contents[0]) >= {"manifest.json", "winner_view.zip", "winner_api.zip"}


@pytest.mark.parametrize("function", package.list_functions(project.find_project()))
def test_a_function_imports_from_its_zip_and_the_runtime_alone(
    function: str, built: Project, tmp_path: Path
) -> None:
    entry = json.loads((built.artifacts / "manifest.json").read_text())["functions"][function]
    code, runtime = tmp_path / "task", tmp_path / "runtime"
    with zipfile.ZipFile(built.artifacts / entry["file"]) as archive:
        archive.extractall(code)
    runtime.mkdir()
    for name in RUNTIME:
        for top in {file.parts[0] for file in distribution(name).files or ()} - {".."}:
            (runtime / top).symlink_to(Path(str(distribution(name).locate_file(top))))

    result = subprocess.run(
        [sys.executable, "-S", "-c", IMPORT_ALONE, code, entry["handler"], runtime],
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == {"callable": True, "foreign": []}


@pytest.mark.parametrize("function", package.list_functions(project.find_project()))
def test_an_artifact_is_far_below_lambda_s_limit(function: str, built: Project) -> None:
    assert (built.artifacts / f"{function}.zip").stat().st_size < 10 * 2**20
