"""`retailctl plan` and `apply`: save a plan, apply exactly that plan.

`plan --out` and `apply --plan` split an apply between two machines or two people. The plan can be reviewed in
between, and if anything differs from it, the apply is refused before it changes anything.
"""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retailctl import git, project
from retailctl.artifacts import builds, package
from retailctl.console import print_document, print_note, require_confirmation
from retailctl.delivery import page, plan_summary, saved_plan
from retailctl.delivery.page import has_other_page
from retailctl.delivery.saved_plan import PlanRecord, State
from retailctl.environments.state import initialise_workspace
from retailctl.environments.target import resolve_target
from retailctl.errors import UserError
from retailctl.files import hold_lock, write_atomically
from retailctl.options import DEFAULT_CLOUD, CloudName, Confirmed, EnvironmentName, format_retailctl
from retailctl.progress import show_progress
from retailctl.terraform import workspace as terraform

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from retailctl.artifacts.package import Files
    from retailctl.environments.target import Target
    from retailctl.terraform.workspace import Workspace

PlanFile = Annotated[
    Path | None,
    typer.Option("--plan", envvar="PLAN", help="Apply exactly this plan, saved by `plan --out`."),
]
OutFile = Annotated[
    Path | None,
    typer.Option("--out", envvar="OUT", help="Save the plan here, and a record beside it."),
]
Older = Annotated[
    bool,
    typer.Option("--older", envvar="OLDER", help="Apply a commit that is older than the applied one."),
]
SummaryFile = Annotated[
    Path | None, typer.Option("--summary", envvar="SUMMARY", help="Write the plan to this file as Markdown.")
]


def read_state(workspace: Workspace) -> State | None:
    """Return the lineage and serial of a state; None before any apply."""
    pulled = terraform.read_command_output(workspace, "state", "pull")
    if not pulled.strip():
        return None
    content = json.loads(pulled)
    return State(content["lineage"], content["serial"])


