"""Check that the list of environments, their folders, the pipeline and the page agree.

`environments/project.json` has the list, in the order of deployment. `python -m tools.environments` names what
forgets an environment, or has another.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import yaml

from retailctl import project
from retailctl.terraform.tfvars import read_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from retailctl.project import Project

LIST = "environments/project.json"
PIPELINE = ".github/workflows/merge.yml"
PAGE = "docs/environments.md"
DEPLOY = "/deploy.yml"


def find_problems(here: Project) -> list[str]:
    """Return where the clone's environments differ from its list, a sentence each."""
    names = here.environments
    return [*_check_folders(here, names), *_check_pipeline(here, names), *_check_page(here, names)]


def _check_folders(here: Project, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        for file in (here.values_file(name), here.backend_file(name)):
            if not file.is_file():
                yield f"{LIST} lists {name}, and {file.relative_to(here.root)} is missing: add it."
        values = read_values(here.values_file(name))
        if values and values.get("environment") != name:
            given = values.get("environment")
            yield f'environments/{name}/terraform.tfvars is of {given}: set environment = "{name}".'
    for folder in sorted((here.root / "environments").iterdir()):
        if folder.is_dir() and folder.name not in names:
            yield f"environments/{folder.name} is not in the list of {LIST}: add its name there, or delete it."
    if len(set(names)) < len(names):
        yield f"{LIST} lists an environment twice: {', '.join(names)}."


def _check_pipeline(here: Project, names: Sequence[str]) -> Iterator[str]:
    content: dict[str, Any] = yaml.safe_load((here.root / PIPELINE).read_text(encoding="utf-8"))
    jobs = {name: job for name, job in content["jobs"].items() if str(job.get("uses", "")).endswith(DEPLOY)}
    for name in sorted(jobs.keys() - set(names)):
        yield f"{PIPELINE}: the job {name} is not in the list of {LIST}: delete the job, or add its name."
    before = None
    for name in names:
        needs = jobs.get(name, {}).get("needs", [])
        given = jobs.get(name, {}).get("with", {})
        role = f"${{{{ fromJSON(vars.PLAN_ROLE_ARNS).{name} }}}}"
        if name not in jobs:
            yield f"{PIPELINE} never deploys {name}: add a job of that name, as the others are."
        elif given != {"environment": name, "plan-role": role}:
            yield f"{PIPELINE}: the job {name} deploys another: set environment: {name}, plan-role: {role}."
        elif before and before not in ([needs] if isinstance(needs, str) else needs):
            yield f"{PIPELINE}: the job {name} does not wait for {before}, as {LIST} orders: set needs: {before}."
        before = name


def _check_page(here: Project, names: Sequence[str]) -> Iterator[str]:
    header = "| Value | " + " | ".join(names) + " |"
    text = (here.root / PAGE).read_text(encoding="utf-8")
    if header not in text.splitlines():
        found = re.search(r"^\| Value \|.*$", text, re.MULTILINE)
        yield f"{PAGE}: the table of values begins {found[0] if found else 'nowhere'}: let it begin {header}"


def main(here: Project | None = None) -> int:
    """Print what differs; return the exit status."""
    problems = find_problems(here or project.find_project())
    sys.stderr.write("".join(f"{problem}\n" for problem in problems))
    return 1 if problems else 0


if __name__ == "__main__":  # pragma: no cover - one line, run by pre-commit
    sys.exit(main())
