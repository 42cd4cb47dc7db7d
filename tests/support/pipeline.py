"""The pipelines' commands run in sequence, in a clone of their own, with a log of all that they say.

The clone is a copy, so that its commits, its code and its artifacts can differ from those that other tests use.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer

from retailctl import builds, delivery, drift, package, smoke
from retailctl import cloud as clouds
from retailctl.cloud import Cloud
from retailctl.project import Project

COPIED = ("environments", "modules", "requirements", "src", "terraform", "build/dependencies")
FILES = ("pyproject.toml",)
WHO = ("-c", "user.name=e2e", "-c", "user.email=e2e@example.com")

Credentials = Callable[[str, str], AbstractContextManager[None]]
"""Become a role for a while, given the role (`plan` or `apply`) and the environment."""


def as_root(role: str, environment: str) -> AbstractContextManager[None]:
    """Stay who one is: the local cloud's root."""
    return nullcontext()


@dataclass(frozen=True)
class Pipeline:
    """A clone with a local cloud, as a workflow's jobs have them.

    Attributes:
        clone: the copy.
        cloud: the local cloud that its environments are applied to.
        log: the file that gets every command and what it says.
        become: takes on a role's credentials.

    """

    clone: Project
    cloud: Cloud
    log: Path
    become: Credentials = as_root

    def commit(self, change: Callable[[Path], None], message: str) -> builds.Hashes:
        """Commit a change, build its artifacts, and return their hashes."""
        change(self.clone.root)
        git(self.clone.root, "add", "--all")
        git(self.clone.root, *WHO, "commit", "--quiet", "--message", message)
        package.build(self.clone)
        files, hashes = builds.here(self.clone)
        kept = "  ".join(f"{name} {digest}" for name, digest in hashes.items())
        self._write(f"\n# {message}: build {builds.id_of(hashes)}: {kept}\n")
        assert files
        return hashes

    def deliver(self, environment: str) -> str:
        """Plan, save, apply just that and look whether it answers; return the plan's summary."""
        plans = self.clone.root / "build" / "plans"
        saved, summary = plans / f"{environment}.tfplan", plans / f"{environment}.md"
        with self.become("plan", environment):
            self.run(
                f"plan --env {environment} --prebuilt --out {saved.name} --summary {summary.name}",
                lambda: delivery.plan(environment, self.cloud.name, saved, summary, prebuilt=True),
            )
        with self.become("apply", environment):
            self.run(
                f"apply --env {environment} --plan {saved.name}",
                lambda: delivery.apply(environment, self.cloud.name, None, saved),
            )
            self.run(f"smoke --env {environment}", lambda: smoke.smoke(environment, self.cloud.name))
        return summary.read_text()

    def roll_back(self, environment: str, build: str) -> None:
        """Roll an environment back and look whether it answers."""
        with self.become("apply", environment):
            self.run(
                f"rollback --env {environment} --to {build}",
                lambda: delivery.rollback(build, environment, self.cloud.name, environment),
            )
            self.run(f"smoke --env {environment}", lambda: smoke.smoke(environment, self.cloud.name))

    def look_for_drift(self, environment: str) -> tuple[int, drift.Report]:
        """Look for drift; return the exit status and the report."""
        file = self.clone.root / "build" / "drift.json"
        with self.become("plan", environment):
            status = self.run(
                f"drift --env {environment} --report {file.name}",
                lambda: drift.drift(environment, self.cloud.name, file),
            )
        return status, drift.read(file, environment)

    def present(self, environment: str) -> builds.Kept:
        """Return the build that the environment has."""
        from retailctl.environments import Target  # noqa: PLC0415 - beside its only use

        return builds.listed(Target(self.clone, environment, self.cloud))[0]

    def run(self, words: str, call: Callable[[], None]) -> int:
        """Run a command in this process, note what it says, and return its exit status."""
        said = io.StringIO()
        status = 0
        try:
            with redirect_stdout(said), redirect_stderr(said):
                call()
        except typer.Exit as end:
            status = end.exit_code
        finally:
            self._write(f"\n$ retailctl {words} --cloud {self.cloud.name}\n{said.getvalue()}")
        return status

    def _write(self, text: str) -> None:
        with self.log.open("a") as log:
            log.write(text)


def git(folder: Path, *arguments: str) -> None:
    """Run git in ``folder``."""
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


@contextmanager
def pipeline(here: Project, cloud: Cloud, folder: Path, become: Credentials = as_root) -> Iterator[Pipeline]:
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
        patch.setattr(clouds, "load", lambda name, in_project=None: cloud)
        yield Pipeline(clone, cloud, log, become)
