"""The pipelines' commands run in sequence, in a clone of their own, with a log of all that they say.

The clone is a copy, so that its commits, its code and its artifacts can differ from those that other tests use.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer

from retailctl.artifacts import builds, package
from retailctl.delivery import drift, plan_apply, rollback, smoke
from retailctl.emulator import cloud as clouds
from retailctl.emulator.cloud import Cloud
from retailctl.environments.target import Target
from retailctl.git import find_checked_out_commit
from retailctl.project import Project

COPIED = ("environments", "modules", "requirements", "src", "terraform", "build/dependencies")
FILES = ("pyproject.toml",)
WHO = ("-c", "user.name=e2e", "-c", "user.email=e2e@example.com")

Role = Callable[[Cloud, str], Cloud]
"""How a cloud looks to a job with a role of an environment."""


@dataclass
class Pipeline:
    """A clone with a local cloud, as a workflow's jobs have them.

    Attributes:
        clone: the copy.
        cloud: the local cloud that its environments are applied to.
        log: the file that gets every command and what it says.
        planning: the role that plans and looks for drift.
        applying: the role that applies.

    """

    clone: Project
    cloud: Cloud
    log: Path
    planning: Role
    applying: Role
    seen: Cloud | None = None
    """The cloud as the command that is at work sees it."""

    def commit(self, change: Callable[[Path], None], message: str) -> builds.Hashes:
        """Commit a change, build its artifacts, and return their hashes."""
        change(self.clone.root)
        git(self.clone.root, "add", "--all")
        git(self.clone.root, *WHO, "commit", "--quiet", "--message", message)
        package.build_artifacts(self.clone)
        files, hashes = builds.read_artifacts(self.clone)
        kept = "  ".join(f"{name} {digest}" for name, digest in hashes.items())
        self._write(f"\n# {message}: build {builds.compute_build_id(hashes)}: {kept}\n")
        assert files
        return hashes

    def deliver(self, environment: str) -> str:
        """Plan, save, apply just that and look whether it answers; return the plan's summary."""
        plans = self.clone.root / "build" / "plans"
        saved, summary = plans / f"{environment}.tfplan", plans / f"{environment}.md"
        self.run(
            self.planning(self.cloud, environment),
            f"plan --env {environment} --prebuilt --out {saved.name} --summary {summary.name}",
            lambda: plan_apply.plan_environment(environment, self.cloud.name, saved, summary, prebuilt=True),
        )
        applying = self.applying(self.cloud, environment)
        self.run(
            applying,
            f"apply --env {environment} --plan {saved.name}",
            lambda: plan_apply.apply_environment(environment, self.cloud.name, None, saved),
        )
        self.run(
            applying, f"smoke --env {environment}", lambda: smoke.run_smoke_test(environment, self.cloud.name)
        )
        return summary.read_text()

    def roll_back(self, environment: str, build: str) -> None:
        """Roll an environment back and look whether it answers."""
        applying = self.applying(self.cloud, environment)
        self.run(
            applying,
            f"rollback --env {environment} --to {build}",
            lambda: rollback.roll_back_environment(build, environment, self.cloud.name, environment),
        )
        self.run(
            applying, f"smoke --env {environment}", lambda: smoke.run_smoke_test(environment, self.cloud.name)
        )

    def look_for_drift(self, environment: str) -> tuple[int, drift.DriftReport]:
        """Look for drift; return the exit status and the report."""
        file = self.clone.root / "build" / "drift.json"
        status = self.run(
            self.planning(self.cloud, environment),
            f"drift --env {environment} --report {file.name}",
            lambda: drift.report_drift(environment, self.cloud.name, file),
        )
        return status, drift.read_report(file, environment)

    def present(self, environment: str) -> builds.KeptBuild:
        """Return the build that the environment has."""
        return builds.list_kept_builds(Target(self.clone, environment, self.cloud))[0]

    def keep(self, environment: str) -> None:
        """Keep the build of the clone as one that the environment has had."""
        files, _ = builds.read_artifacts(self.clone)
        builds.keep_build(
            Target(self.clone, environment, self.cloud), files, find_checked_out_commit(self.clone)
        )

    def run(self, seen: Cloud, words: str, call: Callable[[], None]) -> int:
        """Run a command in this process, note what it says, and return its exit status."""
        self.seen = seen
        said = io.StringIO()
        status = 0
        try:
            with redirect_stdout(said), redirect_stderr(said):
                call()
        except typer.Exit as end:
            status = end.exit_code
        finally:
            self._write(f"\n$ retailctl {words} --cloud {self.cloud.name}\n{said.getvalue()}")
            self.seen = None
        return status

    def _write(self, text: str) -> None:
        with self.log.open("a") as log:
            log.write(text)


def git(folder: Path, *arguments: str) -> None:
    """Run git in ``folder``."""
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


@contextmanager
def pipeline(
    here: Project, cloud: Cloud, folder: Path, *, planning: Role, applying: Role
) -> Iterator[Pipeline]:
    """Yield a pipeline in a copy of the clone ``here``, whose commands take ``cloud`` for theirs."""
    clone = Project(folder / "clone")
    leave = shutil.ignore_patterns(".terraform", "__pycache__", "*.tfstate*")
    for name in COPIED:
        if (here.root / name).is_dir():
            shutil.copytree(here.root / name, clone.root / name, ignore=leave)
    for name in FILES:
        shutil.copy(here.root / name, clone.root)
    (clone.root / ".gitignore").write_text("/build/\n/.retail/\n")
    git(clone.root, "init", "--quiet")
    log = here.root / "build" / "pipeline.log"
    log.parent.mkdir(exist_ok=True)
    log.write_text("The pipelines' commands on the local cloud, in sequence.\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RETAIL_ROOT", str(clone.root))
        line = Pipeline(clone, cloud, log, planning, applying)
        patch.setattr(clouds, "load_cloud", lambda name, in_project=None: line.seen)
        yield line
