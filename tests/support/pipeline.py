"""The pipelines' commands, in clones of their own, with a log of all that they say.

A clone is a copy, so that its commits, its code and its artifacts can differ from those that other tests use. The
jobs of several environments run side by side, each with a copy of that copy, as on machines of their own.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pytest
import typer

from retailctl import project
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
Outcome = TypeVar("Outcome")

_clone: ContextVar[Project] = ContextVar("clone")
_seen: ContextVar[Cloud] = ContextVar("seen")
_said: ContextVar[io.StringIO] = ContextVar("said")
"""The clone of the command at work, the cloud as it sees it, and what it has said, for each thread its own."""


class _Said(io.TextIOBase):
    """What goes to the command that says it."""

    def write(self, text: str) -> int:
        return _said.get(io.StringIO()).write(text)


@dataclass(frozen=True)
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

    def side_by_side(self, jobs: Mapping[str, Callable[[Pipeline], Outcome]]) -> dict[str, Outcome]:
        """Run each job in a copy of the clone, and return what it gives by its name."""
        copies = {}
        for name in jobs:
            copies[name] = Project(self.clone.root.with_name(f"clone-{name}"))
            shutil.copytree(self.clone.root, copies[name].root)
        with ThreadPoolExecutor(len(jobs)) as pool:
            done = {name: pool.submit(job, replace(self, clone=copies[name])) for name, job in jobs.items()}
            return {name: each.result() for name, each in done.items()}

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
        _clone.set(self.clone)
        _seen.set(seen)
        _said.set(io.StringIO())
        try:
            call()
        except typer.Exit as end:
            return end.exit_code
        finally:
            said = _said.get().getvalue()
            self._write(f"\n$ retailctl {words} --cloud {self.cloud.name}\n{said}")
        return 0

    def _write(self, text: str) -> None:
        with self.log.open("a") as log:
            log.write(text)


def git(folder: Path, *arguments: str) -> None:
    """Run git in ``folder``."""
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


def copy_clone(root: Path, folder: Path) -> Project:
    """Copy what the pipelines' commands need of the clone in ``root``, as a clone in ``folder``."""
    leave = shutil.ignore_patterns(".terraform", "__pycache__", "*.tfstate*")
    for name in COPIED:
        if (root / name).is_dir():
            shutil.copytree(root / name, folder / name, ignore=leave)
    for name in FILES:
        shutil.copy(root / name, folder)
    return Project(folder)


@contextmanager
def pipeline(
    here: Project, cloud: Cloud, folder: Path, *, planning: Role, applying: Role
) -> Iterator[Pipeline]:
    """Yield a pipeline in a copy of the clone ``here``, whose commands take ``cloud`` for theirs."""
    clone = copy_clone(here.root, folder / "clone")
    (clone.root / ".gitignore").write_text("/build/\n/.retail/\n")
    git(clone.root, "init", "--quiet")
    log = here.root / "build" / "pipeline.log"
    log.parent.mkdir(exist_ok=True)
    log.write_text("The pipelines' commands on the local cloud.\n")
    with (
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(_Said()),
        redirect_stderr(_Said()),
    ):
        _clone.set(clone)
        patch.setattr(project, "find_project", _clone.get)
        patch.setattr(clouds, "load_cloud", lambda name, in_project=None: _seen.get())
        yield Pipeline(clone, cloud, log, planning, applying)
