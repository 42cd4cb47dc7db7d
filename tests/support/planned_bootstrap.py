"""The bootstrap with CI's roles, made by `terraform test` without AWS, as `planned_app` makes the app."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from support import planned_app
from support.planned_app import ROOT, Resource

REPOSITORY = "octo@1234/shop@5678"
VARIABLES = f"""
variables {{
  state_bucket_name = "state"
  force_destroy     = true
  github_repository = "{REPOSITORY}"
}}
"""


def planned(folder: Path, change: Callable[[Path], None] | None = None) -> tuple[Resource, ...]:
    """Return all resources and data sources of the bootstrap, copied to ``folder`` and changed there."""
    ignored = shutil.ignore_patterns(".terraform", "examples", "*.tfstate*")
    for part in ("terraform/bootstrap", "modules", "environments"):
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    if change:
        change(folder)
    root = planned_app.initialised(folder / "terraform" / "bootstrap")
    (root / "tests" / "everything.tftest.hcl").write_text(VARIABLES + planned_app.terraform_test(root))
    state = planned_app.run_everything(root)
    return tuple(planned_app.resources(state["root_module"]))
