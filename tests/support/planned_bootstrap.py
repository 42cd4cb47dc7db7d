"""The bootstrap with CI's roles, made by `terraform test` without AWS, as `planned_app` makes the app."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support import planned_app, shared_provider
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
    only, attached = "-filter=tests/everything.tftest.hcl", shared_provider.attached(root)
    done = planned_app.run(root, "test", "-json", "-verbose", only, **attached)
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert done.returncode == 0, done.stdout + done.stderr
    state: dict[str, Any] = next(each["test_state"] for each in events if each.get("type") == "test_state")
    return tuple(planned_app.resources(state["root_module"]))
