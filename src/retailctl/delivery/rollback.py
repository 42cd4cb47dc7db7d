"""Apply an earlier build of an environment, and list the builds that it has had."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from retailctl.artifacts import builds, package
from retailctl.console import note
from retailctl.delivery.plan_apply import ask_and_apply
from retailctl.environments.target import target_of
from retailctl.errors import UserError
from retailctl.files import alone
from retailctl.options import AnyCloud, Confirmed, EnvironmentName
from retailctl.progress import step

BuildName = Annotated[
    str,
    typer.Option("--to", envvar="TO", help="The build: the beginning of its id, or of its commit."),
]


def rollback(
    to: BuildName = "",
    environment: EnvironmentName = "dev",
    cloud: AnyCloud = None,
    confirmed: Confirmed = None,
) -> None:
    """Apply an earlier build of the environment: its zips and its page, with today's Terraform and values."""
    builds.check_name(to)
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
        ask_and_apply(target, files, hashes, kept.commit, confirmed)


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
