"""A module or root with nothing but its variables: what they refuse is refused there in a second."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

REFUSALS = "validation.tftest.hcl"
"""The file of a module's or root's tests that has its refusals of variables, and only those."""
LOCALS = {
    "app": ("guards.tf", "names.tf", "generations.tf", "consumers.tf"),
    "ci-roles": ("issuer.tf",),
    "http-api": ("preflights.tf",),
}
"""The files that have nothing but local values which validations name, and checks of these."""
_MOCK_PROVIDER = re.compile(r'^mock_provider "aws" \{.*?^\}\n', re.MULTILINE | re.DOTALL)


def copy_of(folder: Path, to: Path) -> Path:
    """Copy the variables of ``folder``, its refusals and the files that these need to ``to``, and return that."""
    shutil.copytree(folder / "tests", to / "tests", ignore=shutil.ignore_patterns("*.tftest.hcl"))
    for name in ("variables.tf", *LOCALS.get(folder.name, ())):
        shutil.copy(folder / name, to)
    if (to / "names.tf").is_file():
        names = (to / "names.tf").read_text()
        (to / "names.tf").write_text(names.replace("/../../environments/", "/"))
        shutil.copy(folder.parents[1] / "environments" / "project.json", to)
    refusals = (folder / "tests" / REFUSALS).read_text()
    (to / "tests" / REFUSALS).write_text(_MOCK_PROVIDER.sub("", refusals))
    return to
