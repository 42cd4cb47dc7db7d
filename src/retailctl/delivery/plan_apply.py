"""A change on its way to an environment: planned, saved, applied just so, and rolled back to an earlier build.

`plan --out` and `apply --plan` are the two halves of an apply for two machines, or for two people: in between lies
a plan that can be read, and whatever is not exactly as planned is refused before anything is touched.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retailctl import git, project
from retailctl.artifacts import builds, package
from retailctl.console import confirm, note
from retailctl.delivery import page, plan_summary, saved_plan
from retailctl.delivery.page import has_other_page
from retailctl.delivery.saved_plan import Record, State
from retailctl.emulator import page as emulator_page
from retailctl.environments.state import initialised
from retailctl.environments.target import target_of
from retailctl.errors import UserError
from retailctl.files import alone, write_atomically
from retailctl.options import AnyCloud, Confirmed, EnvironmentName
from retailctl.progress import step
from retailctl.terraform import workspace as terraform

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from retailctl.artifacts.package import Files
    from retailctl.environments.target import Target
    from retailctl.terraform.workspace import Workspace

PlanFile = Annotated[
    Path | None,
    typer.Option("--plan", envvar="PLAN", help="A plan that `plan --out` saved: apply exactly that."),
]
OutFile = Annotated[
    Path | None,
    typer.Option("--out", envvar="OUT", help="Save the plan here, and beside it what it was made from."),
]
Older = Annotated[
    bool,
    typer.Option("--older", envvar="OLDER", help="Apply a commit that is older than the one that is there."),
]
SummaryFile = Annotated[
    Path | None, typer.Option("--summary", envvar="SUMMARY", help="Write the plan here as Markdown.")
]


def state_of(workspace: Workspace) -> State | None:
    """Return which state an environment is in; None where nothing was ever applied."""
    pulled = terraform.read(workspace, "state", "pull")
    if not pulled.strip():
        return None
    content = json.loads(pulled)
    return State(content["lineage"], content["serial"])


def planned(
    target: Target, workspace: Workspace, out: Path, artifacts: Mapping[str, str], commit: str
) -> Record:
    """Plan for the artifacts in `build/artifacts`, save plan and record, and return the record."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.touch(mode=0o600)  # it holds every value in plain text
    changes = terraform.run_reported(
        workspace, f"Planning {target.environment}", "plan", f"-out={out}", *workspace.arguments
    )
    record = Record(
        environment=target.environment,
        sha256=saved_plan.digest(out),
        # Read after the plan, which may have waited for a lock. Who slips in between is caught by Terraform itself.
        state=state_of(workspace),
        artifacts=dict(artifacts),
        commit=commit,
        made=builds.now(),
        changes=changes,
    )
    write_atomically(saved_plan.record_file(out), record.text())
    return record


def applied(target: Target, workspace: Workspace, file: Path, record: Record, files: Files) -> None:
    """Apply a saved plan, put up the page of its build, and keep the build.

    Afterwards the state is made to say what AWS says, down to what resources tell of each other (a bucket of its
    policy, a role of its policies): from then on, whatever differs from it has drifted.
    """
    saved_plan.check_state(record, state_of(workspace))
    terraform.run_reported(workspace, f"Applying {target.environment}", "apply", str(file.resolve()))
    terraform.run_reported(
        workspace,
        f"Reading {target.environment} as it is now",
        "apply",
        "-refresh-only",
        "-auto-approve",
        *workspace.arguments,
    )
    found = page.of(target.environment, terraform.outputs(workspace))
    if found is not None and package.PAGE in files:
        put_up(target, found, files[package.PAGE])
    with step("Keeping the build"):
        builds.keep(target, files, record.commit)
    note(f"{target.environment} in {target.place} has build {record.build} of commit {record.commit}.")


def put_up(target: Target, found: page.Page, zipped: bytes) -> None:
    """Put up the page that a build holds, whatever page this clone has."""
    with tempfile.TemporaryDirectory(prefix="retail-page-") as folder:
        package.unzipped(zipped, Path(folder))
        with step(f"Putting up the page of {target.environment}"):
            page.publish(target.client("s3"), found.bucket, found.config, folder=Path(folder))
    if target.cloud is not None:
        emulator_page.serve(target.cloud, target.environment, found.domain)


