"""`make release`, in a clone of this clone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from retailctl.errors import UserError
from retailctl.project import Project
from tools import module_readmes, release
from tools.release import Version

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
DAY = date(2027, 1, 31)
CHANGES = "### Added\n\n- Something that a user can tell."


class Clone:
    """A clone with something unreleased; ``gated`` counts how often the gates ran."""

    def __init__(self, root: Path) -> None:
        self.root, self.here, self.gated = root, Project(root), 0
        self.fails = ""

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.root, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def gates(self, here: Project) -> None:
        assert here == self.here
        self.gated += 1
        if self.fails:
            raise UserError(self.fails)

    def release(self, version: str) -> str:
        return release.cut_release(self.here, version, self.gates, DAY)

    def write(self, path: str, text: str) -> None:
        (self.root / path).write_text(text)
        self.git("commit", "--all", "--quiet", "--message=test")

    def text(self, path: str) -> str:
        return (self.root / path).read_text()

    def state(self) -> tuple[str, str, str]:
        return self.git("rev-parse", "HEAD"), self.git("tag"), self.git("status", "--porcelain")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("original") / "clone"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", "--no-tags", ROOT, folder], check=True)
    for setting in (
        "user.name=test",
        "user.email=test@example.com",
        "commit.gpgsign=false",
        "tag.gpgsign=false",
    ):
        subprocess.run(["git", "config", *setting.split("=")], cwd=folder, check=True)
    subprocess.run(["git", "switch", "--quiet", "--force-create", "main"], cwd=folder, check=True)
    return folder


@pytest.fixture
def clone(original: Path, tmp_path: Path) -> Clone:
    subprocess.run(["cp", "-a", original, tmp_path / "clone"], check=True)
    clone = Clone(tmp_path / "clone")
    changelog = clone.text("CHANGELOG.md")
    before, _, _ = changelog.partition(release.UNRELEASED)
    clone.write("CHANGELOG.md", f"{before}{release.UNRELEASED}\n\n{CHANGES}\n")
    return clone


def after(clone: Clone, **steps: int) -> str:
    """Return the version that comes so many steps after the one that the clone has."""
    now = Version.parse(clone.here.version)
    if "major" in steps:
        return str(Version(now.major + 1, 0, 0))
    return str(Version(now.major, now.minor, now.patch + 1))


def test_a_release_is_one_commit_and_one_tag_with_the_version_wherever_it_stands(clone: Clone) -> None:
    head, version = clone.git("rev-parse", "HEAD"), after(clone, patch=1)

    said = clone.release(version)

    assert said == (
        f"Released {version}. Nothing is pushed: `git push --atomic origin main v{version}` does that."
    )
    assert clone.git("rev-parse", "HEAD~1") == head
    assert clone.git("log", "-1", "--format=%s") == f"chore(release): {version}"
    assert clone.git("rev-parse", f"v{version}^{{commit}}") == clone.git("rev-parse", "HEAD")
    assert clone.git("status", "--porcelain") == ""
    assert clone.here.version == version
    files = ["README.md", "docs/adopting.md", *clone.git("ls-files", "modules/*/README.md").splitlines()]
    named = {file: set(re.findall(r"\?ref=v([\d.]+)", clone.text(file))) for file in files}
    assert {file: versions for file, versions in named.items() if versions != {version}} == {}
    assert len(named) > 8


def test_the_changelog_has_the_section_and_the_tag_says_it(clone: Clone) -> None:
    version = after(clone, patch=1)

    clone.release(version)

    assert f"{release.UNRELEASED}\n\n## [{version}] - 2027-01-31\n\n{CHANGES}\n" in clone.text("CHANGELOG.md")
    assert clone.git("tag", "--list", "--format=%(contents)", f"v{version}") == f"{version}\n\n{CHANGES}"


def test_the_readmes_of_the_modules_are_what_the_generator_makes(
    clone: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone.release(after(clone, patch=1))

    monkeypatch.setenv("RETAIL_ROOT", str(clone.root))
    assert module_readmes.main(["--check"], clone.root / "modules") == 0


def test_a_release_again_changes_nothing(clone: Clone) -> None:
    version = after(clone, patch=1)
    clone.release(version)
    state = clone.state()

    assert clone.release(version) == f"v{version} is this very commit: there is nothing to do."
    assert clone.state() == state
    assert clone.gated == 1


def test_a_release_that_was_interrupted_before_the_tag_goes_on_there(clone: Clone) -> None:
    version = after(clone, patch=1)
    clone.release(version)
    clone.git("tag", "--delete", f"v{version}")
    head = clone.git("rev-parse", "HEAD")

    assert clone.release(version).startswith(f"Tagged the release commit of {version}. Nothing is pushed")
    assert clone.git("rev-parse", "HEAD") == head == clone.git("rev-parse", f"v{version}^{{commit}}")


def test_the_version_that_stands_there_can_be_the_first(clone: Clone) -> None:
    version = clone.here.version

    assert clone.release(version).startswith(f"Released {version}.")
    assert clone.git("tag") == f"v{version}"


def test_what_may_take_work_is_told_in_upgrade_md(clone: Clone) -> None:
    version = after(clone, major=1)
    state = clone.state()
    with pytest.raises(UserError, match=f"UPGRADE.md has no section '### {version}'"):
        clone.release(version)
    assert (clone.state(), clone.gated) == (state, 0)

    clone.write("UPGRADE.md", clone.text("UPGRADE.md") + f"\n### {version}\n\nNothing to do.\n")

    assert clone.release(version).startswith(f"Released {version}.")


@pytest.mark.parametrize(
    "text", ["v1.2.3", "1.2", "1.2.3-rc.1", "01.2.3", "1.2.3\n", "\u0661.2.3", "", "one"]
)
def test_what_is_no_version_is_refused(clone: Clone, text: str) -> None:
    with pytest.raises(UserError, match=r"is no version: give three numbers, such as VERSION=1\.2\.3"):
        clone.release(text)


def test_a_clone_that_is_not_clean_is_refused(clone: Clone) -> None:
    (clone.root / "README.md").write_text("changed")
    (clone.root / "new.txt").write_text("new")

    with pytest.raises(UserError, match=r"The clone is not clean \(README\.md, new\.txt\)"):
        clone.release(after(clone, patch=1))
    assert clone.gated == 0


def test_a_commit_on_no_branch_is_refused(clone: Clone) -> None:
    clone.git("switch", "--quiet", "--detach")

    with pytest.raises(UserError, match="No branch is checked out"):
        clone.release(after(clone, patch=1))


def test_a_lower_version_is_refused(clone: Clone) -> None:
    with pytest.raises(UserError, match=r"0\.0\.1 is below .*: choose a higher version"):
        clone.release("0.0.1")


def test_a_version_of_another_commit_is_refused(clone: Clone) -> None:
    version = after(clone, patch=1)
    clone.release(version)
    clone.write("LICENSE", "changed")

    with pytest.raises(UserError, match=rf"v{version} is released, from commit \w{{12}}: choose a higher"):
        clone.release(version)


def test_with_nothing_unreleased_there_is_nothing_to_release(clone: Clone) -> None:
    clone.release(after(clone, patch=1))
    clone.write("LICENSE", "changed")
    state = clone.state()

    with pytest.raises(UserError, match=r"CHANGELOG\.md says nothing under"):
        clone.release(after(clone, patch=1))
    assert clone.state() == state


def test_where_a_gate_fails_nothing_is_changed(clone: Clone) -> None:
    clone.fails = "A gate fails"
    state = clone.state()

    with pytest.raises(UserError, match="A gate fails"):
        clone.release(after(clone, patch=1))
    assert clone.state() == state


def test_where_git_refuses_the_commit_the_clone_is_as_it_was(clone: Clone) -> None:
    hook = clone.root / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\necho not today >&2\nexit 1\n")
    hook.chmod(0o755)
    state = clone.state()

    with pytest.raises(UserError, match="`git commit` failed: not today"):
        clone.release(after(clone, patch=1))
    assert clone.state() == state


@pytest.mark.parametrize(("status", "wanted"), [(0, 0), (1, 1)])
def test_the_command_runs_the_gates_and_says_what_it_did(clone: Clone, status: int, wanted: int) -> None:
    gates = clone.root / ".venv/bin/pre-commit"
    gates.parent.mkdir(parents=True)
    gates.write_text(f'#!/bin/sh\necho "all gates: $*"\nexit {status}\n')
    gates.chmod(0o755)

    done = subprocess.run(
        [sys.executable, "-m", "tools.release", after(clone, patch=1)],
        env={**os.environ, "RETAIL_ROOT": str(clone.root), "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == wanted, done.stderr
    words = ["A gate fails, so nothing is released", "all gates: run --all-files"] if status else ["Released"]
    assert all(word in done.stderr for word in words)


@pytest.mark.parametrize("version", ["`touch F`", "", "\u0661.2.3", "1.2.3\n"])
def test_a_version_of_the_environment_that_is_none_is_refused_in_a_sentence(version: str) -> None:
    refused = CliRunner().invoke(release.app, env={"VERSION": version})

    assert isinstance(refused.exception, UserError)
    assert f"{version!r} is no version" in str(refused.exception)
