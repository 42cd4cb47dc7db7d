"""What the pipelines say on GitHub: a comment and issues that update themselves. The `gh` program does the talking.

A comment or an issue is found again by a marker that is hidden in it, so that there is one of each, whatever its
words are by then.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from retailctl import project
from retailctl.console import print_document, print_note
from retailctl.delivery import drift, plan_summary
from retailctl.errors import UserError
from retailctl.gh import run_gh
from retailctl.options import EnvironmentName

COMMENTER = "github-actions[bot]"
"""Who a workflow is on GitHub: what anybody else has written with the marker in it is left alone."""


def read_repository_name() -> str:
    """Return the repository that a workflow runs for, as `owner/name`.

    Raises:
        UserError: outside of a workflow, where nobody said.

    """
    name = os.environ.get("GITHUB_REPOSITORY")
    if not name:
        raise UserError("Which repository? Set GITHUB_REPOSITORY to its owner/name.")
    return name


def format_run_link() -> str:
    """Return a link to the workflow's run in Markdown; "" outside of one."""
    server, number = os.environ.get("GITHUB_SERVER_URL"), os.environ.get("GITHUB_RUN_ID")
    return f"[The run]({server}/{read_repository_name()}/actions/runs/{number})" if server and number else ""


def _read_pages(path: str) -> list[dict[str, Any]]:
    """Return all entries of a list in GitHub's API."""
    pages: list[list[dict[str, Any]]] = json.loads(run_gh("api", "--paginate", "--slurp", path))
    return [entry for page in pages for entry in page]


def _is_ours(entry: dict[str, Any], mark: str) -> bool:
    """Say whether a workflow has written a comment or an issue, and with which marker."""
    who, body = (entry["user"] or {}).get("login"), entry["body"] or ""  # who deleted their account is nobody
    return who == COMMENTER and body.startswith(mark)


def post_comment(pull_request: int, body: str) -> str:
    """Put the comment on a pull request, over the one that is there; say what was done."""
    path = f"repos/{read_repository_name()}/issues/{pull_request}/comments"
    before = [each["id"] for each in _read_pages(path) if _is_ours(each, plan_summary.MARKER)]
    content = json.dumps({"body": body})
    if before:
        run_gh(
            "api",
            "-X",
            "PATCH",
            f"repos/{read_repository_name()}/issues/comments/{before[0]}",
            "--input",
            "-",
            given=content,
        )
        return "updated"
    run_gh("api", "-X", "POST", path, "--input", "-", given=content)
    return "posted"


def post_plan_comment(
    folder: Annotated[
        Path, typer.Argument(help="The folder of the plans' summaries, <environment>.md each.")
    ],
    pull_request: Annotated[
        int | None,
        typer.Option("--pull-request", help="Put it there; without, print it."),
    ] = None,
) -> None:
    """Make one comment of the plans of all environments; on a pull request, it replaces the one before."""
    parts = {
        name: file.read_text()
        for name in project.find_project().environments
        for file in [folder / f"{name}.md"]
        if file.is_file()
    }
    body = plan_summary.render_comment(parts, project.find_project().environments)
    link = format_run_link()
    body = f"{body}\n{link}\n" if link else body
    if pull_request is None:
        print_document(body)
    else:
        print_note(f"The comment on #{pull_request} is {post_comment(pull_request, body)}.")


def format_issue_marker(environment: str) -> str:
    """Return what is hidden in the issue of an environment's drift."""
    return f"<!-- retailctl drift {environment} -->"


def format_issue_title(environment: str) -> str:
    """Return the title of the issue of an environment's drift."""
    return f"{environment} has drifted"


def render_issue_body(report: drift.DriftReport) -> str:
    """Return the text of the issue of an environment's drift."""
    lines = [
        format_issue_marker(report.environment),
        (
            f"Somebody or something changed **{report.environment}** past Terraform. These resources are not as "
            "the last apply left them:"
        ),
        "",
        *(f"- `{each.address}`: {_what(each)}" for each in report.drifted),
        "",
    ]
    if report.pending:
        lines += ["Beside that, these wait for an apply, which is no drift:", ""]
        lines += [f"- `{each.address}`: {_what(each)}" for each in report.pending] + [""]
    lines += [
        "What to do is in `docs/delivery.md`. This issue closes itself when the environment is as it should be.",
    ]
    return "\n".join(lines)


def _what(finding: drift.Finding) -> str:
    if finding.kind == "destroy":
        return "gone" if not finding.attributes else "to be destroyed"
    return ", ".join(f"`{name}`" for name in finding.attributes) or finding.kind


def update_issue(report: drift.DriftReport) -> str:
    """Open, update or close the issue of an environment's drift as its report wants; say what was done."""
    path = f"repos/{read_repository_name()}/issues"
    mine = format_issue_marker(report.environment)
    there = [
        each
        for each in _read_pages(f"{path}?state=open&per_page=100")
        if "pull_request" not in each and _is_ours(each, mine)
    ]
    if report.drifted:
        body = render_issue_body(report)
        if not there:
            content = {"title": format_issue_title(report.environment), "body": body}
            run_gh("api", "-X", "POST", path, "--input", "-", given=json.dumps(content))
            return "opened"
        number = there[0]["number"]
        if there[0]["body"].strip() == body.strip():
            return "left as it is"
        run_gh("api", "-X", "PATCH", f"{path}/{number}", "--input", "-", given=json.dumps({"body": body}))
        return "updated"
    for each in there:
        said = f"{report.environment} has not drifted any more, seen {report.checked}. {format_run_link()}".strip()
        number = each["number"]
        run_gh(
            "api", "-X", "POST", f"{path}/{number}/comments", "--input", "-", given=json.dumps({"body": said})
        )
        content = {"state": "closed", "state_reason": "completed"}
        run_gh("api", "-X", "PATCH", f"{path}/{number}", "--input", "-", given=json.dumps(content))
    return "closed" if there else "not needed"


def sync_drift_issue(
    report: Annotated[Path, typer.Argument(help="What `drift --report` wrote.")],
    environment: EnvironmentName = "dev",
) -> None:
    """Open, update or close the GitHub issue on an environment's drift."""
    found = drift.read_report(report, environment)
    if found.error:
        raise UserError(f"{environment} could not be checked, so its issue stays as it is: {found.error}")
    print_note(f"The issue on {environment}'s drift: {update_issue(found)}.")
