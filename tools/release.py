"""Cut a release: version, changelog, one commit, one tag, no push."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from retailctl import cli, project
from retailctl.console import print_note
from retailctl.errors import UserError
from retailctl.files import write_atomically
from retailctl.git import read_git
from retailctl.progress import show_progress
from tools import module_readmes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from retailctl.project import Project

UNRELEASED = "## [Unreleased]"
PAGES = ("README.md", "docs/adopting.md")
"""What names this version by hand, beside the modules' generated READMEs."""

_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", re.ASCII)
_PROJECT_VERSION = re.compile(r'^version = "[^"]*"$', re.MULTILINE)
_REFERENCE = re.compile(rf"({re.escape(module_readmes.REPOSITORY)}//[\w/-]+\?ref=v)[\d.]+")


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A version by Semantic Versioning, without what may follow a patch's number."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read `1.2.3`.

        Raises:
            UserError: where it is not of that form.

        """
        match = _VERSION.fullmatch(text)
        if not match:
            raise UserError(f"{text!r} is no version: give three numbers, such as VERSION=1.2.3.")
        return cls(*(int(part) for part in match.groups()))

    @property
    def tag(self) -> str:
        """The tag of the version."""
        return f"v{self}"

    def may_break(self, before: Version) -> bool:
        """Whether going here from ``before`` may take work (UPGRADE.md, "What a version promises")."""
        return self.major > before.major or (self.major == 0 and self.minor > before.minor)

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


def find_section(changelog: str, heading: str) -> str:
    """Return a changelog's section below a heading, or ""."""
    match = re.search(rf"^{re.escape(heading)}[^\n]*\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    return match[1].strip() if match else ""


def release_changelog(changelog: str, version: Version, day: date) -> str:
    """Return the changelog with what was unreleased under the version.

    Raises:
        UserError: where nothing is unreleased.

    """
    if not find_section(changelog, UNRELEASED):
        raise UserError(
            f"CHANGELOG.md says nothing under '{UNRELEASED}': write what {version} brings, and commit that."
        )
    return changelog.replace(UNRELEASED, f"{UNRELEASED}\n\n## [{version}] - {day.isoformat()}", 1)


def cut_release(here: Project, text: str, gates: Callable[[Project], None], day: date) -> str:
    """Release version ``text`` from a clean clone; return a summary.

    Done once it changes nothing more; interrupted between commit and tag it goes on there.

    Raises:
        UserError: where something is in the way, before anything is changed.

    """
    version = Version.parse(text)
    current = Version.parse(here.version)
    tagged = read_git(here, "tag", "--list", version.tag)
    if tagged and _commit_of(here, version.tag) == _commit_of(here, "HEAD"):
        return f"{version.tag} is this very commit: there is nothing to do."
    if tagged:
        raise UserError(
            f"{version.tag} is released, from commit {_commit_of(here, version.tag)[:12]}: choose a higher version."
        )
    committed = version == current and bool(find_section(_changelog(here), f"## [{version}]"))
    _refuse_what_is_in_the_way(here, version, current)
    if not committed:
        _refuse_what_is_not_told(here, version, current, day)
    gates(here)
    if committed:
        summary = f"Tagged the release commit of {version}"
    else:
        _bump(here, version, day)
        summary = f"Released {version}"
    changes = find_section(_changelog(here), f"## [{version}]")
    message = f"{version}\n\n{changes}\n"
    read_git(here, "tag", "--annotate", version.tag, "--cleanup=verbatim", f"--message={message}")
    branch = read_git(here, "branch", "--show-current")
    return f"{summary}. Nothing is pushed: `git push --atomic origin {branch} {version.tag}` does that."


def _refuse_what_is_in_the_way(here: Project, version: Version, current: Version) -> None:
    changed = read_git(here, "status", "--porcelain").splitlines()
    if changed:
        names = ", ".join(line.split(maxsplit=1)[1] for line in changed[:5])
        raise UserError(f"The clone is not clean ({names}): commit or put aside what is not committed.")
    if not read_git(here, "branch", "--show-current"):
        raise UserError("No branch is checked out: a release is a commit on one, usually `git switch main`.")
    if version < current:
        raise UserError(f"{version} is below {current}, which pyproject.toml says: choose a higher version.")


def _refuse_what_is_not_told(here: Project, version: Version, current: Version, day: date) -> None:
    release_changelog(_changelog(here), version, day)
    if version.may_break(current):
        upgrade = (here.root / "UPGRADE.md").read_text(encoding="utf-8")
        if not re.search(rf"^### {re.escape(str(version))}$", upgrade, re.MULTILINE):
            raise UserError(
                f"{version} may take work from whoever comes from {current}, and UPGRADE.md has no section "
                f"'### {version}': write what to do, or that there is nothing to do."
            )


def _bump(here: Project, version: Version, day: date) -> None:
    """Write and commit the new version; on failure restore the clone."""
    try:
        _write(here.root / "CHANGELOG.md", release_changelog(_changelog(here), version, day))
        pyproject = here.root / "pyproject.toml"
        text = pyproject.read_text(encoding="utf-8")
        _write(pyproject, _PROJECT_VERSION.sub(f'version = "{version}"', text, count=1))
        for page in PAGES:
            file = here.root / page
            _write(file, _REFERENCE.sub(rf"\g<1>{version}", file.read_text(encoding="utf-8")))
        for module in module_readmes.list_modules(here.root / "modules"):
            module_readmes.write_readme(module, version=str(version))
        read_git(here, "commit", "--all", "--quiet", f"--message=chore(release): {version}")
    except BaseException:
        read_git(here, "restore", "--staged", "--worktree", ".")
        raise


def _changelog(here: Project) -> str:
    return (here.root / "CHANGELOG.md").read_text(encoding="utf-8")


def _write(file: Path, text: str) -> None:
    write_atomically(file, text.encode())


def _commit_of(here: Project, name: str) -> str:
    return read_git(here, "rev-parse", f"{name}^{{commit}}")


def run_gates(here: Project) -> None:
    """Run all gates.

    Raises:
        UserError: where one fails, with what it says.

    """
    with show_progress("Running all gates"):
        process = subprocess.run(  # noqa: S603 - our own
            [str(here.root / ".venv/bin/pre-commit"), "run", "--all-files"],
            cwd=here.root,
            capture_output=True,
            text=True,
            check=False,
        )
    if process.returncode != 0:
        raise UserError(f"A gate fails, so nothing is released:\n{process.stdout.strip()}")


def release_version(
    version: Annotated[str, typer.Argument(envvar="VERSION", help="The version, such as 1.2.3.")] = "",
) -> None:
    """Release a version: gates, changelog, one commit, one tag; nothing is pushed."""
    print_note(cut_release(project.find_project(), version, run_gates, datetime.now(UTC).date()))


app = cli.build_single_command(release_version)

if __name__ == "__main__":  # pragma: no cover - one line, run by make
    cli.run_program(app)
