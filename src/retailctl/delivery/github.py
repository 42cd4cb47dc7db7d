"""Comments and issues of the pipelines on GitHub, written with the `gh` program.

A comment or an issue contains a hidden marker by which it is found and updated, so that there is only one of each.
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
from retailctl.delivery.bounds import LONGEST_BODY, LONGEST_TITLE, cut_markdown, cut_text
from retailctl.delivery.markdown import format_code
from retailctl.errors import UserError
from retailctl.files import read_limited
from retailctl.gh import run_gh
from retailctl.options import AWS, EnvironmentName, format_make

COMMENTER = "github-actions[bot]"
"""The author of a workflow's comments; those of other authors are not changed."""


def read_repository_name() -> str:
    """Return the repository of the workflow, as `owner/name`.

    Raises:
        UserError: where it is not set.

    """
    name = os.environ.get("GITHUB_REPOSITORY")
    if not name:
        raise UserError("The repository is unknown: set GITHUB_REPOSITORY to its owner/name.")
    return name


def format_run_link() -> str:
    """Return a Markdown link to the workflow's run; "" outside of one."""
    server, number = os.environ.get("GITHUB_SERVER_URL"), os.environ.get("GITHUB_RUN_ID")
    return f"[The run]({server}/{read_repository_name()}/actions/runs/{number})" if server and number else ""


def _read_pages(path: str) -> list[dict[str, Any]]:
    """Return all entries of a list of GitHub's API."""
    pages: list[list[dict[str, Any]]] = json.loads(run_gh("api", "--paginate", "--slurp", path))
    return [entry for page in pages for entry in page]


def _is_ours(entry: dict[str, Any], mark: str) -> bool:
    """Say whether a workflow wrote a comment or issue with this marker."""
    who, body = (
        (entry["user"] or {}).get("login"),
        entry["body"] or "",
    )  # the user of a deleted account is null
    return who == COMMENTER and body.startswith(mark)


def post_comment(pull_request: int, body: str) -> str:
    """Post or update a pull request's comment; return what was done."""
    path = f"repos/{read_repository_name()}/issues/{pull_request}/comments"
    comment_ids = [each["id"] for each in _read_pages(path) if _is_ours(each, plan_summary.MARKER)]
    content = json.dumps({"body": body})
    if comment_ids:
        run_gh(
            "api",
            "-X",
            "PATCH",
            f"repos/{read_repository_name()}/issues/comments/{comment_ids[0]}",
            "--input",
            "-",
            given=content,
        )
        return "updated"
    run_gh("api", "-X", "POST", path, "--input", "-", given=content)
    return "posted"


def post_plan_comment(
    folder: Annotated[Path, typer.Argument(help="The folder of the plan summaries, <environment>.md.")],
    pull_request: Annotated[
        int | None,
        typer.Option("--pull-request", help="Post it there; without it, print the comment."),
    ] = None,
) -> None:
    """Post or update one comment of all plans on a pull request."""
    sections = {
        name: read_limited(file).decode()
        for name in project.find_project().environments
        for file in [folder / f"{name}.md"]
        if file.is_file()
    }
    body = plan_summary.render_comment(sections, project.find_project().environments)
    link = format_run_link()
    body = f"{body}\n{link}\n" if link else body
    if pull_request is None:
        print_document(body)
    else:
        print_note(f"The comment on #{pull_request} is {post_comment(pull_request, body)}.")


def format_issue_marker(environment: str) -> str:
    """Return the hidden marker of the issue on an environment's drift."""
    return f"<!-- retailctl drift {environment} -->"


def format_issue_title(environment: str) -> str:
    """Return the title of the issue on an environment's drift."""
    return cut_text(f"{environment} has drifted", LONGEST_TITLE)


def render_issue_body(report: drift.DriftReport) -> str:
    """Return the text of the issue on an environment's drift."""
    lines = [
        format_issue_marker(report.environment),
        (
            f"**{report.environment}** was changed outside Terraform. These resources differ from the state after "
            "the last apply:"
        ),
        "",
        *(f"- {format_code(each.address)}: {_format_finding(each)}" for each in report.drifted),
        "",
    ]
    if report.pending:
        lines += ["These changes are pending, which is not drift:", ""]
        lines += [f"- {format_code(each.address)}: {_format_finding(each)}" for each in report.pending] + [""]
    closing = "See `docs/delivery.md` for what to do. This issue is closed when the drift is gone."
    command = format_make("drift", report.environment, AWS)
    notice = f"The list is too long for an issue: `{command}` prints the whole of it."
    return cut_markdown("\n".join(lines), LONGEST_BODY - len(closing) - 1, notice) + "\n" + closing


def _format_finding(finding: drift.Finding) -> str:
    if finding.kind == "destroy":
        return "gone" if not finding.attributes else "to be destroyed"
    return plan_summary.format_names(finding.attributes) or finding.kind


def update_issue(report: drift.DriftReport) -> str:
    """Open, update or close an environment's drift issue; return what was done."""
    path = f"repos/{read_repository_name()}/issues"
    marker = format_issue_marker(report.environment)
    open_issues = [
        each
        for each in _read_pages(f"{path}?state=open&per_page=100")
        if "pull_request" not in each and _is_ours(each, marker)
    ]
    if report.drifted:
        body = render_issue_body(report)
        if not open_issues:
            content = {"title": format_issue_title(report.environment), "body": body}
            run_gh("api", "-X", "POST", path, "--input", "-", given=json.dumps(content))
            return "opened"
        number = open_issues[0]["number"]
        if open_issues[0]["body"].strip() == body.strip():
            return "left as it is"
        run_gh("api", "-X", "PATCH", f"{path}/{number}", "--input", "-", given=json.dumps({"body": body}))
        return "updated"
    for each in open_issues:
        comment = (
            f"{report.environment} no longer drifts, as of {report.checked}. {format_run_link()}".strip()
        )
        number = each["number"]
        run_gh(
            "api",
            "-X",
            "POST",
            f"{path}/{number}/comments",
            "--input",
            "-",
            given=json.dumps({"body": comment}),
        )
        content = {"state": "closed", "state_reason": "completed"}
        run_gh("api", "-X", "PATCH", f"{path}/{number}", "--input", "-", given=json.dumps(content))
    return "closed" if open_issues else "not needed"


def sync_drift_issue(
    report: Annotated[Path, typer.Argument(help="A file of `drift --report`.")],
    environment: EnvironmentName = "dev",
) -> None:
    """Open, update or close the GitHub issue on an environment's drift."""
    drift_report = drift.read_report(report, environment)
    if drift_report.error:
        raise UserError(
            f"{environment} could not be checked, so its issue stays as it is: {drift_report.error}"
        )
    print_note(f"The issue on {environment}'s drift: {update_issue(drift_report)}.")
