"""What the pipelines say on GitHub, through a `gh` of our own: one comment, one issue, each kept up to date."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from retailctl.delivery import drift, github, plan_summary
from retailctl.delivery.drift import DriftReport, Finding
from retailctl.errors import UserError
from retailctl.gh import run_gh
from support.miniature import miniature

WHEN = "2026-11-22T12:00:00Z"
DRIFTED = DriftReport("dev", WHEN, (Finding("aws_a.this", "update", ("memory_size",)),))
CLEAN = DriftReport("dev", WHEN)
GH = """#!{python}
import json, sys
from pathlib import Path
folder = Path({folder!r})
arguments = sys.argv[1:]
assert arguments[0] == "api", arguments
method = arguments[arguments.index("-X") + 1] if "-X" in arguments else "GET"
path = next(each for each in arguments[1:] if each.startswith("repos/"))
given = json.load(sys.stdin) if "--input" in arguments else None
with (folder / "calls").open("a") as calls:
    calls.write(json.dumps([method, path, given]) + "\\n")
if method == "GET":
    assert "--paginate" in arguments
    pages = folder / "pages.json"
    print(pages.read_text() if pages.exists() else "[[]]")
elif (folder / "fails").exists():
    sys.exit("HTTP 403: Resource not accessible by integration")
"""


class Hub:
    """GitHub as `gh` shows it: what is there, and what was asked of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        program = folder / "gh"
        program.write_text(GH.format(python=sys.executable, folder=str(folder)))
        program.chmod(0o755)

    def has(self, *entries: dict[str, Any]) -> None:
        """Be a repository with these comments or issues, one on each page."""
        (self.folder / "pages.json").write_text(json.dumps([[entry] for entry in entries]))

    def changes(self) -> list[list[Any]]:
        """Return what was changed: method, path, content."""
        calls = self.folder / "calls"
        lines = calls.read_text().splitlines() if calls.exists() else []
        return [call for call in map(json.loads, lines) if call[0] != "GET"]


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("GITHUB_REPOSITORY", "ada/shop")
    for name in ("GITHUB_SERVER_URL", "GITHUB_RUN_ID"):
        monkeypatch.delenv(name, raising=False)
    return Hub(tmp_path / "bin")


def comment(number: int, body: str, who: str = github.COMMENTER) -> dict[str, Any]:
    return {"id": number, "body": body, "user": {"login": who}}


def issue(number: int, body: str | None, who: str | None = github.COMMENTER, **more: Any) -> dict[str, Any]:
    return {"number": number, "body": body, "user": {"login": who} if who else None, **more}


def test_the_first_comment_is_posted(hub: Hub) -> None:
    assert github.post_comment(7, f"{plan_summary.MARKER}\nnew") == "posted"
    assert hub.changes() == [
        ["POST", "repos/ada/shop/issues/7/comments", {"body": f"{plan_summary.MARKER}\nnew"}]
    ]


def test_the_comment_that_is_there_is_updated_and_nobody_else_s(hub: Hub) -> None:
    hub.has(
        comment(1, "words"),
        comment(2, f"{plan_summary.MARKER}\nforged", who="mallory"),
        comment(3, f"{plan_summary.MARKER}\nold"),
    )

    assert github.post_comment(7, "new") == "updated"
    assert hub.changes() == [["PATCH", "repos/ada/shop/issues/comments/3", {"body": "new"}]]


def test_drift_opens_an_issue_that_names_it(hub: Hub) -> None:
    hub.has(issue(1, None), issue(2, github.format_issue_marker("prod")))

    assert github.update_issue(DRIFTED) == "opened"
    ((method, path, content),) = hub.changes()
    assert (method, path, content["title"]) == ("POST", "repos/ada/shop/issues", "dev has drifted")
    assert content["body"].startswith(github.format_issue_marker("dev"))
    assert "- `aws_a.this`: `memory_size`" in content["body"]