def save_plan(
    target: Target, workspace: Workspace, out: Path, artifacts: Mapping[str, str], commit: str
) -> PlanRecord:
    """Plan with `build/artifacts`, save plan and record, and return the record."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.touch(mode=0o600)  # a plan contains all values in plain text
    changes = terraform.run_with_progress(
        workspace, f"Planning {target.environment}", "plan", f"-out={out}", *workspace.arguments
    )
    record = PlanRecord(
        environment=target.environment,
        sha256=saved_plan.hash_plan(out),
        # Read after the plan, which may have waited for a lock. Terraform itself detects later changes.
        state=read_state(workspace),
        artifacts=dict(artifacts),
        commit=commit,
        made=builds.format_current_time(),
        changes=changes,
    )
    write_atomically(saved_plan.record_file(out), record.format_json())
    return record


def apply_saved_plan(
    target: Target, workspace: Workspace, file: Path, record: PlanRecord, files: Files, remedy: str
) -> None:
    """Apply a saved plan, deploy its page, and keep its build.

    ``remedy`` is the sentence to add where the plan is stale. Afterwards the state is refreshed, so that it
    includes what resources report about each other (a bucket's policy, a role's policies). Any later difference
    is drift.
    """
    saved_plan.check_state(record, read_state(workspace), remedy)
    terraform.run_with_progress(workspace, f"Applying {target.environment}", "apply", str(file.resolve()))
    terraform.run_with_progress(
        workspace,
        f"Refreshing the state of {target.environment}",
        "apply",
        "-refresh-only",
        "-auto-approve",
        *workspace.arguments,
    )
    found = page.find_page(target.environment, terraform.read_root_outputs(workspace))
    if found is not None and package.PAGE in files:
        page.deploy_page(target, found, files[package.PAGE])
    with show_progress("Keeping the build"):
        builds.keep_build(target, files, record.commit)
    print_note(f"{target.environment} in {target.place} has build {record.build} of commit {record.commit}.")


def plan_environment(
    environment: EnvironmentName = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
    out: OutFile = None,
    summary: SummaryFile = None,
    *,
    prebuilt: Annotated[
        bool, typer.Option("--prebuilt", envvar="PREBUILT", help="Use build/artifacts without building them.")
    ] = False,
) -> None:
    """Show what an apply would change; with --out, save it for `apply --plan`."""
    if summary is not None and out is None:
        raise UserError("SUMMARY (--summary) needs a saved plan: set OUT (--out) too.")
    if out is None:
        _plan_and_show(environment, cloud)
        return
    here = project.find_project()
    saved_plan.check_writable(out)
    plan_summary.check_writable(summary)
    if not prebuilt:
        package.build_artifacts(here)
    _, artifacts = builds.read_artifacts(here)
    target = resolve_target(environment, cloud)
    workspace = initialise_workspace(target)
    out = out.resolve()
    record = save_plan(target, workspace, out, artifacts, git.find_checked_out_commit(here))
    print_plan(workspace, out)
    if summary is not None:
        plan = json.loads(terraform.read_command_output(workspace, "show", "-json", str(out)))
        write_atomically(summary, plan_summary.render_section(record, plan))
    apply = format_retailctl(
        f"apply --plan {shlex.quote(project.format_path(out))}", environment, target.cloud_name
    )
    print_note(f"The plan is in {project.format_path(out)}: apply it with `{apply}`.")


def _plan_and_show(environment: str, cloud: str | None) -> None:
    """Show what applying the environment would change."""
    target = resolve_target(environment, cloud)
    package.build_artifacts(target.project)
    workspace = initialise_workspace(target)
    file = workspace.data / "run.tfplan"
    try:
        terraform.run_with_progress(
            workspace, f"Planning {environment}", "plan", f"-out={file}", *workspace.arguments
        )
        print_plan(workspace, file)
    finally:
        file.unlink(missing_ok=True)  # it contains all values in plain text


def apply_environment(
    environment: EnvironmentName = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
    confirmed: Confirmed = None,
    plan_file: PlanFile = None,
    *,
    older: Older = False,
) -> None:
    """Plan, ask, and apply exactly that plan; with --plan, apply a saved plan."""
    if plan_file is None:
        plan_and_apply(environment, cloud, confirmed, older=older)
        return
    here = project.find_project()
    record = saved_plan.read_record(plan_file)
    here.check_environment(environment)
    plan_command = format_retailctl(
        f"plan --out {shlex.quote(project.format_path(plan_file))}", environment, cloud
    )
    remedy = f"Plan again with `{plan_command}`."
    with hold_lock(here, "package"):  # otherwise another command could replace the zips
        files, artifacts = builds.read_artifacts(here)
        saved_plan.check_plan(record, plan_file, environment, artifacts, remedy)
        target = resolve_target(environment, cloud)
        if not older:
            check_commit_order(target, record.commit)
        apply_saved_plan(target, initialise_workspace(target), plan_file, record, files, remedy)


def do_nothing() -> None:
    """Do nothing."""


def plan_and_apply(
    environment: str,
    cloud: str | None,
    confirmed: str | None,
    begin: Callable[[], object] = do_nothing,
    *,
    older: bool = False,
) -> None:
    """Plan, ask, call ``begin``, and apply exactly that plan.

    ``older`` allows a commit that is older than that of the environment's build.

    Raises:
        UserError: where the operator does not confirm, or Terraform fails.

    """
    here = project.find_project()
    target = resolve_target(environment, cloud)
    commit = git.find_checked_out_commit(here)
    if not older:
        check_commit_order(target, commit)
    package.build_artifacts(here)
    files, artifacts = builds.read_artifacts(here)
    ask_and_apply(target, files, artifacts, commit, confirmed, begin)


def check_commit_order(target: Target, commit: str) -> None:
    """Check that a commit is not older than the environment's newest build.

    Otherwise a slow run could revert the changes of a later one. A commit that is not an ancestor or not in the
    clone is accepted.

    Raises:
        UserError: where it is older; nothing has been changed then.

    """
    current = next(iter(builds.list_kept_builds(target)), None) if target.has_state_bucket() else None
    if current is not None and git.is_older_commit(target.project, commit, current.commit):
        rollback = format_retailctl("rollback --to <build>", target.environment, target.cloud_name)
        raise UserError(
            f"Commit {commit} is older than {current.commit}, whose build {current.build} was applied to "
            f"{target.environment} {current.applied}. Nothing was changed. To go back, use `{rollback}`; "
            "to apply the older commit, add OLDER=1 (--older)."
        )


def ask_and_apply(
    target: Target,
    files: Files,
    artifacts: Mapping[str, str],
    commit: str,
    confirmed: str | None,
    begin: Callable[[], object] = do_nothing,
) -> None:
    """Plan, print the plan, ask unless it is empty, call ``begin``, and apply."""
    workspace = initialise_workspace(target)
    file = workspace.data / "run.tfplan"
    try:
        record = save_plan(target, workspace, file, artifacts, commit)
        print_plan(workspace, file)
        if any(record.changes.values()) or has_other_page(target, workspace, files):
            require_confirmation(
                target.environment, f"these changes to {target.environment} in {target.place}", confirmed
            )
        begin()
        apply_saved_plan(target, workspace, file, record, files, "Run the command again.")
    finally:
        file.unlink(missing_ok=True)
        saved_plan.record_file(file).unlink(missing_ok=True)


def print_plan(workspace: Workspace, plan_file: Path) -> None:
    """Print a plan to stdout."""
    colour = [] if sys.stdout.isatty() else ["-no-color"]
    text = terraform.read_command_output(workspace, "show", *colour, str(plan_file))
    print_document(text, with_colours=not colour)
