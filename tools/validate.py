"""`terraform validate` of every root, and of every module by its example."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from retailctl import cli, project
from retailctl.console import print_note
from retailctl.errors import UserError
from retailctl.progress import show_progress
from retailctl.terraform import workspace as terraform
from retailctl.terraform.workspace import Workspace

if TYPE_CHECKING:
    from retailctl.project import Project

LOCK = ".terraform.lock.hcl"
SIDE_BY_SIDE = 2


def list_targets(here: Project) -> list[Path]:
    """Return the folders to validate; an example includes its module.

    Raises:
        UserError: where a module has no example.

    """
    modules = [
        folder for folder in sorted((here.root / "modules").iterdir()) if (folder / "main.tf").is_file()
    ]
    lacking = [module.name for module in modules if not (module / "examples" / "basic" / "main.tf").is_file()]
    if lacking:
        raise UserError(f"These modules have no examples/basic: {', '.join(lacking)}.")
    roots = sorted(file.parent for file in (here.root / "terraform").glob("*/main.tf"))
    roots += [here.app] if here.app not in roots else []
    examples = [file.parent for module in modules for file in sorted(module.glob("examples/*/main.tf"))]
    return [folder.relative_to(here.root) for folder in [*roots, *examples]]


def _problems(here: Project, copy: Path, target: Path) -> list[str]:
    """Return Terraform's diagnostics for ``target``, with file."""
    root = copy / target
    if (here.app / LOCK).is_file():
        shutil.copy(here.app / LOCK, root / LOCK)
    workspace = Workspace(here, root, root / ".terraform", os.environ)
    terraform.run_init(workspace, "-backend=false")
    report = json.loads(terraform.read_command_output(workspace, "validate", "-json"))
    return [
        f"{target}: {entry['summary']} {entry.get('detail', '')} {entry.get('range', {}).get('filename', '')}"
        for entry in report["diagnostics"]
    ]


def validate_terraform() -> None:
    """Validate every Terraform root and every module's example; a warning fails too."""
    here = project.find_project()
    folders = list_targets(here)
    here.scratch.mkdir(exist_ok=True)
    # Initialising writes lock files beside the sources, so it is done in a copy.
    with (
        tempfile.TemporaryDirectory(dir=here.scratch, prefix="validate-") as name,
        show_progress("Validating") as advance,
    ):
        copy = Path(name)
        for folder in ("environments", "modules", "terraform"):
            shutil.copytree(
                here.root / folder, copy / folder, ignore=shutil.ignore_patterns(".terraform", "*.tfstate*")
            )
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            problems: list[str] = []
            for done, target_problems in enumerate(
                pool.map(lambda target: _problems(here, copy, target), folders), start=1
            ):
                problems += target_problems
                advance(done, len(folders))
    if problems:
        raise UserError("terraform validate finds:\n" + "\n".join(problems))
    print_note(f"{len(folders)} roots and examples are valid.")


app = cli.build_single_command(validate_terraform)

if __name__ == "__main__":  # pragma: no cover - one line, run by pre-commit
    cli.run_program(app)