@pytest.mark.parametrize("who", ["mallory", None])
def test_an_issue_that_somebody_else_opened_with_the_marker_is_left_alone(hub: Hub, who: str | None) -> None:
    hub.has(issue(1, github.render_issue_body(DRIFTED), who=who))

    assert github.update_issue(CLEAN) == "not needed"
    assert github.update_issue(DRIFTED) == "opened"
    assert [call[:2] for call in hub.changes()] == [["POST", "repos/ada/shop/issues"]]


def test_more_drift_updates_the_issue_and_the_same_leaves_it(hub: Hub) -> None:
    hub.has(issue(5, github.render_issue_body(DRIFTED)))
    more = DriftReport("dev", WHEN, (*DRIFTED.drifted, Finding("aws_b.this", "destroy", ())))

    assert github.update_issue(DRIFTED) == "left as it is"
    assert hub.changes() == []
    assert github.update_issue(more) == "updated"
    ((method, path, content),) = hub.changes()
    assert (method, path) == ("PATCH", "repos/ada/shop/issues/5")
    assert "- `aws_b.this`: gone" in content["body"]


def test_an_environment_as_it_should_be_closes_the_issue_with_a_word(hub: Hub) -> None:
    hub.has(
        issue(5, github.render_issue_body(DRIFTED)),
        issue(6, github.format_issue_marker("dev"), pull_request={}),
    )

    assert github.update_issue(CLEAN) == "closed"
    (said, closed) = hub.changes()
    assert "dev no longer drifts" in said[2]["body"]
    assert closed == ["PATCH", "repos/ada/shop/issues/5", {"state": "closed", "state_reason": "completed"}]


def test_without_drift_and_issue_nothing_is_done(hub: Hub) -> None:
    assert github.update_issue(CLEAN) == "not needed"
    assert hub.changes() == []


def test_an_issue_tells_what_waits_for_an_apply_apart() -> None:
    report = DriftReport("dev", WHEN, DRIFTED.drifted, (Finding("aws_c.this", "create", ()),))

    body = github.render_issue_body(report)

    assert (
        body.index("`memory_size`")
        < body.index("These changes are pending, which is not drift")
        < body.index("aws_c.this")
    )


def test_what_could_not_be_checked_leaves_the_issue_as_it_is(hub: Hub, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text(
        json.dumps([{"environment": "dev", "checked": WHEN, "drifted": [], "pending": [], "error": "No."}])
    )

    with pytest.raises(UserError, match=r"dev could not be checked, so its issue stays as it is: No\."):
        github.sync_drift_issue(file, "dev")
    assert hub.changes() == []


def test_the_comment_is_made_of_the_summaries_and_links_to_the_run(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RETAIL_ROOT", str(miniature(tmp_path / "clone").root))
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.example.com")
    monkeypatch.setenv("GITHUB_RUN_ID", "42")
    (tmp_path / "dev.md").write_text("### dev: no changes\n")

    github.post_plan_comment(tmp_path)
    github.post_plan_comment(tmp_path, 7)

    printed = capsys.readouterr().out
    assert "### prod: no plan" in printed
    assert "[The run](https://github.example.com/ada/shop/actions/runs/42)" in printed
    assert hub.changes()[0][2]["body"] == printed.removesuffix("\n")


def test_what_gh_says_is_passed_on_when_it_fails(hub: Hub) -> None:
    (hub.folder / "fails").touch()

    with pytest.raises(UserError, match="Resource not accessible by integration"):
        github.post_comment(7, "new")


def test_a_missing_gh_or_repository_is_a_sentence(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="is not installed"):
        run_gh("api")
    monkeypatch.delenv("GITHUB_REPOSITORY")
    with pytest.raises(UserError, match="set GITHUB_REPOSITORY"):
        github.read_repository_name()


def test_a_finding_is_told_by_what_became_of_it() -> None:
    assert drift.Finding("a", "create", ()).format_sentence() == "a: create"
