"""`retailctl rollback` and `builds`: list builds, and apply an earlier one."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from retailctl.artifacts import builds, package
from retailctl.console import print_document, print_line, print_note
from retailctl.delivery.plan_apply import ask_and_apply
from retailctl.environments.target import resolve_target
from retailctl.errors import UserError
from retailctl.files import hold_lock
from retailctl.options import DEFAULT_CLOUD, CloudName, Confirmed, EnvironmentName
from retailctl.progress import show_progress

BuildName = Annotated[
    str,
    typer.Option("--to", envvar="TO", help="The build: a prefix of its id or of its commit."),
]


def roll_back_environment(
    to: BuildName = "",
    environment: EnvironmentName = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
    confirmed: Confirmed = None,
) -> None:
    """Apply an earlier build's zips and page with today's Terraform and values."""
    builds.check_name(to)
    target = resolve_target(environment, cloud)
    kept = builds.find_build(builds.list_kept_builds(target), to, environment)
    with show_progress(f"Fetching build {kept.build}"):
        files = builds.read_build_files(target, kept)
    missing = sorted({f"{name}.zip" for name in package.list_functions(target.project)} - files.keys())
    if missing:
        raise UserError(
            f"Build {kept.build} is older than a present function: it has no {', '.join(missing)}. Nothing was "
            f"changed. Check out its commit ({kept.commit}) and apply that, with OLDER=1 (--older)."
        )
    hashes = kept.artifacts
    pinned = package.add_pinned_zips(target.project, files, target.pinned)
    if pinned is not files:
        files, hashes = pinned, builds.check_artifacts(pinned, f"build {kept.build}")
        added = ", ".join(sorted(hashes.keys() - kept.artifacts.keys()))
        print_note(f"A generation is pinned to an earlier commit: the build also gets {added}.")
    print_note(
        f"Rolling {environment} back to build {kept.build} of commit {kept.commit}, applied {kept.applied}."
    )
    with hold_lock(target.project, "package"):  # the next `make package` restores the present ones
        package.write_artifacts(target.project.artifacts, files)
        ask_and_apply(target, files, hashes, kept.commit, confirmed)


def list_builds(
    environment: EnvironmentName = "dev",
    cloud: CloudName = DEFAULT_CLOUD,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON array.")] = False,
) -> None:
    """List the builds of the environment, the present one first."""
    target = resolve_target(environment, cloud)
    kept_builds = builds.list_kept_builds(target)
    if as_json:
        print_document(json.dumps([asdict(kept) for kept in kept_builds], indent=2))
        return
    if not kept_builds:
        print_note(f"{environment} in {target.place} has no kept builds: `apply` keeps each build.")
    for number, kept in enumerate(kept_builds):
        print_line(f"{kept.build}  {kept.applied}  {kept.commit}{'  (present)' if number == 0 else ''}")
