"""A change on its way to an environment: planned, saved, applied just so, and rolled back to an earlier build.

`plan --out` and `apply --plan` are the two halves of an apply for two machines, or for two people: in between lies
a plan that can be read, and whatever is not exactly as planned is refused before anything is touched.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retailctl import git, project
from retailctl.artifacts import builds, package
from retailctl.artifacts import page as site
from retailctl.console import confirm, note
from retailctl.delivery import page, plan_summary, saved_plan
from retailctl.delivery.saved_plan import Record, State
from retailctl.environments import bootstrap
from retailctl.environments.bootstrap import initialised, target_of
from retailctl.errors import UserError
from retailctl.files import alone, write_atomically
from retailctl.options import AnyCloud, Confirmed, EnvironmentName
from retailctl.progress import step
from retailctl.terraform import workspace as terraform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from retailctl.artifacts.package import Files
    from retailctl.environments.bootstrap import Target
    from retailctl.terraform.workspace import Workspace

PlanFile = Annotated[
    Path | None,
    typer.Option("--plan", help="A plan that `plan --out` saved: apply exactly that."),
]
OutFile = Annotated[
    Path | None,
    typer.Option("--out", help="Save the plan here, and beside it what it was made from."),
]
Older = Annotated[
    bool,
    typer.Option("--older", envvar="OLDER", help="Apply a commit that is older than the one that is there."),
]
SummaryFile = Annotated[Path | None, typer.Option("--summary", help="Write the plan here as Markdown.")]


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
            site.publish(target.client("s3"), found.bucket, found.config, folder=Path(folder))
    if target.cloud is not None:
        page.serve(target.cloud, target.environment, found)


def plan(
    environment: EnvironmentName = "dev",
    cloud: AnyCloud = None,
    out: OutFile = None,
    summary: SummaryFile = None,
    *,
    prebuilt: Annotated[bool, typer.Option("--prebuilt", help="Take build/artifacts as they are.")] = False,
) -> None:
    """Show what applying the environment would change; with --out, save it for `apply --plan`."""
    if summary is not None and out is None:
        raise UserError("--summary tells of a saved plan: give --out <file> too.")
    if out is None:
        bootstrap.plan(environment, cloud)
        return
    here = project.find()
    if not prebuilt:
        package.build(here)
    _, artifacts = builds.here(here)
    target = target_of(environment, cloud)
    workspace = initialised(target)
    out = out.resolve()
    record = planned(target, workspace, out, artifacts, git.checked_out_commit(here))
    bootstrap.show(workspace, out)
    if summary is not None:
        shown = json.loads(terraform.read(workspace, "show", "-json", str(out)))
        write_atomically(summary, plan_summary.section(record, shown))
    note(
        f"The plan is in {project.shown(out)}: apply it with `retailctl apply --env {environment} --plan …`."
    )


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
    _ask_and_apply(target, files, artifacts, commit, confirmed, begin)


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


def _ask_and_apply(
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
        bootstrap.show(workspace, file)
        if any(record.changes.values()) or _has_other_page(target, workspace, files):
            confirm(target.environment, f"these changes to {target.environment} in {target.place}", confirmed)
        begin()
        applied(target, workspace, file, record, files)
    finally:
        file.unlink(missing_ok=True)
        saved_plan.record_file(file).unlink(missing_ok=True)


def _has_other_page(target: Target, workspace: Workspace, files: Files) -> bool:
    """Say whether the environment has a place for a page, and another page there than the build's."""
    found = page.of(target.environment, terraform.outputs(workspace))
    if found is None or package.PAGE not in files:
        return False
    with tempfile.TemporaryDirectory(prefix="retail-page-") as folder:
        package.unzipped(files[package.PAGE], Path(folder))
        return site.differs(target.client("s3"), found.bucket, found.config, Path(folder))


BuildName = Annotated[str, typer.Option("--to", help="The build: the beginning of its id, or of its commit.")]


def rollback(
    to: BuildName,
    environment: EnvironmentName = "dev",
    cloud: AnyCloud = None,
    confirmed: Confirmed = None,
) -> None:
    """Apply an earlier build of the environment: its zips and its page, with today's Terraform and values."""
    target = target_of(environment, cloud)
    kept = builds.chosen(builds.listed(target), to, environment)
    with step(f"Fetching build {kept.build}"):
        files = builds.fetched(target, kept)
    missing = sorted({f"{name}.zip" for name in package.functions(target.project)} - files.keys())
    if missing:
        raise UserError(
            f"Build {kept.build} is older than a function of today: it has no {', '.join(missing)}. Nothing was "
            f"changed. Check out its commit ({kept.commit}) and apply that, with OLDER=1 (--older)."
        )
    hashes = kept.artifacts
    pinned = package.with_pinned(target.project, files, target.pinned)
    if pinned is not files:
        files, hashes = pinned, builds.checked(pinned, f"build {kept.build}")
        added = ", ".join(sorted(hashes.keys() - kept.artifacts.keys()))
        note(f"A generation is pinned to an earlier commit since: the build gets {added}.")
    note(f"Rolling {environment} back to build {kept.build} of commit {kept.commit}, applied {kept.applied}.")
    with alone(target.project, "package"):  # the next `make package` puts today's back
        package.written(target.project.artifacts, files)
        _ask_and_apply(target, files, hashes, kept.commit, confirmed)


def list_builds(
    environment: EnvironmentName = "dev",
    cloud: AnyCloud = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="As a JSON array.")] = False,
) -> None:
    """List the builds that the environment has had, the present one first."""
    target = target_of(environment, cloud)
    found = builds.listed(target)
    if as_json:
        typer.echo(json.dumps([asdict(kept) for kept in found], indent=2))
        return
    if not found:
        note(f"{environment} in {target.place} has had no build that was kept: `apply` keeps each.")
    for number, kept in enumerate(found):
        typer.echo(f"{kept.build}  {kept.applied}  {kept.commit}{'  (present)' if number == 0 else ''}")


def list_environments(
    roles: Annotated[
        str, typer.Option("--roles", help="A JSON object with a role's ARN for each: list them with it.")
    ] = "",
    output: Annotated[
        str, typer.Option("--output", help="As JSON under this name, as a step of a workflow puts it out.")
    ] = "",
) -> None:
    """List the environments, which are the folders of environments/."""
    names = project.find().environments
    arns = _roles(roles, names) if roles else {}
    entries = [{"environment": name, **({"role": arns[name]} if arns else {})} for name in names]
    if output:
        typer.echo(f"{output}={json.dumps(entries)}")
        return
    for entry in entries:
        typer.echo("  ".join(entry.values()))


def _roles(text: str, names: Iterable[str]) -> dict[str, str]:
    """Return the role of each environment, given as JSON.

    Raises:
        UserError: where one has none.

    """
    try:
        found = json.loads(text)
        return {name: str(found[name]) for name in names}
    except (ValueError, TypeError):
        raise UserError(
            "The roles are no JSON object of ARNs by environment, such as the bootstrap's output plan_role_arns."
        ) from None
    except KeyError as error:
        raise UserError(f"There is no role for {error.args[0]} among those given: add its ARN.") from None