def plan(
    environment: EnvironmentName = "dev",
    cloud: AnyCloud = None,
    out: OutFile = None,
    summary: SummaryFile = None,
    *,
    prebuilt: Annotated[
        bool, typer.Option("--prebuilt", envvar="PREBUILT", help="Take build/artifacts as they are.")
    ] = False,
) -> None:
    """Show what applying the environment would change; with --out, save it for `apply --plan`."""
    if summary is not None and out is None:
        raise UserError("SUMMARY (--summary) tells of a saved plan: set OUT (--out) too.")
    if out is None:
        _plan_and_show(environment, cloud)
        return
    here = project.find()
    if not prebuilt:
        package.build(here)
    _, artifacts = builds.here(here)
    target = target_of(environment, cloud)
    workspace = initialised(target)
    out = out.resolve()
    record = planned(target, workspace, out, artifacts, git.checked_out_commit(here))
    show(workspace, out)
    if summary is not None:
        shown = json.loads(terraform.read(workspace, "show", "-json", str(out)))
        write_atomically(summary, plan_summary.section(record, shown))
    note(
        f"The plan is in {project.shown(out)}: apply it with `retailctl apply --env {environment} --plan …`."
    )


def _plan_and_show(environment: str, cloud: str | None) -> None:
    """Show what applying the environment would change."""
    target = target_of(environment, cloud)
    package.build(target.project)
    workspace = initialised(target)
    file = workspace.data / "run.tfplan"
    terraform.run_reported(workspace, f"Planning {environment}", "plan", f"-out={file}", *workspace.arguments)
    show(workspace, file)
    file.unlink()


def apply(
    environment: EnvironmentName = "dev",
    cloud: AnyCloud = None,
    confirmed: Confirmed = None,
    plan_file: PlanFile = None,
    *,
    older: Older = False,
) -> None:
    """Plan, ask, and apply the environment just as planned; with --plan, apply a plan that was saved."""
    if plan_file is None:
        plan_and_apply(environment, cloud, confirmed, older=older)
        return
    here = project.find()
    record = saved_plan.read(plan_file)
    here.check_environment(environment)
    with alone(here, "package"):  # else another command's build could take the zips from under Terraform
        files, artifacts = builds.here(here)
        saved_plan.check(record, plan_file, environment, artifacts)
        target = target_of(environment, cloud)
        if not older:
            check_order(target, record.commit)
        applied(target, initialised(target), plan_file, record, files)


def nothing() -> None:
    """Do nothing."""


def plan_and_apply(
    environment: str,
    cloud: str | None,
    confirmed: str | None,
    begin: Callable[[], object] = nothing,
    *,
    older: bool = False,
) -> None:
    """Plan, ask, and apply the environment just as planned; ``begin`` is called between the last two.

    ``older`` lets a commit be applied that is older than that of the environment's build.

    Raises:
        UserError: where the operator does not confirm, or Terraform fails.

    """
    here = project.find()
    target = target_of(environment, cloud)
    commit = git.checked_out_commit(here)
    if not older:
        check_order(target, commit)
    package.build(here)
    files, artifacts = builds.here(here)
    ask_and_apply(target, files, artifacts, commit, confirmed, begin)


def check_order(target: Target, commit: str) -> None:
    """See that a commit is not older than that of the build which the environment got last.

    A run that took longer would otherwise put back what a later one has changed. What is not on one line with that
    commit, or not known to the clone, passes.

    Raises:
        UserError: where it is older; nothing has been touched then.

    """
    present = next(iter(builds.listed(target)), None) if target.has_state_bucket() else None
    if present is not None and git.is_older(target.project, commit, present.commit):
        raise UserError(
            f"Commit {commit} is older than {present.commit}, whose build {present.build} {target.environment} got "
            f"{present.applied}: nothing was changed. To go back, use `retailctl rollback --env "
            f"{target.environment} --to <build>`; to apply the older commit all the same, add OLDER=1 (--older)."
        )


def ask_and_apply(
    target: Target,
    files: Files,
    artifacts: Mapping[str, str],
    commit: str,
    confirmed: str | None,
    begin: Callable[[], object] = nothing,
) -> None:
    """Plan, show, ask unless there is nothing to do, call ``begin``, and apply."""
    workspace = initialised(target)
    file = workspace.data / "run.tfplan"
    try:
        record = planned(target, workspace, file, artifacts, commit)
        show(workspace, file)
        if any(record.changes.values()) or has_other_page(target, workspace, files):
            confirm(target.environment, f"these changes to {target.environment} in {target.place}", confirmed)
        begin()
        applied(target, workspace, file, record, files)
    finally:
        file.unlink(missing_ok=True)
        saved_plan.record_file(file).unlink(missing_ok=True)


def show(workspace: Workspace, plan_file: Path) -> None:
    """Print a plan to stdout, for people."""
    colour = [] if sys.stdout.isatty() else ["-no-color"]
    typer.echo(terraform.read(workspace, "show", *colour, str(plan_file)))
