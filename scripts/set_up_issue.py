"""Open the GitHub issue on a set-up that fails, or close it when the set-up works again.

Run by a workflow with RESULT, the result of the job that sets up. Standard library only: where the set-up fails
there is no retailctl. The `gh` program does the talking, and a hidden marker tells the issue from others.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

MARKER = "<!-- set-up -->"
AUTHOR = "github-actions[bot]"
TITLE = "A fresh clone cannot be set up"
BODY = """{marker}
`make setup`, `make check` or `make package` fails on a fresh machine with empty caches: {run}.

Nothing that is installed should depend on the day. What installs what, and what pins it, is in `CONTRIBUTING.md`
under *Dependencies*. This issue closes itself when a later run works.
"""


def gh(path: str, *arguments: str, fields: dict[str, str] | None = None) -> str:
    """Ask GitHub's API; end with what `gh` says where it fails."""
    command = ["gh", "api", path, *arguments, *(["--input", "-"] if fields else [])]
    given = json.dumps(fields) if fields else None
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"`gh api {path}` failed: {done.stderr.strip() or 'it said nothing'}")
    return done.stdout


def find_issues(repository: str) -> list[int]:
    """Return the numbers of the open issues that this script has opened."""
    pages: list[list[dict[str, Any]]] = json.loads(
        gh(f"repos/{repository}/issues?state=open&per_page=100", "--paginate", "--slurp")
    )
    return [
        issue["number"]
        for page in pages
        for issue in page
        if "pull_request" not in issue
        and (issue["user"] or {}).get("login") == AUTHOR
        and (issue["body"] or "").startswith(MARKER)
    ]


def settle(result: str, repository: str, run: str) -> str:
    """Open or close the issue as the job's result wants, and say what was done."""
    there = find_issues(repository)
    if result == "success":
        for number in there:
            issue = f"repos/{repository}/issues/{number}"
            gh(f"{issue}/comments", "-X", "POST", fields={"body": f"The set-up works again: {run}."})
            gh(issue, "-X", "PATCH", fields={"state": "closed", "state_reason": "completed"})
        return "closed" if there else "not needed"
    if there:
        return "left open"
    body = BODY.format(marker=MARKER, run=run)
    gh(f"repos/{repository}/issues", "-X", "POST", fields={"title": TITLE, "body": body})
    return "opened"


def main() -> None:
    """Settle the issue of the repository that the workflow runs for."""
    repository = os.environ["GITHUB_REPOSITORY"]
    run = f"{os.environ['GITHUB_SERVER_URL']}/{repository}/actions/runs/{os.environ['GITHUB_RUN_ID']}"
    print(f"The issue is {settle(os.environ['RESULT'], repository, run)}.")  # noqa: T201


if __name__ == "__main__":
    main()
